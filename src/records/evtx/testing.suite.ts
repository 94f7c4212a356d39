import { spawnSync } from 'node:child_process'
import { Parser } from 'htmlparser2'
import { open } from 'yauzl'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import type { EventRecord } from '../event.ts'
import { type ReadEvtxOptions, readEvtx } from './index.ts'

/** All events of a log and what was wrong with it. */
export function readAll(
  bytes: Uint8Array,
  options: ReadEvtxOptions = {},
): { readonly events: EventRecord[]; readonly diagnostics: Diagnostic[]; readonly codes: string[] } {
  const diagnostics: Diagnostic[] = []
  const events = [...readEvtx(bytes, { report: (diagnostic) => diagnostics.push(diagnostic), ...options })]
  return { events, diagnostics, codes: [...new Set(diagnostics.map(({ code }) => code))] }
}

/** Members of a zip file whose name the filter takes, in memory. */
export function readZip(path: string, wanted: (name: string) => boolean): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const members = new Map<string, Buffer>()
    open(path, { lazyEntries: true }, (error, zip) => {
      if (error !== null) return reject(error)
      zip.on('error', reject)
      zip.on('end', () => resolve(members))
      zip.on('entry', (entry: { fileName: string }) => {
        if (!wanted(entry.fileName)) return zip.readEntry()
        zip.openReadStream(entry as Parameters<typeof zip.openReadStream>[0], (failure, stream) => {
          if (failure !== null) return reject(failure)
          const parts: Buffer[] = []
          stream.on('data', (part: Buffer) => parts.push(part))
          stream.on('error', reject)
          stream.on('end', () => {
            members.set(entry.fileName, Buffer.concat(parts))
            zip.readEntry()
          })
        })
      })
      zip.readEntry()
    })
  })
}

let installed: boolean | undefined

/** True where Debian's libevtx-utils is installed; says once why the cross-check is skipped otherwise. */
export function hasEvtxexport(): boolean {
  if (installed === undefined) {
    installed = spawnSync('evtxexport', ['-V']).status === 0
    if (!installed)
      process.stderr.write('skipped: evtxexport (libevtx-utils) is not installed; no cross-check\n')
  }
  return installed
}

interface XmlNode {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlNode[]
  text: string
}

/** One event as the independent reader shows it, flattened by the same rules as an `EventRecord`. */
export interface PeerEvent {
  readonly system: Readonly<Record<string, string>>
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** What evtxexport makes of an event log on disk. */
export function readWithEvtxexport(path: string): PeerEvent[] {
  // It stops with an error at the first record it cannot read; what it read before counts.
  const xml = spawnSync('evtxexport', ['-f', 'xml', path], { encoding: 'utf8', maxBuffer: 1 << 30 }).stdout
  const events: PeerEvent[] = []
  const stack: XmlNode[] = []
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const node = { name, attributes, children: [], text: '' }
        stack.at(-1)?.children.push(node)
        stack.push(node)
      },
      ontext(text) {
        const node = stack.at(-1)
        if (node !== undefined) node.text += text
      },
      onclosetag() {
        const node = stack.pop()
        if (node !== undefined && stack.length === 0 && node.name === 'Event') events.push(flatten(node))
      },
    },
    { xmlMode: true },
  )
  parser.end(xml.slice(xml.indexOf('<Event ')))
  return events
}

function flatten(event: XmlNode): PeerEvent {
  const system: Record<string, string> = {}
  const fields: [string, string][] = []
  for (const child of event.children) {
    if (child.name === 'System') {
      for (const node of child.children) {
        system[node.name] = node.text
        for (const [name, value] of Object.entries(node.attributes)) system[`${node.name}/@${name}`] = value
      }
    } else if (child.name === 'EventData') {
      if (child.text.trim() !== '') fields.push(['EventData', child.text])
      for (const node of child.children) addField(node, true, fields)
    } else if (child.name === 'UserData') {
      for (const wrapper of child.children) {
        addAttributes(wrapper, undefined, fields)
        for (const node of wrapper.children) addField(node, false, fields)
      }
    } else {
      for (const node of child.children) addField(node, false, fields)
    }
  }
  return { system, fields }
}

