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

/** Reads our own rule file as Wazuh's analysis would: the parent group, then every condition. */
export function wazuhRules(xml: string): WazuhRule[] {
  return [...xml.matchAll(/<rule id="\d+"[^>]*>([\s\S]*?)<\/rule>/g)].map(([, body = '']) => ({
    description: xmlUnescape(/<description>([^<]*)</.exec(body)?.[1] ?? ''),
    group: /<if_group>([^<]*)</.exec(body)?.[1] ?? '',
    conditions: [...body.matchAll(/<(field|regex)([^>]*)>([^<]*)</g)].map(
      ([, kind, attributes = '', pattern = '']) => {
        const expression = new RegExp(
          xmlUnescape(pattern).replace('(?i)', ''),
          pattern.startsWith('(?i)') ? 'i' : '',
        )
        const name = /name="([^"]*)"/.exec(attributes)?.[1] ?? ''
        const negated = attributes.includes('negate="yes"')
        return (event: WazuhEvent) =>
          expression.test(kind === 'regex' ? event.line : (event.fields.get(name) ?? '')) !== negated
      },
    ),
  }))
}

/** An event as the agent sends it: the line is JSON, so that quotes and backslashes stand escaped in it. */
export function wazuhEvent(record: EventRecord): WazuhEvent {
  const eventdata: Record<string, string> = {}
  record.names.forEach((name, index) => {
    const value = record.values[index]
    if (name !== '' && value !== undefined) eventdata[name.charAt(0).toLowerCase() + name.slice(1)] = value
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
