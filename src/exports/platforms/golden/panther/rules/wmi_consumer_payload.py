# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-Sysmon/Operational" or str(event.get("EventID")) != "20":
        return False
    return data(event, "Operation") in ("created", "modified",) and any(value in data(event, "Destination") for value in ("frombase64", "gzipstream", "binaryformatter", "adodb.stream", "wscript.shell", "shell.application", "xmlhttp", "winhttp", "webclient", "downloadstring", "downloaddata", "downloadfile", "invoke-expression", "iex ", "iex(", " -enc", " -ec ", " -e ", "-w hidden", "-windowstyle hidden", "-nop", "http://", "https://", "powershell", "pwsh", "mshta", "rundll32", "regsvr32", "certutil", "bitsadmin", "msbuild", "installutil",))


def title(event):
    return "WMI consumer registered with a suspicious payload on " + str(event.get("Computer"))
