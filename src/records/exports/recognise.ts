import { type AsimProcess, asimProcess } from './asim.ts'
import { type ExportTable, exportTable, tableColumns } from './columns.ts'

/** How rows with these columns become rows of Microsoft's tables. */
export interface ColumnMap {
  /** Lower-case names without the portals' suffixes, in the order of the file. */
  readonly lower: readonly string[]
  /** For each table met, the columns in Microsoft's spelling where it has one. */
  spelled(table: ExportTable): readonly string[]
  /** Columns whose values may be times in the portal's own writing (`Timestamp [UTC]`). */
  readonly portalTimes: ReadonlySet<number>
  /** The portal was set to show another zone than UTC (`TimeGenerated [Local Time]`), and does not say how far off. */
  readonly localTimes: boolean
  /** The table of a row; `undefined` where it is of none that is known. */
  tableOf(values: readonly unknown[]): ExportTable | undefined
  /** Rows may be of ASIM's process schema, whatever table they name as theirs. */
  readonly asim?: AsimProcess
}

/** Columns that name the table, in a file that may hold several. */
const TABLE_COLUMNS = ['type', '$table', 'table', 'tablename', 'sourcetable']

/** Columns of type datetime, by the names that Microsoft gives them. */
const TIME_COLUMN = /^(?:timestamp|timegenerated|timecreated|\w*processcreationtime|\w*parentcreationtime)$/

/** Columns that of the seven Device tables only one has. */
const ONLY_IN: readonly (readonly [ExportTable, readonly string[]])[] = [
  [
    'DeviceProcessEvents',
    ['processversioninfooriginalfilename', 'processversioninfocompanyname', 'processintegritylevel'],
  ],
  ['DeviceRegistryEvents', ['registryvaluetype', 'previousregistrykey', 'previousregistryvaluedata']],
  [
    'DeviceFileEvents',
    [
      'fileoriginreferrerurl',
      'previousfolderpath',
      'previousfilename',
      'requestprotocol',
      'sensitivitylabel',
      'sharename',
    ],
  ],
  ['DeviceNetworkEvents', ['localiptype', 'remoteiptype']],
  ['DeviceLogonEvents', ['islocaladmin', 'failurereason', 'logontype']],
]

const NETWORK_ACTIONS =
  /^(Connection\w+|InboundConnectionAccepted|ListeningConnectionCreated|NetworkSignatureInspected|\w+ConnectionInspected|InboundInternetScanInspected|DnsConnectionInspected)$/

function deviceTableOfAction(action: string): ExportTable {
  if (action === 'ProcessCreated') return 'DeviceProcessEvents'
  if (/^File(Created|Modified|Renamed|Deleted)$/.test(action)) return 'DeviceFileEvents'
  if (/^Registry(Key|Value)\w+$/.test(action)) return 'DeviceRegistryEvents'
  if (action === 'ImageLoaded') return 'DeviceImageLoadEvents'
  if (/^Logon(Success|Failed|Attempted)$/.test(action)) return 'DeviceLogonEvents'
  if (NETWORK_ACTIONS.test(action)) return 'DeviceNetworkEvents'
  return 'DeviceEvents'
}

/**
 * Recognises an export of a Defender XDR or Log Analytics table by its columns, in any case and order, whole or
 * projected. `undefined` where they are those of no such table.
 */
export function recogniseColumns(columns: readonly string[]): ColumnMap | undefined {
  const portalTimes = new Set<number>()
  let localTimes = false
  const lower = columns.map((column, index) => {
    const match = /^(.*?)\s*\[([^\]]*)\]$/.exec(column.trim())
    const name = (match?.[1] ?? column.trim()).toLowerCase()
    if (match !== null || TIME_COLUMN.test(name)) portalTimes.add(index)
    if (match !== null && !/^(?:UTC|GMT|Z)?$/i.test(match[2] ?? '')) localTimes = true
    return name
  })
  const has = new Set(lower)
  const byColumns = tableByColumns(has)
  const tableColumn = TABLE_COLUMNS.map((name) => lower.indexOf(name)).find((index) => index >= 0)
  const action = lower.indexOf('actiontype')
  const isDevice = byColumns === 'device' || byColumns?.startsWith('Device') === true
  const hasTime = has.has('timegenerated') || has.has('timestamp')
  const asim = asimProcess(lower)
  if (byColumns === undefined && asim === undefined && (tableColumn === undefined || !hasTime))
    return undefined
  const spellings = new Map<ExportTable, readonly string[]>()
  return {
    lower,
    portalTimes,
    localTimes,
    ...(asim === undefined ? {} : { asim }),
    spelled(table) {
      let names = spellings.get(table)
      if (names === undefined) {
        const known = tableColumns(table)
        names = columns.map((column, index) => known.get(lower[index] ?? '') ?? stripSuffix(column))
        spellings.set(table, names)
      }
      return names
    },
    tableOf(values) {
      if (tableColumn !== undefined) {
        const named = values[tableColumn]
        const table = typeof named === 'string' ? exportTable(named) : undefined
        if (table !== undefined) return table
      }
      if (isDevice && action >= 0) {
        const type = values[action]
        if (typeof type === 'string' && type !== '') return deviceTableOfAction(type)
      }
      return byColumns === 'device' ? undefined : byColumns
    },
  }
}

const stripSuffix = (column: string): string => column.trim().replace(/\s*\[[^\]]*\]$/, '')

function tableByColumns(has: ReadonlySet<string>): ExportTable | 'device' | undefined {
  const any = (...names: string[]): boolean => names.some((name) => has.has(name))
  if (has.has('eventid')) {
    const timed = any('timegenerated', 'timecreated')
    if (any('renderingdescription', 'rendereddescription', 'parameterxml') && any('source', 'eventlog'))
      return 'Event'
    if (timed && any('eventlog') && any('source', 'eventdata')) return 'Event'
    if (
      timed &&
      has.has('provider') &&
      has.has('channel') &&
      any('eventdata', 'raweventdata', 'eventlevelname')
    ) {
      return 'WindowsEvent'
    }
    if (has.has('timegenerated') && any('activity', 'eventsourcename', 'account', 'subjectaccount'))
      return 'SecurityEvent'
    if (
      has.has('timegenerated') &&
      any('newprocessname', 'commandline', 'targetusersid') &&
      has.has('computer')
    ) {
      return 'SecurityEvent'
    }
    return undefined
  }
  if (!any('timestamp', 'timegenerated') || !any('deviceid', 'devicename')) return undefined
  for (const [table, names] of ONLY_IN) if (any(...names)) return table
  const initiating = [...has].some((name) => name.startsWith('initiatingprocess'))
  if (!has.has('actiontype') && !initiating) return undefined
  return has.has('actiontype') ? 'device' : undefined
}
