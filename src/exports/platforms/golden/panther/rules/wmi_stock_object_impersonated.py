# Run over its own tests by the Python package panther_analysis_tool, see docs/exports.md
def data(event, name):
    return str((event.get("ExtraEventData") or {}).get(name) or "").lower()


def message(event):
    return str(event.get("Message") or "").lower()


def rule(event):
    if event.get("Channel") != "Microsoft-Windows-WMI-Activity/Operational" or str(event.get("EventID")) != "5861":
        return False
    return (any(value in message(event) for value in ("eventfilter = scm event log filter (refer", "eventfilter = bvtfilter (refer",)) or any(value in message(event).partition("consumer = ")[2] for value in ("=\"scm event log consumer\"", "=\"scm event consumer\"", "=\"bvtconsumer\"",))) and not (any(value in message(event) for value in ("consumer = nteventlogeventconsumer=\"scm event log consumer\"",)) and any(value in message(event) for value in ("eventfilter = scm event log filter (refer",)) and any(value in message(event).partition("possiblecause = ")[2] for value in ("msft_scmeventlogevent",)) and not (any(value in message(event).partition("possiblecause = ")[2] for value in ("commandlineeventconsumer", "activescripteventconsumer", "logfileeventconsumer", "smtpeventconsumer",))))


def title(event):
    return "WMI subscription under the name of a stock object on " + str(event.get("Computer"))
