import { InputError } from '../../diagnostics/index.ts'

/** One fingerprint as the estate has shown it so far. Times are ISO 8601 UTC. */
export interface BaselineEntry {
  readonly firstSeen: string
  readonly lastSeen: string
  /** Host names, lower case, sorted. */
  readonly hosts: readonly string[]
  /** What it is, for people: filter and consumer. */
  readonly title?: string
}

/** What an estate has been seen to hold: `--baseline FILE` keeps it between runs. */
export interface Baseline {
  readonly schema: 'triad.baseline/1'
  /** Host → when it was seen first. */
  readonly hosts: Readonly<Record<string, string>>
  readonly fingerprints: Readonly<Record<string, BaselineEntry>>
}

/** One sighting of a fingerprint on a host in the present run. */
export interface BaselineSighting {
  readonly fingerprint: string
  readonly host?: string
  readonly title?: string
}

const DAY_MS = 86_400_000
const COMMON_SHARE = 0.5
const COMMON_DAYS = 30
/** Below this number of hosts a share says nothing about how rare something is. */
const MIN_HOSTS = 10

export const EMPTY_BASELINE: Baseline = { schema: 'triad.baseline/1', hosts: {}, fingerprints: {} }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTime = (value: unknown): value is string =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value))

/** Reads a baseline file. `InputError` findings/bad-baseline when it is not one. */
export function parseBaseline(text: string, source: string): Baseline {
  const fail = (message: string): InputError =>
    new InputError(
      'findings/bad-baseline',
      `${source}: ${message}`,
      { in: 'file', source },
      {
        hint: 'give a file that triad scan --baseline wrote, or the name of a new one',
      },
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw fail(`it is not JSON (${cause instanceof Error ? cause.message : String(cause)})`)
  }
  if (!isRecord(value) || value.schema !== 'triad.baseline/1')
    throw fail('its schema is not triad.baseline/1')
  const { hosts, fingerprints } = value
  if (!isRecord(hosts) || !isRecord(fingerprints)) throw fail('hosts or fingerprints is missing')
  const readHosts: Record<string, string> = Object.create(null)
  for (const [name, since] of Object.entries(hosts)) {
    if (!isTime(since)) throw fail(`host ${name} has no time`)
    readHosts[name] = since
  }
  const entries: Record<string, BaselineEntry> = Object.create(null)
  for (const [fingerprint, entry] of Object.entries(fingerprints)) {
    if (
      !isRecord(entry) ||
      !isTime(entry.firstSeen) ||
      !isTime(entry.lastSeen) ||
      !Array.isArray(entry.hosts)
    ) {
      throw fail(`fingerprint ${fingerprint} is not whole`)
    }
    entries[fingerprint] = {
      firstSeen: entry.firstSeen,
      lastSeen: entry.lastSeen,
      hosts: entry.hosts.map(String),
      ...(typeof entry.title === 'string' ? { title: entry.title } : {}),
    }
  }
  return { schema: 'triad.baseline/1', hosts: readHosts, fingerprints: entries }
}

/** The baseline with the present run added: every host that was looked at, and what it held. `now`: ISO 8601. */
export function updateBaseline(
  baseline: Baseline,
  hosts: readonly string[],
  sightings: readonly BaselineSighting[],
  now: string,
): Baseline {
  const known: Record<string, string> = Object.assign(Object.create(null), baseline.hosts)
  for (const host of hosts.map((name) => name.toLowerCase())) known[host] ??= now
  const fingerprints: Record<string, BaselineEntry> = Object.assign(
    Object.create(null),
    baseline.fingerprints,
  )
  for (const { fingerprint, host, title } of sightings) {
    const old = fingerprints[fingerprint]
    const name = (host ?? '').toLowerCase()
    if (name !== '') known[name] ??= now
    const on = new Set(old?.hosts ?? [])
    if (name !== '') on.add(name)
    const words = title ?? old?.title
    fingerprints[fingerprint] = {
      firstSeen: old?.firstSeen ?? now,
      lastSeen: now,
      hosts: [...on].sort(),
      ...(words === undefined ? {} : { title: words }),
    }
  }
  return { schema: 'triad.baseline/1', hosts: known, fingerprints }
}

/** A baseline as the text of its file, the same for the same content. */
export function printBaseline(baseline: Baseline): string {
  const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1)))
  return `${JSON.stringify({ ...baseline, hosts: sorted(baseline.hosts), fingerprints: sorted(baseline.fingerprints) }, undefined, 2)}\n`
}

/** How rare a fingerprint is: against what was known before this run, over the hosts known with it. */
export interface Prevalence {
  readonly hosts: number
  readonly ofHosts: number
  readonly firstSeen: string
}

/** Counts for one fingerprint; `undefined` when the estate does not know it. */
export function prevalenceOf(baseline: Baseline, fingerprint: string): Prevalence | undefined {
  const entry = baseline.fingerprints[fingerprint]
  if (entry === undefined) return undefined
  return {
    hosts: entry.hosts.length,
    ofHosts: Object.keys(baseline.hosts).length,
    firstSeen: entry.firstSeen,
  }
}

/**
 * What `judge` asks about rarity. `before` is the baseline as it was, `after` with this run added. Rare: not known
 * before, and on less than the given share of hosts. Common (KNOWN-GOOD level L3): on half of the hosts or more, for
 * thirty days or more. With fewer than ten hosts neither is said.
 */
export function rarityFrom(
  before: Baseline,
  after: Baseline,
  now: string,
): {
  readonly rarity: (
    fingerprint: string,
  ) => { readonly firstSeen: boolean; readonly prevalence: number } | undefined
  readonly isCommon: (fingerprint: string) => boolean
} {
  const total = Object.keys(after.hosts).length
  return {
    rarity: (fingerprint) => {
      if (total < MIN_HOSTS) return undefined
      const hosts = after.fingerprints[fingerprint]?.hosts.length ?? 0
      // One host of few is not a share below one in a hundred; on a small estate the only host with it counts as rare.
      const prevalence = hosts <= 1 ? 0 : hosts / total
      return { firstSeen: before.fingerprints[fingerprint] === undefined, prevalence }
    },
    isCommon: (fingerprint) => {
      const entry = before.fingerprints[fingerprint]
      if (entry === undefined || total < MIN_HOSTS) return false
      const isOld = Date.parse(now) - Date.parse(entry.firstSeen) >= COMMON_DAYS * DAY_MS
      return isOld && entry.hosts.length / total >= COMMON_SHARE
    },
  }
}
