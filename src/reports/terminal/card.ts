import type { Sighting } from '../../findings/model.ts'
import type { JsonValue, ReportSubscription, ScanReport } from '../report.ts'
import type { Palette } from './colour.ts'
import { groupBy } from './group-by.ts'
import { hanging, shorten, visible, width, wrap } from './text.ts'

export interface CardOptions {
  readonly palette: Palette
  readonly columns: number
  /** Show payloads and decoded layers whole. */
  readonly full: boolean
}

const LABEL_COLUMNS = 12
/** Enough of a payload to recognise it; the whole text is one flag away. */
const PAYLOAD_CHARACTERS = 480
const PAYLOAD_LINES = 10
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
  const room = options.columns - LABEL_COLUMNS - 2
  const addLines = (label: string, body: readonly string[]): void => {
    body.forEach((line, index) => {
      lines.push(`  ${palette.label((index === 0 ? label : '').padEnd(LABEL_COLUMNS))}${line}`)
    })
  }
  const add = (label: string, text: string): void => addLines(label, wrap(text, room))
  add('trigger', visible(subscription.explanation.trigger))
  add('action', visible(subscription.explanation.action))
  for (const [label, text] of objects(subscription, options.full)) add(label, text)
  for (const layer of subscription.decoded ?? []) {
    add('decoded', `${visible(layer.how)}:\n${payload(layer.text, options.full)}`)
  }
  add('state', stateLine(subscription))
  add('seen', seenLine(subscription, report))
  addLines('why', reasonLines(subscription, room))
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
  const { columns, palette } = options
  const painted = palette.severity(subscription.severity, word)
  const rest = `${subscription.verdict}  on ${host}`
  if (width(`${word}  ${title}  ${rest}`) <= columns) return `${painted}  ${palette.strong(title)}  ${rest}`
  const [first, ...more] = wrap(title, columns - word.length - 2)
  const below = [...more.map((line) => palette.strong(line)), ...wrap(rest, columns - 2)]
  return [`${painted}  ${palette.strong(first ?? '')}`, ...below.map((line) => `  ${line}`)].join('\n')
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
      const text = payload(propertyText(value), full)
      rows.push(['', text.includes('\n') ? `${visible(name)} =\n${text}` : `${visible(name)} = ${text}`])
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

/** What the evidence does not show of the three objects, in words. */
function missing({ filter, consumer, binding }: ReportSubscription): string {
  const parts = [
    filter === undefined ? 'the filter' : filter.query === undefined ? "the filter's query" : '',
    consumer === undefined
      ? 'the consumer'
      : Object.keys(consumer.properties).length === 0
        ? 'what the consumer does'
        : '',
    binding === undefined ? 'the binding' : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'part of the objects' : parts.join(', ')
}

/** When and by whom, then the places grouped by file: a path is said once, on a line of its own. */
function seenLine(subscription: ReportSubscription, report: ScanReport): string {
  const span = [subscription.firstSeen, subscription.lastSeen].filter((time) => time !== undefined)
  const first = span[0]
  const when =
    first === undefined ? 'time unknown' : span[1] === first ? first : `${first} to ${span[1] ?? first}`
  const who = subscription.user === undefined ? '' : ` by ${visible(subscription.user)}`
  const paths = new Map(report.evidence.map((item) => [item.id, item.path]))
  const shown = subscription.sightings.slice(0, SIGHTINGS_SHOWN)
  const byEvidence = groupBy(shown, (sighting) => sighting.evidence)
  const places = [...byEvidence].map(
    ([evidence, sightings]) =>
      `${visible(paths.get(evidence) ?? evidence)}\n${sightings.map((sighting) => `· ${place(sighting)}`).join('\n')}`,
  )
  const more = subscription.sightings.length - shown.length
  return `${when}${who}\n${places.join('\n')}${more > 0 ? `\nand ${more} more (--format json lists all)` : ''}`
}

function place(sighting: Sighting): string {
  const what = [
    PROVIDED[sighting.source],
    sighting.eventId === undefined ? '' : `event ${sighting.eventId}`,
    sighting.recordId === undefined ? '' : `record ${sighting.recordId}`,
    sighting.recordId === undefined && sighting.offset !== undefined ? `offset ${sighting.offset}` : '',
  ].filter((part) => part !== '')
  const recovered = sighting.recovered ? ', recovered from deleted remains' : ''
  return `${what.join(' ')}: ${sighting.shows.join(', ')}${recovered}`
}

function reasonLines(subscription: ReportSubscription, columns: number): string[] {
  const top = [...subscription.reasons].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
  const lines = top
    .slice(0, REASONS_SHOWN)
    .flatMap((reason) => hanging(`${signed(reason.weight)}  `, visible(reason.text), columns))
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

/**
 * Script text keeps its lines, without the indentation all of them share and without empty ones; a long one is cut to
 * what shows its nature.
 */
function payload(text: string, full: boolean): string {
  const lines = text.split(/\r\n|[\r\n]/).map((line) => line.replaceAll('\t', '    ').trimEnd())
  const written = full ? lines : lines.filter((line) => line !== '')
  const margin = Math.min(
    ...written.filter((line) => line !== '').map((line) => line.length - line.trimStart().length),
  )
  const even = written.map((line) => visible(line.slice(Number.isFinite(margin) ? margin : 0)))
  if (full) return even.join('\n')
  const kept = even.slice(0, PAYLOAD_LINES)
  const cut = kept.join('\n')
  const body = cut.length > PAYLOAD_CHARACTERS ? cut.slice(0, PAYLOAD_CHARACTERS) : cut
  const left = even.join('\n').length - body.length
  return left === 0 ? body : `${body}… (+${left} characters, --full shows all)`
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
