# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "19":
        return False
    return data(event, "Operation") in ("created", "modified",)


def title(event):
    return "WMI event filter registered on " + str(event.get("Computer"))
