import type { EventRecord } from '../../records/index.ts'
import { fieldMatcher } from '../sigma/pattern.ts'

/** An event in the field names of Winlogbeat and Elastic Agent. */
export type EcsEvent = ReadonlyMap<string, string>

/** Source of the names: PLATFORMS 1, column Elastic. */
export function ecsEvent(record: EventRecord): EcsEvent {
  const fields = new Map([
    ['winlog.channel', record.channel ?? ''],
    ['event.code', String(record.eventId)],
    ['host.name', record.computer ?? ''],
  ])
  const prefix = record.payload === 'UserData' ? 'winlog.user_data.' : 'winlog.event_data.'
  const value = (name: string): string | undefined => record.values[record.names.indexOf(name)]
  record.names.forEach((name, index) => {
    const text = record.values[index]
    if (name !== '' && text !== undefined) fields.set(prefix + name, text)
  })
  const isStart =
    (record.provider === 'Microsoft-Windows-Sysmon' && record.eventId === 1) ||
    (record.provider === 'Microsoft-Windows-Security-Auditing' && record.eventId === 4688)
  if (!isStart) return fields
  const baseName = (path: string | undefined): string => (path ?? '').split('\\').at(-1) ?? ''
  fields.set('event.category', 'process')
  fields.set('event.type', 'start')
  fields.set('process.name', baseName(value('Image') ?? value('NewProcessName')))
  fields.set('process.parent.name', baseName(value('ParentImage') ?? value('ParentProcessName')))
  fields.set('process.command_line', value('CommandLine') ?? '')
  fields.set('process.pe.original_file_name', value('OriginalFileName') ?? '')
  return fields
}

/** Reads the part of EQL that the exports write: event queries over `:`, `==`, `and`, `or`, `not`, parentheses. */
export function eqlQuery(text: string): (event: EcsEvent) => boolean {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|==|[():,]|[\w.]+/g) ?? []
  let at = 0
  const take = (wanted?: string): string => {
    const token = tokens[at++]
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new Error(`expected ${wanted} in ${text}`)
    return token
  }
  type Test = (event: EcsEvent) => boolean
  const literal = (): string => JSON.parse(take()) as string
  const either = (): Test => {
    const parts = [both()]
    while (tokens[at] === 'or') {
      take()
      parts.push(both())
    }
    return (event) => parts.some((part) => part(event))
  }
  const both = (): Test => {
    const parts = [one()]
    while (tokens[at] === 'and') {
      take()
      parts.push(one())
    }
    return (event) => parts.every((part) => part(event))
  }
  const one = (): Test => {
    if (tokens[at] === 'not') {
      take()
      const inner = one()
      return (event) => !inner(event)
    }
    if (tokens[at] === '(') {
      take()
      const inner = either()
      take(')')
      return inner
    }
    const field = take()
    if (take() === '==') {
      const wanted = literal()
      return (event) => event.get(field) === wanted
    }
    const values: string[] = []
    if (tokens[at] === '(') {
      do {
        take()
        values.push(literal())
      } while (tokens[at] === ',')
      take(')')
    } else values.push(literal())
    // EQL knows the wildcards of Sigma, but no escape: a backslash is plain.
    const matches = fieldMatcher(
      [],
      values.map((value) => value.replaceAll('\\', '\\\\')),
    )
    return (event) => event.has(field) && matches(event.get(field))
  }
  const category = take()
  take('where')
  const where = either()
  if (at !== tokens.length) throw new Error(`more than a query: ${text}`)
  return (event) => (category === 'any' || event.get('event.category') === category) && where(event)
}
