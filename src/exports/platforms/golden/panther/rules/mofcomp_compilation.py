# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "1":
        return False
    return (data(event, "Image").endswith(("\\mofcomp.exe",)) or data(event, "OriginalFileName") in ("mofcomp.exe",)) and not (any(value in data(event, "CommandLine") for value in ("\\windows\\system32\\wbem\\", "\\windows\\microsoft.net\\", "\\program files\\", "\\program files (x86)\\",)) and not (any(value in data(event, "CommandLine") for value in ("..\\",))))


def title(event):
    return "MOF file compiled on " + str(event.get("Computer"))