function addField(node: XmlNode, isData: boolean, fields: [string, string][]): void {
  const named = isData ? node.attributes.Name : undefined
  const hadAttributes = addAttributes(node, isData ? 'Name' : undefined, fields)
  const name = named ?? (isData && node.name === 'Data' ? '' : node.name)
  if (node.children.length > 0) {
    for (const child of node.children) addField(child, isData, fields)
  } else if (node.text !== '' || !hadAttributes || named !== undefined) {
    fields.push([name, node.text])
  }
}

function addAttributes(node: XmlNode, without: string | undefined, fields: [string, string][]): boolean {
  let any = false
  for (const [name, value] of Object.entries(node.attributes)) {
    if (name === without || name === 'xmlns' || name.startsWith('xmlns:')) continue
    fields.push([`${node.name}/@${name}`, value])
    any = true
  }
  return any
}

/** Differences between our reading and the peer's, after the peer's known ways of writing are evened out. */
export function differences(ours: EventRecord, theirs: PeerEvent): string[] {
  const found: string[] = []
  const compare = (what: string, a: string | undefined, b: string | undefined): void => {
    if (even(a) !== even(b) && !isPeerDefect(a, b)) found.push(`${what}: ours ${a}, theirs ${b}`)
  }
  const { system } = theirs
  compare('provider', ours.provider, system['Provider/@Name'])
  compare('guid', ours.providerGuid, system['Provider/@Guid']?.toUpperCase())
  compare('eventId', String(ours.eventId), system.EventID)
  compare('recordId', ours.recordId?.toString(), system.EventRecordID)
  compare('level', ours.level?.toString(), system.Level)
  compare('task', ours.task?.toString(), system.Task)
  compare('opcode', ours.opcode?.toString(), system.Opcode)
  compare('version', ours.version?.toString(), system.Version)
  compare('keywords', ours.keywords, system.Keywords)
  compare('channel', ours.channel, system.Channel)
  compare('computer', ours.computer, system.Computer)
  compare('processId', ours.processId?.toString(), system['Execution/@ProcessID'])
  compare('threadId', ours.threadId?.toString(), system['Execution/@ThreadID'])
  compare('user', ours.userSid, system['Security/@UserID'])
  compare('activity', ours.activityId, system['Correlation/@ActivityID']?.toUpperCase())
  compare('related', ours.relatedActivityId, system['Correlation/@RelatedActivityID']?.toUpperCase())
  compare('time', filetimeToIso(ours.timeFiletime ?? 0n), system['TimeCreated/@SystemTime'])
  const isShown = ([, value]: readonly [string, string | undefined]): boolean => (value ?? '').trim() !== ''
  const mine = ours.names.map((name, index) => [name, ours.values[index]] as const).filter(isShown)
  const peers = theirs.fields.filter(isShown)
  if (mine.length !== peers.length) found.push(`fields: ours ${mine.length}, theirs ${peers.length}`)
  for (const [index, [name, value]] of mine.entries()) {
    compare(`name of ${name}`, name, peers[index]?.[0])
    compare(name, value, peers[index]?.[1])
  }
  return found
}

/** Leading zeros of hex, digits of time and notation of floats differ between renderers; values do not. */
function even(text: string | undefined): string {
  const value = (text ?? '').replace(/\r\n?/g, '\n')
  const hex = /^0x0*([\da-f]+)$/i.exec(value)
  if (hex !== null) return `0x${hex[1]?.toLowerCase()}`
  const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(value)
  if (time !== null) return `${time[1]}.${(time[2] ?? '').slice(0, 7).padEnd(7, '0')}`
  return /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(value) && /[.e]|^0$/.test(value)
    ? Number(value).toExponential(4)
    : value
}

/** libevtx prints negative integers wrongly and what is no XML character as it comes. */
function isPeerDefect(ours: string | undefined, theirs: string | undefined): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot hold
  return /^-\d+$/.test(ours ?? '') || /[\u0000-\u0008\u000b-\u001f\ufffd]/.test(`${ours}${theirs}`)
}
