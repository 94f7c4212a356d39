import { type ObjectPath, parseObjectPath, splitNamespace } from '../../lang/mof/index.ts'
import type { Act } from './act.ts'
import { isSubscriptionNamespace, partFromProperties, subscriptionPart } from './classes.ts'

/**
 * Reads the arguments of one wmic call (text behind the program name). Quotes may stand inside words and carets before
 * any character: `__Event""Filter` is one class name. `undefined` when it does nothing with subscriptions.
 * `nested` reads a command line that `process call create` would start. Source: TRADECRAFT C1, C1a; observed in evidence
 * evtx-winpwnage-iewin7.
 */
export function readWmic(args: string, nested: (commandLine: string) => readonly Act[]): readonly Act[] {
  const host = hostOf(args)
  const place = splitNamespace(unquote(/\/namespace:\s*("[^"]*"|'[^']*'|\S+)/i.exec(args)?.[1] ?? ''))
  const rest = args.replace(
    /\/[a-z]+(?::(?:"[^"]*"|'[^']*'|[^\s"']+)(?:,(?:"[^"]*"|'[^']*'|[^\s"']+))*)?/gi,
    (whole, at: number) =>
      // Only global switches stand before the class; behind it a slash may be anything.
      isSwitch(whole) && !/\b(?:create|where|set|call)\b/i.test(args.slice(0, at)) ? ' ' : whole,
  )
  const head = /^\s*(?:(?:path|class)\s+)?(\S+)([\s\S]*)$/i.exec(rest)
  if (head === null) return []
  const written = head[1] ?? ''
  const tail = head[2] ?? ''
  const plain = written.replace(/["'^`]/g, '')
  // The class may be the head of an object path: `__EventFilter.Name="F"`.
  const object = /^(\w+)\.\w+=/.test(plain)
    ? parseObjectPath(
        /^(\S+?=(?:"[^"]*"|'[^']*'))/.exec(rest.trim().replace(/^(?:path|class)\s+/i, ''))?.[1] ?? '',
      )
    : undefined
  const className = object?.class ?? plain
  const verb = verbOf(tail)
  if (verb === undefined) return []
  if (verb.word === 'call') {
    const command = /^\s*create\s+([\s\S]*)$/i.exec(verb.rest)?.[1]
    if (command === undefined) return []
    return nested(unquote(command.trim())).map((act) => ({ ...act, ...(host === undefined ? {} : { host }) }))
  }
  const properties =
    verb.word === 'create' || verb.word === 'set'
      ? assignmentsOf(verb.rest)
      : { ...keysOf(tail), ...keysOfPath(object) }
  const part = subscriptionPart(className) ?? partFromProperties(Object.keys(properties))
  // A derived class may have any name; one that is no name at all (`%c%`, `!a!`) is hidden.
  const hidden = subscriptionPart(className) === undefined && !/^\w+$/.test(className)
  if (part === undefined && !(verb.word === 'create' && isSubscriptionNamespace(place.namespace))) return []
  if (subscriptionPart(className) === undefined && verb.word !== 'create' && verb.word !== 'set') return []
  const target = place.host ?? host
  return [
    {
      verb: VERBS[verb.word],
      tool: 'wmic',
      why: `wmic ${verb.word.toUpperCase()} on ${hidden ? 'a class whose name is hidden' : className}`,
      ...(hidden ? {} : { className }),
      ...(place.namespace === '' ? {} : { namespace: place.namespace }),
      ...(target === undefined ? {} : { host: target }),
      properties,
      splitNames: hidden || (object === undefined && written !== className),
    },
  ]
}

const VERBS = {
  create: 'creates',
  set: 'modifies',
  delete: 'removes',
  get: 'reads',
  list: 'reads',
  assoc: 'reads',
} as const
type Word = keyof typeof VERBS | 'call'

function isSwitch(text: string): boolean {
  return /^\/(?:namespace|node|user|password|implevel|authlevel|authority|locale|privileges|trace|record|interactive|failfast|aggregate|output|append|role)\b/i.test(
    text,
  )
}

function hostOf(args: string): string | undefined {
  const node = /\/node:\s*("[^"]*"|'[^']*'|\S+)/i.exec(args)?.[1]
  const host = node === undefined ? undefined : unquote(node).split(',')[0]
  return host === undefined || /^(?:localhost|\.|127\.0\.0\.1)?$|^@/i.test(host) ? undefined : host
}

/** The verb is the first verb word outside quotes and outside the WHERE clause. */
function verbOf(tail: string): { readonly word: Word; readonly rest: string } | undefined {
  const plain = tail.replace(/"(?:\\.|[^"\\])*"|'[^']*'|\([^)]*\)/g, (quoted) => '_'.repeat(quoted.length))
  const bare = plain.replace(/\^/g, '_')
  const match =
    /(?:^|\s)["'_]*(c_*r_*e_*a_*t_*e|s_*e_*t|d_*e_*l_*e_*t_*e|g_*e_*t|l_*i_*s_*t|a_*s_*s_*o_*c|c_*a_*l_*l)(?=\s|$)/i.exec(
      bare,
    )
  if (match === null) {
    // No verb: wmic shows the instances.
    return { word: 'get', rest: '' }
  }
  const word = (match[1] ?? '').replaceAll('_', '').toLowerCase()
  return { word: word as Word, rest: tail.slice(match.index + match[0].length) }
}

/** `Name="X", Query="SELECT ..."`: values quoted either way, `\"` and `""` inside. */
export function assignmentsOf(text: string): Record<string, string> {
  const properties: Record<string, string> = {}
  const pair = /([A-Za-z_]\w*)\s*=\s*(?:"((?:\\[\s\S]|""|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([^,\s]+))\s*,?/g
  let count = 0
  for (const match of text.matchAll(pair)) {
    const [, name = '', double, single, bare] = match
    properties[name] = (double ?? single ?? bare ?? '').replace(/\\"|""/g, '"').replace(/\\'/g, "'")
    count += 1
    if (count >= 64) break
  }
  return properties
}

function keysOfPath(path: ObjectPath | undefined): Record<string, string> {
  return Object.fromEntries((path?.keys ?? []).map(({ name, value }) => [name || 'Name', value]))
}

/** Keys that a WHERE clause compares with `=`. */
function keysOf(tail: string): Record<string, string> {
  const where = /\bwhere\b([\s\S]*)$/i.exec(tail)?.[1]
  return where === undefined ? {} : assignmentsOf(where.replace(/^\s*["(]+\s*(?=\w+\s*=)/, ''))
}

function unquote(text: string): string {
  const match = /^(["'])([\s\S]*)\1$/.exec(text)
  return (match?.[2] ?? text).replace(/\\"/g, '"')
}
