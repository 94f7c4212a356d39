import { earliest, latest } from '../../bytes/index.ts'
import { type EventRecord, gapWidth, type LogCoverage, type RecordIdGap } from '../../records/event.ts'
import { channelKind, type LogKind } from '../observe/index.ts'

/** Hosts of one file that are told apart; a collector's log may hold thousands. */
const MAX_HOSTS = 64

/** Lowest and highest of the events' own numbers. */
interface Numbers {
  first: number
  last: number
  /** Latest time among them. */
  latest: bigint
}

/** Events of one file of evidence that were read. */
interface Seen {
  readonly hosts: Map<string, Numbers>
  readonly channels: Set<string>
}

/** A name that a machine had before: the same logs go on under another. */
export interface FormerName {
  /** Key of the host that it is now. */
  readonly now: string
  readonly until: bigint
}

/** One log of one host: what its files cover, whether or not their events were of interest. */
export interface LogView {
  readonly first?: bigint
  readonly last?: bigint
  /** Records before the first that the log once had; absent where the numbers do not tell. */
  readonly lost?: number
  /** Records of the log between its first and its last that are in none of the files, and where they were. */
  readonly missing: number
  readonly gaps: readonly RecordIdGap[]
  /** The files are exports or forwarded copies; at least so many records were left out between first and last. */
  readonly leftOut?: number
}

/** Gathers what the event log files say of themselves, and whose they are. */
export class LogFiles {
  readonly #seen = new Map<string, Seen>()
  readonly #covers = new Map<string, LogCoverage>()
  /** The event before, which most events have file, channel and machine in common with. */
  #evidence: string | undefined
  #channel: string | undefined
  #computer: string | undefined
  #numbers: Numbers | undefined

  /** A live event of any file. */
  saw({ evidence, computer, channel, recordId, timeFiletime }: EventRecord): void {
    if (evidence !== this.#evidence || computer !== this.#computer || channel !== this.#channel) {
      this.#numbers = this.#numbersOf(evidence, channel ?? '', computer ?? '')
      this.#evidence = evidence
      this.#channel = channel
      this.#computer = computer
    }
    const numbers = this.#numbers
    if (numbers === undefined) return
    if (timeFiletime !== undefined && timeFiletime > numbers.latest) numbers.latest = timeFiletime
    if (recordId === undefined) return
    if (recordId < numbers.first) numbers.first = recordId
    if (recordId > numbers.last) numbers.last = recordId
  }

