import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse } from 'yaml'
import { type NativeRow, native, text, type Value } from './define.ts'

/** One entry of uap-core's `regexes.yaml`: an expression, and texts that replace what its groups found. */
type Entry = Readonly<Record<string, string | undefined>> & { readonly regex: string }

interface Parser {
  /** Made at first use: most user agents are known by one of the first expressions. */
  expression: RegExp | undefined
  readonly entry: Entry
}

type Kind = 'user_agent_parsers' | 'os_parsers' | 'device_parsers'

let parsers: Readonly<Record<Kind, readonly Parser[]>> | undefined

/** The expressions of `uap-core`, read at the first call (about 0.4 s). */
function parsersOf(kind: Kind): readonly Parser[] {
  if (parsers === undefined) {
    const file = createRequire(import.meta.url).resolve('uap-core/regexes.yaml')
    const lists = parse(readFileSync(file, 'utf8')) as Record<Kind, readonly Entry[]>
    const made = (entries: readonly Entry[]): Parser[] =>
      entries.map((entry) => ({ entry, expression: undefined }))
    parsers = {
      user_agent_parsers: made(lists.user_agent_parsers),
      os_parsers: made(lists.os_parsers),
      device_parsers: made(lists.device_parsers),
    }
  }
  return parsers[kind]
}

interface Found {
  readonly entry: Entry
  readonly groups: readonly (string | undefined)[]
}

function find(kind: Kind, userAgent: string): Found | undefined {
  for (const parser of parsersOf(kind)) {
    parser.expression ??= new RegExp(parser.entry.regex, parser.entry.regex_flag === 'i' ? 'i' : '')
    const match = parser.expression.exec(userAgent)
    if (match !== null) return { entry: parser.entry, groups: match }
  }
  return undefined
}

/** A replacement with its `$1` … filled in, or else the group that stands for the field. */
function field({ entry, groups }: Found, replacement: string, group: number): string {
  const filled = entry[replacement]?.replace(/\$(\d)/g, (_, digit: string) => groups[Number(digit)] ?? '')
  return (filled ?? groups[group] ?? '').trim()
}

function browser(userAgent: string): Record<string, string> {
  const found = find('user_agent_parsers', userAgent)
  if (found === undefined) return { Family: 'Other', MajorVersion: '', MinorVersion: '', Patch: '' }
  return {
    Family: field(found, 'family_replacement', 1) || 'Other',
    MajorVersion: field(found, 'v1_replacement', 2),
    MinorVersion: field(found, 'v2_replacement', 3),
    Patch: field(found, 'v3_replacement', 4),
  }
}

function operatingSystem(userAgent: string): Record<string, string> {
  const found = find('os_parsers', userAgent)
  if (found === undefined) {
    return { Family: 'Other', MajorVersion: '', MinorVersion: '', Patch: '', PatchMinor: '' }
  }
  return {
    Family: field(found, 'os_replacement', 1) || 'Other',
    MajorVersion: field(found, 'os_v1_replacement', 2),
    MinorVersion: field(found, 'os_v2_replacement', 3),
    Patch: field(found, 'os_v3_replacement', 4),
    PatchMinor: field(found, 'os_v4_replacement', 5),
  }
}

function device(userAgent: string): Record<string, string> {
  const found = find('device_parsers', userAgent)
  if (found === undefined) return { Family: 'Other', Brand: '', Model: '' }
  return {
    Family: field(found, 'device_replacement', 1) || 'Other',
    Brand: field(found, 'brand_replacement', Number.POSITIVE_INFINITY),
    Model: field(found, 'model_replacement', 1),
  }
}

const TARGETS = [
  ['browser', 'Browser', browser],
  ['os', 'OperatingSystem', operatingSystem],
  ['device', 'Device', device],
] as const

const MAX_KNOWN = 10_000
/** Longer texts are no user agents, and some of the expressions take time that grows with the square of the length. */
const MAX_LENGTH = 4096
const known = new Map<string, Record<string, Record<string, string>>>()

/** Answers are kept: logs hold few user agents many times, and each costs up to 1,200 expressions. */
function parseUserAgent(
  userAgent: string,
  lookFor: Value,
): Record<string, Record<string, string>> | undefined {
  const wanted = (Array.isArray(lookFor) ? lookFor : [lookFor]).map((item) => text(item).toLowerCase())
  if (userAgent === '' || userAgent.length > MAX_LENGTH) return undefined
  const key = `${wanted.join()}\u0000${userAgent}`
  const before = known.get(key)
  if (before !== undefined) return before
  const chosen = TARGETS.filter(([name]) => wanted.includes(name))
  if (chosen.length === 0) return undefined
  const result = Object.fromEntries(chosen.map(([, label, read]) => [label, read(userAgent)]))
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, result)
  return result
}

/**
 * `parse_user_agent`: as the reference implementation of uap-core reads its expressions, which Kusto's documented answers
 * agree with. Which release of them the services use is not published.
 */
export const userAgentRows: readonly NativeRow[] = [
  native('parse_user_agent', ['string', 'dynamic'], 'dynamic', (userAgent, lookFor) =>
    parseUserAgent(text(userAgent), lookFor),
  ),
]
