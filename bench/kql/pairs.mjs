/** Queries in KQL and, for the same rows, in the SQL that an expert writes for DuckDB by hand. */
export const AT = Date.parse('2024-03-01T00:00:00Z')

const SENTINEL = `let WmiConsumerCreation = DeviceProcessEvents
| where Timestamp > ago(24h)
| where ProcessCommandLine has_any (
"ActiveScriptEventConsumer", "CommandLineEventConsumer",
"__EventFilter", "__EventConsumer", "__FilterToConsumerBinding",
"ROOT\\\\subscription", "root/subscription"
)
| extend WmiComponent = case(
ProcessCommandLine has "__EventFilter", "EventFilter",
ProcessCommandLine has "__EventConsumer" or ProcessCommandLine has "CommandLineEventConsumer" or ProcessCommandLine has "ActiveScriptEventConsumer", "EventConsumer",
ProcessCommandLine has "__FilterToConsumerBinding", "Binding",
"Unknown"
)
| project Timestamp, DeviceName, AccountName, FileName, ProcessCommandLine, WmiComponent,
InitiatingProcessFileName, InitiatingProcessCommandLine;
let WmiPersistenceIndicators = DeviceFileEvents
| where Timestamp > ago(24h)
| where FolderPath has_any ("wbem", "repository")
| where FileName has_any ("OBJECTS.DATA", "index.btr", "mapping");
union WmiConsumerCreation, (WmiPersistenceIndicators | extend WmiComponent="RepositoryChange")
| sort by Timestamp desc`

const NEEDLES =
  '(?i)(?:^|[^a-z0-9])(?:(?:ActiveScriptEventConsumer|CommandLineEventConsumer|ROOT\\\\subscription|root/subscription)(?:$|[^a-z0-9]))|(?i)(?:__EventFilter|__EventConsumer|__FilterToConsumerBinding)(?:$|[^a-z0-9])'

const KEPT =
  'project Timestamp, DeviceName, AccountName, FileName, ProcessCommandLine, WmiComponent, FolderPath'

