# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "1":
        return False
    return (data(event, "ParentImage").endswith(("\\scrcons.exe",)) or data(event, "Image").endswith(("\\scrcons.exe",)))


def title(event):
    return "WMI script consumer ran on " + str(event.get("Computer"))
