# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-PowerShell/Operational" or str(event.get("EventID")) != "4103":
        return False
    return any(value in data(event, "Payload") for value in ("__eventfilter", "eventconsumer", "__filtertoconsumerbinding",)) and any(value in data(event, "Payload") for value in ("commandinvocation(new-ciminstance)", "commandinvocation(set-ciminstance)", "commandinvocation(set-wmiinstance)", "commandinvocation(invoke-cimmethod)",))


def title(event):
    return "WMI subscription created by a PowerShell command on " + str(event.get("Computer"))
