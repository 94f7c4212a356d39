# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "11":
        return False
    return data(event, "TargetFilename").endswith(("\\wbem\\repository\\objects.data", "\\wbem\\repository\\index.btr", "\\wbem\\repository\\mapping1.map", "\\wbem\\repository\\mapping2.map", "\\wbem\\repository\\mapping3.map",)) and not (data(event, "Image") in ("c:\\windows\\system32\\svchost.exe", "c:\\windows\\system32\\wbem\\winmgmt.exe", "c:\\windows\\servicing\\tiworker.exe", "system",))


def title(event):
    return "WMI repository file written by another program on " + str(event.get("Computer"))