  #numbersOf(evidence: string, channel: string, computer: string): Numbers | undefined {
    const seen = this.#seen.get(evidence) ?? {
      hosts: new Map<string, Numbers>(),
      channels: new Set<string>(),
    }
    this.#seen.set(evidence, seen)
    if (seen.channels.size < MAX_HOSTS) seen.channels.add(channel)
    const known = seen.hosts.get(computer)
    if (known !== undefined || seen.hosts.size >= MAX_HOSTS) return known
    const numbers = { first: Number.POSITIVE_INFINITY, last: -1, latest: 0n }
    seen.hosts.set(computer, numbers)
    return numbers
  }

  /** What a file covers; a copy of the same file says the same. */
  add(coverage: LogCoverage): void {
    this.#covers.set(coverage.evidence, coverage)
  }

  /** Logs without a single record, by path. */
  empty(): { readonly kind: LogKind; readonly path: string }[] {
    return [...this.#covers.values()]
      .filter(({ records }) => records === 0)
      .map(({ path }) => ({ kind: channelKind(channelOfPath(path)), path }))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Names of the computers that files are of, also where none of their events was of interest. */
  computers(): string[] {
    return [...this.#covers.values()].flatMap((coverage) => this.#owner(coverage) ?? [])
  }

  /**
   * Names that machines had before, by key. Told from logs of one channel, as the service wrote them, whose records are
   * all of one name up to some number and all of another from then on; a name that stands alone in any log is no former one.
   */
  formerNames(keyOf: (computer: string) => string): Map<string, FormerName> {
    const found = new Map<string, FormerName>()
    const current = new Set<string>()
    for (const { evidence, renumbered } of this.#covers.values()) {
      const seen = this.#seen.get(evidence)
      if (seen === undefined || seen.channels.size > 1 || seen.hosts.size >= MAX_HOSTS) continue
      const names = successive([...seen.hosts].map(([name, numbers]) => ({ key: keyOf(name), ...numbers })))
      const last = names?.at(-1)
      if (renumbered === true || names === undefined || last === undefined) {
        for (const name of seen.hosts.keys()) current.add(keyOf(name))
        continue
      }
      current.add(last.key)
      for (const { key, latest } of names.slice(0, -1)) {
        const known = found.get(key)
        if (known !== undefined && known.now !== last.key) current.add(key)
        found.set(key, {
          now: last.key,
          until: known !== undefined && known.until > latest ? known.until : latest,
        })
      }
    }
    for (const key of current) found.delete(key)
    return found
  }

  /** Views of the logs of each host (by key) and kind. A file of several channels is no log of one host. */
  views(keyOf: (computer: string) => string): Map<string, Map<LogKind, LogView>> {
    const files = new Map<string, Map<LogKind, Part[]>>()
    const sorted = [...this.#covers.values()].sort((a, b) => (a.evidence < b.evidence ? -1 : 1))
    for (const coverage of sorted) {
      const owner = this.#owner(coverage)
      const seen = this.#seen.get(coverage.evidence)
      if (owner === undefined || (seen?.channels.size ?? 1) > 1) continue
      const kinds = files.get(keyOf(owner)) ?? new Map<LogKind, Part[]>()
      files.set(keyOf(owner), kinds)
      const kind = channelKind(coverage.channel ?? '')
      const isShared = new Set([...(seen?.hosts.keys() ?? [])].map(keyOf)).size > 1
      const known = kinds.get(kind) ?? []
      kinds.set(kind, [...known, { coverage, isShared, leftOut: leftOut(coverage, seen) }])
    }
    return new Map(
      [...files].map(([host, kinds]) => [
        host,
        new Map([...kinds].map(([kind, parts]) => [kind, viewOf(parts)])),
      ]),
    )
  }

  #owner({ evidence, computer }: LogCoverage): string | undefined {
    const hosts = [...(this.#seen.get(evidence)?.hosts ?? [])].filter(([name]) => name !== '')
    // A machine that was renamed has its old name in the older records.
    hosts.sort(([a, one], [b, two]) => one.last - two.last || (a < b ? -1 : 1))
    return hosts.at(-1)?.[0] ?? computer
  }
}

interface Named extends Numbers {
  readonly key: string
}

/** The names in the order of their records; `undefined` where those of two names lie among each other. */
function successive(names: readonly Named[]): readonly Named[] | undefined {
  const merged = new Map<string, Named>()
  for (const name of names) {
    const known = merged.get(name.key)
    if (known === undefined) merged.set(name.key, { ...name })
    else {
      known.first = Math.min(known.first, name.first)
      known.last = Math.max(known.last, name.last)
      if (name.latest > known.latest) known.latest = name.latest
    }
  }
  const sorted = [...merged.values()].sort((a, b) => a.first - b.first)
  return sorted.every((one, index) => one.last < (sorted[index + 1]?.first ?? Number.POSITIVE_INFINITY))
    ? sorted
    : undefined
}

interface Part {
  readonly coverage: LogCoverage
  /** Holds events under other names too, so that its first record need not be this host's. */
  readonly isShared: boolean
  readonly leftOut: number
}

/** `Microsoft-Windows-Sysmon%4Operational.evtx` is the file of a channel with a slash. */
function channelOfPath(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  return name.replace(/\.evtx$/i, '').replace('%4', '/')
}

/** The events' own numbers go further than the file has records: so many at least were not exported. */
function leftOut({ records }: LogCoverage, seen: Seen | undefined): number {
  const [only] = seen?.hosts.values() ?? []
  // Each machine that forwards has numbers of its own.
  if (seen?.hosts.size !== 1 || only === undefined || only.last < 0) return 0
  return Math.max(0, only.last - only.first + 1 - records)
}

function viewOf(parts: readonly Part[]): LogView {
  const times = parts.filter(({ isShared }) => !isShared).map(({ coverage }) => coverage)
  const first = earliest(times.map(({ earliestFiletime }) => earliestFiletime))
  const last = latest(times.map(({ latestFiletime }) => latestFiletime))
  const bounds = { ...(first === undefined ? {} : { first }), ...(last === undefined ? {} : { last }) }
  const originals = parts.map(({ coverage }) => coverage).filter(({ renumbered }) => renumbered !== true)
  if (originals.length === 0) {
    return { ...bounds, missing: 0, gaps: [], leftOut: Math.max(...parts.map((part) => part.leftOut)) }
  }
  const runs = originals.flatMap(runsOf).sort((a, b) => a.first - b.first)
  const gaps: RecordIdGap[] = []
  let before: Run | undefined
  for (const run of runs) {
    if (before !== undefined && run.first > before.last + 1) {
      gaps.push({
        after: before.last,
        before: run.first,
        ...(before.to === undefined ? {} : { from: before.to }),
        ...(run.from === undefined ? {} : { to: run.from }),
      })
    }
    if (before === undefined || run.last > before.last) before = run
  }
  // A file lists its widest gaps only; what another file has of the rest cannot be known.
  const [only] = originals.length === 1 ? originals : []
  const unlisted = only === undefined ? 0 : only.missing - widthOfAll(only.gaps)
  const firstId = runs[0]?.first
  return {
    ...bounds,
    ...(firstId === undefined ? {} : { lost: Math.max(0, firstId - 1) }),
    missing: widthOfAll(gaps) + unlisted,
    gaps,
  }
}

function widthOfAll(gaps: readonly RecordIdGap[]): number {
  return gaps.reduce((sum, gap) => sum + gapWidth(gap), 0)
}

interface Run {
  readonly first: number
  readonly last: number
  readonly from?: bigint | undefined
  readonly to?: bigint | undefined
}

/** The unbroken runs of numbers of a file, as its gaps divide them. */
function runsOf(coverage: LogCoverage): Run[] {
  const { firstRecordId, lastRecordId, gaps } = coverage
  if (firstRecordId === undefined || lastRecordId === undefined) return []
  const runs: Run[] = []
  let start = { first: firstRecordId, from: coverage.earliestFiletime }
  for (const gap of gaps) {
    runs.push({ ...start, last: gap.after, to: gap.from })
    start = { first: gap.before, from: gap.to }
  }
  return [...runs, { ...start, last: lastRecordId, to: coverage.latestFiletime }]
}
