import type { EventRecord } from '../../records/index.ts'

interface WazuhRule {
  readonly description: string
  readonly group: string
  readonly conditions: readonly ((event: WazuhEvent) => boolean)[]
}

interface WazuhEvent {
  readonly fields: ReadonlyMap<string, string>
  readonly groups: ReadonlySet<string>
  readonly line: string
}

const xmlUnescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/**
 * Reads our own rule file as Wazuh's analysis would: the parent group, then every condition. Elements of a field must all
 * match; several of the line are one expression, end to end, with the attributes of the last. Source: Wazuh, "Rules syntax".
 */
export function wazuhRules(xml: string): WazuhRule[] {
  return [...xml.matchAll(/<rule id="\d+"[^>]*>([\s\S]*?)<\/rule>/g)].map(([, body = '']) => {
    const elements = [...body.matchAll(/<(field|regex)([^>]*)>([^<]*)</g)].map(
      ([, kind, attributes = '', pattern = '']) => ({ kind, attributes, pattern: xmlUnescape(pattern) }),
    )
    const inLine = elements.filter(({ kind }) => kind === 'regex')
    const joined = {
      attributes: inLine.at(-1)?.attributes ?? '',
      pattern: inLine.map(({ pattern }) => pattern).join(''),
    }
    return {
      description: xmlUnescape(/<description>([^<]*)</.exec(body)?.[1] ?? ''),
      group: /<if_group>([^<]*)</.exec(body)?.[1] ?? '',
      conditions: [
        ...elements
          .filter(({ kind }) => kind === 'field')
          .map(({ attributes, pattern }) => {
            const name = /name="([^"]*)"/.exec(attributes)?.[1] ?? ''
            return condition(attributes, pattern, (event) => event.fields.get(name) ?? '')
          }),
        ...(inLine.length === 0 ? [] : [condition(joined.attributes, joined.pattern, ({ line }) => line)]),
      ],
    }
  })
}

function condition(
  attributes: string,
  pattern: string,
  textOf: (event: WazuhEvent) => string,
): (event: WazuhEvent) => boolean {
  const [, flags = '', body = pattern] = /^\(\?([is]+)\)([\s\S]*)$/.exec(pattern) ?? []
  const expression = new RegExp(body, flags)
  const negated = attributes.includes('negate="yes"')
  return (event) => expression.test(textOf(event)) !== negated
}

/**
 * An event as the manager decodes it: the agent has doubled the backslashes of its values, and the line is JSON, so that
 * quotes and backslashes stand escaped in it once more.
 */
export function wazuhEvent(record: EventRecord): WazuhEvent {
  const eventdata: Record<string, string> = {}
  record.names.forEach((name, index) => {
    const value = record.values[index]
    if (name !== '' && value !== undefined)
      eventdata[name.charAt(0).toLowerCase() + name.slice(1)] = value.replaceAll('\\', '\\\\')
  })
  const system = {
    channel: record.channel ?? '',
    eventID: String(record.eventId),
    computer: record.computer ?? '',
  }
  const sysmon = record.provider === 'Microsoft-Windows-Sysmon'
  return {
    fields: new Map([
      ...Object.entries(system).map(([name, value]): [string, string] => [`win.system.${name}`, value]),
      ...Object.entries(eventdata).map(([name, value]): [string, string] => [`win.eventdata.${name}`, value]),
    ]),
    groups: new Set([
      'windows',
      ...(sysmon ? [`sysmon_event${record.eventId === 1 ? '' : '_'}${record.eventId}`] : []),
    ]),
    line: JSON.stringify({ win: { system, eventdata } }),
  }
}

export function matchesWazuh(rule: WazuhRule, event: WazuhEvent): boolean {
  return event.groups.has(rule.group) && rule.conditions.every((condition) => condition(event))
}
