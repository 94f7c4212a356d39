# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "13":
        return False
    return data(event, "TargetObject").endswith(("\\wbem\\cimom\\autorecover mofs",)) and any(value in data(event, "Details") for value in ("\\users\\", "\\temp\\", "\\programdata\\", "\\perflogs\\", "\\inetpub\\", "..\\",))


def title(event):
    return "MOF file added to the auto-recover list on " + str(event.get("Computer"))
