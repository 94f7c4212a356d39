import type { Sighting } from '../../findings/model.ts'
import type { JsonValue, ReportSubscription, ScanReport } from '../report.ts'
import type { Palette } from './colour.ts'
import { shorten, visible, wrap } from './text.ts'

export interface CardOptions {
  readonly palette: Palette
  readonly columns: number
  /** Show payloads and decoded layers whole. */
  readonly full: boolean
}

const LABEL_COLUMNS = 12
/** Enough of a payload to recognise it; the whole text is one flag away. */
const PAYLOAD_CHARACTERS = 400
const REASONS_SHOWN = 8
const SIGHTINGS_SHOWN = 6

const PROVIDED: Readonly<Record<Sighting['source'], string>> = {
  sysmon: 'Sysmon',
  'wmi-activity': 'WMI-Activity',
  security: 'Security',
  powershell: 'PowerShell',
  repository: 'WMI repository',
  mof: 'MOF file',
  defender: 'Defender',
  file: 'file events',
}

/** One subscription as a card: what it waits for, what it does, who, when, where seen, why it is judged so. */
export function renderCard(
  subscription: ReportSubscription,
  report: ScanReport,
  options: CardOptions,
): string {
  const { palette } = options
  const lines = [headline(subscription, options)]
  const add = (label: string, text: string): void => {
    const body = wrap(text, options.columns - LABEL_COLUMNS - 2)
    body.forEach((line, index) => {
      lines.push(`  ${palette.label((index === 0 ? label : '').padEnd(LABEL_COLUMNS))}${line}`)
    })
  }
  add('trigger', visible(subscription.explanation.trigger))
  add('action', visible(subscription.explanation.action))
  for (const [label, text] of objects(subscription, options.full)) add(label, text)
  for (const layer of subscription.decoded ?? []) {
    add('decoded', `${visible(layer.how)}: ${payload(layer.text, options.full)}`)
  }
  add('state', stateLine(subscription))
  add('seen', seenLine(subscription, report))
  reasonLines(subscription).forEach((line, index) => {
    add(index === 0 ? 'why' : '', line)
  })
  if (subscription.rules !== undefined) add('rules', rulesLine(subscription))
  if (subscription.allowed !== undefined) add('allowed', allowedLine(subscription))
  add('id', `${subscription.id}   ${subscription.attack.technique}`)
  return lines.join('\n')
}

function headline(subscription: ReportSubscription, options: CardOptions): string {
  const word = subscription.severity.toUpperCase()
  const name = subscription.consumer?.name ?? subscription.filter?.name
  const title = name === undefined ? 'WMI subscription activity' : `WMI subscription "${shorten(name, 80)}"`
  const host =
    subscription.host === undefined ? 'host not named in the evidence' : shorten(subscription.host, 80)
  return `${options.palette.severity(subscription.severity, word)}  ${options.palette.strong(title)}  ${subscription.verdict}  on ${host}`
}

function objects(subscription: ReportSubscription, full: boolean): [string, string][] {
  const { filter, consumer } = subscription
  const rows: [string, string][] = []
  if (filter !== undefined) {
    const where = filter.eventNamespace === undefined ? '' : `  in ${visible(filter.eventNamespace)}`
    rows.push(['filter', `${quoted(filter.name)}${where}`])
    if (filter.query !== undefined) rows.push(['', payload(filter.query, full)])
  } else {
    rows.push(['filter', 'not seen in this evidence'])
  }
  if (consumer !== undefined) {
    rows.push(['consumer', `${visible(consumer.class ?? 'class unknown')} ${quoted(consumer.name)}`])
    for (const [name, value] of Object.entries(consumer.properties)) {
      rows.push(['', `${visible(name)} = ${payload(propertyText(value), full)}`])
    }
  } else {
    rows.push(['consumer', 'not seen in this evidence'])
  }
  if (subscription.namespace !== undefined) rows.push(['namespace', visible(subscription.namespace)])
  return rows
}

function stateLine(subscription: ReportSubscription): string {
  const parts = [
    subscription.state,
    subscription.complete ? 'filter, consumer and binding all seen' : `${missing(subscription)} not seen`,
    `confidence ${subscription.confidence}`,
  ]
  return parts.join('; ')
}

function missing(subscription: ReportSubscription): string {
  const parts = (['filter', 'consumer', 'binding'] as const).filter(
    (part) => subscription[part] === undefined,
  )
  if (parts.length === 0) return 'parts of the objects'
  return parts.join(' and ')
}

function seenLine(subscription: ReportSubscription, report: ScanReport): string {
  const span = [subscription.firstSeen, subscription.lastSeen].filter((time) => time !== undefined)
  const first = span[0]
  const when =
    first === undefined ? 'time unknown' : span[1] === first ? first : `${first} to ${span[1] ?? first}`
  const who = subscription.user === undefined ? '' : ` by ${visible(subscription.user)}`
  const paths = new Map(report.evidence.map((item) => [item.id, item.path]))
  const places = subscription.sightings.slice(0, SIGHTINGS_SHOWN).map((sighting) => place(sighting, paths))
  const more = subscription.sightings.length - places.length
  return `${when}${who}\n${places.join('\n')}${more > 0 ? `\nand ${more} more sightings (--format json lists all)` : ''}`
}

function place(sighting: Sighting, paths: ReadonlyMap<string, string>): string {
  const what = [
    PROVIDED[sighting.source],
    sighting.eventId === undefined ? '' : `event ${sighting.eventId}`,
    sighting.recordId === undefined ? '' : `record ${sighting.recordId}`,
    sighting.recordId === undefined && sighting.offset !== undefined ? `offset ${sighting.offset}` : '',
  ].filter((part) => part !== '')
  const recovered = sighting.recovered ? ', recovered from deleted remains' : ''
  return `${what.join(' ')} (${sighting.shows.join(', ')}${recovered}) in ${visible(paths.get(sighting.evidence) ?? sighting.evidence)}`
}

function reasonLines(subscription: ReportSubscription): string[] {
  const top = [...subscription.reasons].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
  const lines = top
    .slice(0, REASONS_SHOWN)
    .map((reason) => `${signed(reason.weight)}  ${visible(reason.text)}`)
  if (top.length > REASONS_SHOWN)
    lines.push(`and ${top.length - REASONS_SHOWN} more (--format json lists all)`)
  lines.push(`${String(subscription.score).padStart(4)}  sum`)
  return lines
}

function rulesLine({ rules }: ReportSubscription): string {
  if (rules === undefined) return ''
  if (rules.fired.length > 0) return rules.fired.map((rule) => visible(rule)).join(', ')
  const need = rules.wouldNeed ?? []
  return `no rule of the pack saw this${need.length === 0 ? '' : `; it would need ${need.map((item) => visible(item)).join('; ')}`}`
}

function allowedLine({ allowed }: ReportSubscription): string {
  return [
    allowed?.reason,
    allowed?.owner && `owner ${allowed.owner}`,
    allowed?.expires && `until ${allowed.expires}`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .map((part) => visible(String(part)))
    .join(', ')
}

function payload(text: string, full: boolean): string {
  return full ? visible(text, { keepNewlines: true }) : shorten(text, PAYLOAD_CHARACTERS)
}

function propertyText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function quoted(name: string | undefined): string {
  return name === undefined ? 'name unknown' : `"${visible(name)}"`
}

function signed(weight: number): string {
  return (weight > 0 ? `+${weight}` : String(weight)).padStart(4)
}