export const PAIRS = [
  {
    name: 'Sentinel WMI query, 24 h',
    kql: `${SENTINEL}\n| ${KEPT}`,
    sql: sentinel("TIMESTAMP '2024-03-01' - INTERVAL 24 HOUR"),
  },
  {
    name: 'Sentinel WMI query, 30 d',
    kql: `${SENTINEL.replaceAll('ago(24h)', 'ago(31d)')}\n| ${KEPT}`,
    sql: sentinel("TIMESTAMP '2024-03-01' - INTERVAL 31 DAY"),
  },
  {
    name: 'join',
    kql: `let drops = DeviceFileEvents | where FileName == "OBJECTS.DATA" | project DeviceName, DropTime = Timestamp;
DeviceProcessEvents
| where FileName =~ "wmic.exe" and ProcessCommandLine has "subscription"
| join kind=inner drops on DeviceName
| where DropTime between (Timestamp .. 1d)
| summarize Pairs = count(), First = min(Timestamp) by DeviceName`,
    sql: `SELECT p."DeviceName", count(*)::BIGINT, min(p."Timestamp")
FROM evidence."DeviceProcessEvents" p JOIN evidence."DeviceFileEvents" f ON p."DeviceName" = f."DeviceName"
WHERE lower(p."FileName") = 'wmic.exe'
  AND CASE WHEN contains(lower(p."ProcessCommandLine"), 'subscription') THEN regexp_matches(p."ProcessCommandLine", '(?i)(?:^|[^a-z0-9])subscription(?:$|[^a-z0-9])') ELSE false END
  AND f."FileName" = 'OBJECTS.DATA' AND f."Timestamp" BETWEEN p."Timestamp" AND p."Timestamp" + INTERVAL 1 DAY
GROUP BY 1`,
  },
  {
    name: 'summarize by time bin',
    kql: `DeviceProcessEvents
| where Timestamp > ago(30d)
| summarize Events = count(), Hosts = dcount(DeviceName, 4) by bin(Timestamp, 1h), FileName`,
    sql: `SELECT time_bucket(INTERVAL 1 HOUR, "Timestamp") AS t, "FileName", count(*)::BIGINT, count(DISTINCT "DeviceName")::BIGINT
FROM evidence."DeviceProcessEvents" WHERE "Timestamp" > TIMESTAMP '2024-03-01' - INTERVAL 30 DAY GROUP BY t, "FileName"`,
  },
  {
    name: 'arg_max',
    kql: `DeviceProcessEvents
| where FileName in~ ("powershell.exe", "cmd.exe")
| summarize arg_max(Timestamp, ProcessCommandLine, ProcessId) by DeviceName, AccountName`,
    sql: `SELECT "DeviceName", "AccountName", r."Timestamp", r."ProcessCommandLine", r."ProcessId" FROM (
  SELECT "DeviceName", "AccountName", arg_max({'Timestamp': "Timestamp", 'ProcessCommandLine': "ProcessCommandLine", 'ProcessId': "ProcessId"}, "Timestamp") AS r
  FROM evidence."DeviceProcessEvents" WHERE lower("FileName") IN ('powershell.exe', 'cmd.exe') GROUP BY 1, 2)`,
  },
  {
    name: 'parse',
    kql: `DeviceProcessEvents
| where FileName == "rundll32.exe"
| parse ProcessCommandLine with * "user=" User " id=" Id:long
| summarize Lines = count(), Last = max(Id) by User, DeviceName`,
    sql: `SELECT m."User", "DeviceName", count(*)::BIGINT, max(TRY_CAST(m."Id" AS BIGINT)) FROM (
  SELECT "DeviceName", regexp_extract("ProcessCommandLine", '(?s)^.*?user=(.*?) id=([-+]?\\d+)$', ['User', 'Id']) AS m
  FROM evidence."DeviceProcessEvents" WHERE "FileName" = 'rundll32.exe') GROUP BY 1, 2`,
  },
  {
    name: 'mv-expand',
    kql: `DeviceProcessEvents
| where isnotempty(AdditionalFields)
| mv-expand Tag = AdditionalFields.tags to typeof(string)
| summarize Events = count() by Tag, FileName`,
    sql: `SELECT tag, "FileName", count(*)::BIGINT FROM (
  SELECT "FileName", unnest(from_json(json_extract("AdditionalFields", '$.tags'), '["VARCHAR"]')) AS tag
  FROM evidence."DeviceProcessEvents" WHERE "AdditionalFields" IS NOT NULL) GROUP BY 1, 2`,
  },
]

function sentinel(from) {
  const term = (needle) =>
    `CASE WHEN contains(lower("ProcessCommandLine"), '${needle.toLowerCase()}') THEN regexp_matches("ProcessCommandLine", '(?i)${/^[a-z]/i.test(needle) ? '(?:^|[^a-z0-9])' : ''}${needle}(?:$|[^a-z0-9])') ELSE false END`
  return `SELECT * FROM (
SELECT "Timestamp", "DeviceName", "AccountName", "FileName", "ProcessCommandLine",
 CASE WHEN ${term('__EventFilter')} THEN 'EventFilter'
  WHEN ${term('__EventConsumer')} OR ${term('CommandLineEventConsumer')} OR ${term('ActiveScriptEventConsumer')} THEN 'EventConsumer'
  WHEN ${term('__FilterToConsumerBinding')} THEN 'Binding' ELSE 'Unknown' END AS "WmiComponent", '' AS "FolderPath"
FROM evidence."DeviceProcessEvents" WHERE "Timestamp" > ${from} AND regexp_matches("ProcessCommandLine", '${NEEDLES}')
UNION ALL
SELECT "Timestamp", "DeviceName", '', "FileName", '', 'RepositoryChange', "FolderPath"
FROM evidence."DeviceFileEvents" WHERE "Timestamp" > ${from}
 AND regexp_matches("FolderPath", '(?i)(?:^|[^a-z0-9])(?:wbem|repository)(?:$|[^a-z0-9])')
 AND regexp_matches("FileName", '(?i)(?:^|[^a-z0-9])(?:OBJECTS\\.DATA|index\\.btr|mapping)(?:$|[^a-z0-9])')
) ORDER BY "Timestamp" DESC`
}
