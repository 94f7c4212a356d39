# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-WMI-Activity/Operational" or str(event.get("EventID")) != "5857":
        return False
    return any(value in message(event) for value in ("activescripteventconsumer provider started", "commandlineeventconsumer provider started",))


def title(event):
    return "Provider of WMI command or script consumers started on " + str(event.get("Computer"))
