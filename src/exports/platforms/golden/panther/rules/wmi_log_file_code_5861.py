# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-WMI-Activity/Operational" or str(event.get("EventID")) != "5861":
        return False
    return any(value in message(event) for value in ("consumer = logfileeventconsumer=",)) and any(value in message(event).partition("possiblecause = ")[2] for value in ("<script", "runat=", "eval request", "eval(", "@echo", "powershell", "wscript.shell",))


def title(event):
    return "WMI log file consumer that writes code on " + str(event.get("Computer"))
