/** Fills the stored tables by SQL: the same rows for the same number, with no generator in the way. */
const columns = [
  'DeviceId',
  'DeviceName',
  'ActionType',
  'FileName',
  'FolderPath',
  'SHA256',
  'ProcessId',
  'ProcessCommandLine',
  'AccountDomain',
  'AccountName',
  'InitiatingProcessFileName',
  'InitiatingProcessFolderPath',
  'InitiatingProcessId',
  'InitiatingProcessCommandLine',
  'ReportId',
  'AdditionalFields',
]
const FILE_COLUMNS = [
  'DeviceId',
  'DeviceName',
  'ActionType',
  'FileName',
  'FolderPath',
  'InitiatingProcessFileName',
  'ReportId',
]

const IMAGES = `['svchost.exe', 'cmd.exe', 'powershell.exe', 'chrome.exe', 'conhost.exe', 'WmiPrvSE.exe', 'WMIC.exe', 'rundll32.exe',
 'OUTLOOK.EXE', 'taskhostw.exe']`
const ARGUMENTS = `['-k netsvcs -p -s Schedule -i ', '/c echo %ProcessId% >> c:\\temp\\log.txt ', '-NoProfile -ExecutionPolicy Bypass -File C:\\ops\\inventory.ps1 -Run ',
 '--type=renderer --lang=en-GB --num-raster-threads=4 --renderer-client-id=', '0xffffffff -ForceV1 ', '-secured -Embedding ',
 '/node:localhost process list brief /every:', 'C:\\Windows\\System32\\shell32.dll,Control_RunDLL user=bob id=', '/recycle /session ', 'Install $(Arg0) ']`

const path = (index) => `'C:\\Windows\\System32\\' || list_extract(${IMAGES}, ${index} + 1)`
const line = (index, tail) =>
  `'"C:\\Windows\\System32\\' || list_extract(${IMAGES}, ${index} + 1) || '" ' || list_extract(${ARGUMENTS}, ${index} + 1) || ${tail}`

function statements(rows) {
  // 10 million events over 30 days; hosts and accounts by hash; one line in 5,000 speaks of a subscription.
  const source = `(SELECT i, (hash(i) % 10)::INT AS a, (hash(i + 1000000007) % 10)::INT AS b, hash(i * 31) AS h FROM range(${rows}) t(i))`
  const time = `TIMESTAMP '2024-03-01 00:00:00' - to_microseconds(CAST(i * (2592000000000 / ${rows}) AS BIGINT))`
  const marked = `CASE WHEN i % 5000 = 17 THEN '"C:\\Windows\\System32\\wbem\\WMIC.exe" /namespace:"\\\\root\\subscription" PATH __EventFilter CREATE Name="F' || i || '"' ELSE ${line('a', 'i')} END`
  const processCells = {
    Timestamp: time,
    DeviceId: `'host' || (h % 500)`,
    DeviceName: `'HOST' || (h % 500) || '.corp.example'`,
    ActionType: `'ProcessCreated'`,
    FileName: `CASE WHEN i % 5000 = 17 THEN 'WMIC.exe' ELSE list_extract(${IMAGES}, a + 1) END`,
    FolderPath: path('a'),
    SHA256: `sha256('f' || (h % 4096))`,
    ProcessId: `1000 + (h % 30000)::BIGINT`,
    ProcessCommandLine: marked,
    AccountDomain: `'CORP'`,
    AccountName: `'user' || (h % 2000)`,
    InitiatingProcessFileName: `list_extract(${IMAGES}, b + 1)`,
    InitiatingProcessFolderPath: path('b'),
    InitiatingProcessId: `500 + (h % 9000)::BIGINT`,
    InitiatingProcessCommandLine: line('b', '(h % 1000)'),
    ReportId: 'i',
    AdditionalFields: `CASE WHEN i % 20 = 0 THEN '{"tags":["t' || (h % 7) || '","u' || (h % 5) || '"],"n":' || (h % 100) || '}' END`,
  }
  const fileCells = {
    Timestamp: time,
    DeviceId: `'host' || (h % 500)`,
    DeviceName: `'HOST' || (h % 500) || '.corp.example'`,
    ActionType: `'FileCreated'`,
    FileName: `CASE WHEN i % 1000 = 3 THEN 'OBJECTS.DATA' ELSE 'f' || (h % 100000) || '.tmp' END`,
    FolderPath: `CASE WHEN i % 1000 = 3 THEN 'C:\\Windows\\System32\\wbem\\Repository\\OBJECTS.DATA' ELSE 'C:\\Users\\u\\AppData\\f' || (h % 100000) || '.tmp' END`,
    InitiatingProcessFileName: `list_extract(${IMAGES}, b + 1)`,
    ReportId: 'i',
  }
  const insert = (table, cells, from) =>
    `INSERT INTO evidence."${table}" (${Object.keys(cells)
      .map((name) => `"${name}"`)
      .join(', ')}) SELECT ${Object.values(cells).join(', ')} FROM ${from}`
  return [
    insert('DeviceProcessEvents', processCells, source),
    insert('DeviceFileEvents', fileCells, source.replace(`range(${rows})`, `range(${Math.ceil(rows / 10)})`)),
    'CHECKPOINT',
  ]
}

export const fillSql = {
  columns,
  columnsOf: (table, all) => (table === 'DeviceFileEvents' ? ['Timestamp', ...FILE_COLUMNS] : all),
  statements,
}
