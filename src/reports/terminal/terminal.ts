import type { Diagnostic, Location } from '../../diagnostics/index.ts'
import type { Severity } from '../../findings/model.ts'
import { type ReportSubscription, type ScanReport, SEVERITIES } from '../report.ts'
import { renderCard } from './card.ts'
import { type Palette, palette } from './colour.ts'
import { groupBy } from './group-by.ts'
import { hanging, unbroken, visible, width, wrap } from './text.ts'

export interface TerminalOptions {
  readonly colour: boolean
  /** Terminal width; 100 where it is not a terminal. */
  readonly columns?: number
  readonly full?: boolean
  /** Show cards from this severity up; the rest is counted and listed by name. Default `low`. */
  readonly minLevel?: Severity
  /** Cards shown, worst first; how many are left is said. Default all. */
  readonly most?: number
}

const NARROWEST = 50
const WIDEST = 140
const LISTED = 12
const HOSTS_NAMED = 3
const PLACES_NAMED = 3

/** The report for a person: what was found first, then each subscription as a card, then what could not be seen. */
export function renderTerminal(report: ScanReport, options: TerminalOptions): string {
  const paint = palette(options.colour)
  const columns = Math.min(WIDEST, Math.max(NARROWEST, options.columns ?? 100))
  const least = SEVERITIES.indexOf(options.minLevel ?? 'low')
  const wanted = report.subscriptions.filter((item) => SEVERITIES.indexOf(item.severity) <= least)
  const shown = wanted.slice(0, options.most ?? wanted.length)
  const rest = report.subscriptions.filter((item) => SEVERITIES.indexOf(item.severity) > least)
  const card = { palette: paint, columns, full: options.full ?? false }
  return [
    ...answer(report, paint, columns),
    ...shown.flatMap((item) => ['', renderCard(item, report, card)]),
    ...left(wanted.length - shown.length, columns),
    ...quiet(rest, columns),
    ...detectionLines(report, columns),
    ...dismissedLines(report, columns),
    ...blindSpotLines(report, columns),
    ...diagnosticLines(report, columns),
    '',
    ...wrap(readLine(report), columns),
    '',
  ].join('\n')
}

/** The answer to "is there WMI persistence in it?" first of all. */
function answer(report: ScanReport, paint: Palette, columns: number): string[] {
  const { summary } = report
  const counted = (count: number, what: string): string => unbroken(`${count} ${what}`)
  const severities = SEVERITIES.filter((severity) => summary.severities[severity] > 0).map((severity) =>
    paint.severity(severity, counted(summary.severities[severity], severity)),
  )
  const verdicts = VERDICTS.filter(([verdict]) => summary.verdicts[verdict] > 0).map(([verdict, words]) =>
    counted(summary.verdicts[verdict], words),
  )
  // A run that could not read must not look like a clean one.
  const unread = report.diagnostics.some((item) => item.severity === 'error')
  const where = unread ? 'what could be read of this evidence' : 'this evidence'
  const all = paint.strong(
    counted(summary.subscriptions, `WMI event ${plural(summary.subscriptions, 'subscription')}`),
  )
  const lines =
    summary.subscriptions === 0
      ? [paint.strong(nothingRead(report) ?? `No WMI event subscription left a trace in ${where}.`)]
      : onOneLineOrTwo(`${all}: ${severities.join(', ')}`, `(${verdicts.join(', ')})`, columns)
  if (report.partial) lines.push('Interrupted: this report covers only what was read until then.')
  return lines.flatMap((line) => wrap(line, columns))
}

/** Where no evidence was read at all, "nothing found" would say too much. */
function nothingRead({ summary: { evidence } }: ScanReport): string | undefined {
  if (evidence.files > evidence.skipped) return undefined
  return evidence.files === 0
    ? 'No evidence was read: there are no files in what was given.'
    : `No evidence was read: of ${evidence.files} ${plural(evidence.files, 'file')} none is of a kind that is known, and whole enough to read.`
}

const VERDICTS = [
  ['malicious', 'malicious'],
  ['suspicious', 'suspicious'],
  ['unknown', 'unknown'],
  ['known-good', 'known good'],
] as const

function onOneLineOrTwo(first: string, second: string, columns: number): string[] {
  return width(`${first} ${second}`) <= columns ? [`${first} ${second}`] : [first, second]
}

function left(count: number, columns: number): string[] {
  if (count === 0) return []
  const text = `and ${count} more ${plural(count, 'subscription')}, none of them worse: --full or -o FILE shows all, --min-level fewer.`
  return ['', ...wrap(text, columns)]
}

function quiet(rest: readonly ReportSubscription[], columns: number): string[] {
  if (rest.length === 0) return []
  const names = rest.slice(0, LISTED).map((item) => {
    const name = item.consumer?.name ?? item.filter?.name ?? item.id
    return `${visible(name)}${item.host === undefined ? '' : ` on ${visible(item.host)}`} (${item.allowed === undefined ? item.verdict : 'allowed'})`
  })
  const more = rest.length - names.length
  const text = `Also seen, ${rest[0]?.severity ?? 'informational'}: ${names.join('; ')}${more > 0 ? ` and ${more} more` : ''}. --min-level informational shows them.`
  return ['', ...wrap(text, columns)]
}

function detectionLines(report: ScanReport, columns: number): string[] {
  if (report.detections.length === 0) return []
  const byRule = new Map<string, number>()
  for (const detection of report.detections) byRule.set(detection.rule, (byRule.get(detection.rule) ?? 0) + 1)
  return [
    '',
    'Rules of the pack that fired:',
    ...[...byRule].flatMap(([rule, count]) =>
      hanging(`  ${String(count).padStart(4)}  `, visible(rule), columns),
    ),
  ]
}

function dismissedLines(report: ScanReport, columns: number): string[] {
  if (report.dismissed.length === 0) return []
  const byReason = new Map<string, number>()
  for (const item of report.dismissed) byReason.set(item.reason, (byReason.get(item.reason) ?? 0) + 1)
  return [
    '',
    `Looked like it and is not (${report.dismissed.length}):`,
    ...[...byReason]
      .slice(0, LISTED)
      .flatMap(([reason, count]) => indented(`${count} × ${visible(reason)}`, columns)),
  ]
}

/** The same gap on many hosts is one line that counts them; the gaps of most hosts come first. */
function blindSpotLines(report: ScanReport, columns: number): string[] {
  if (report.blindSpots.length === 0) return []
  const groups = [...groupBy(report.blindSpots, (spot) => `${spot.missing}; hides ${spot.hides}`)]
    .map(([text, spots]) => ({
      text: spots[0]?.switchOn === undefined ? text : `${text}. To see it: ${spots[0].switchOn}`,
      hosts: spots.flatMap((spot) => spot.host ?? []),
    }))
    .sort((a, b) => b.hosts.length - a.hosts.length)
  return [
    '',
    'What this evidence could not have shown:',
    ...groups
      .slice(0, LISTED)
      .flatMap(({ text, hosts }) => indented(`${hostList(hosts)}${visible(text)}`, columns)),
    ...(groups.length > LISTED ? [`  and ${groups.length - LISTED} more (--format json lists all)`] : []),
  ]
}

function hostList(hosts: readonly string[]): string {
  if (hosts.length === 0) return ''
  const named = hosts.slice(0, HOSTS_NAMED).map((host) => visible(host))
  const more = hosts.length - named.length
  return `${named.join(', ')}${more > 0 ? ` and ${more} more ${plural(more, 'host')}` : ''}: `
}

function diagnosticLines(report: ScanReport, columns: number): string[] {
  const notable = report.diagnostics.filter((item) => item.severity !== 'info')
  if (notable.length === 0) return []
  // Only some are listed: what could not be read comes before what was read with doubt.
  const errors = notable.filter((item) => item.severity === 'error')
  const bad = [...errors, ...notable.filter((item) => item.severity !== 'error')]
  const groups = [...groupBy(bad, alike).values()]
  const told = groups.slice(0, LISTED)
  const untold = bad.length - told.reduce((sum, group) => sum + group.length, 0)
  return [
    '',
    `Could not be read, or only with doubt (${bad.length}):`,
    ...told.flatMap((group) => indented(groupText(group), columns)),
    ...(untold > 0 ? [`  and ${untold} more (--format json lists all)`] : []),
  ]
}

/** What many files have in common is told once, with the first of them. */
function alike({ severity, code, message, hint, at }: Diagnostic): string {
  return [severity, code, message, hint ?? '', at === undefined ? '' : 'placed'].join('\0')
}

function groupText(group: readonly Diagnostic[]): string {
  const [first, ...others] = group
  if (first === undefined) return ''
  if (others.length === 0 || first.at === undefined) {
    return `${diagnosticText(first)}${others.length === 0 ? '' : ` (${group.length} times)`}`
  }
  const named = group.slice(0, PLACES_NAMED).flatMap(({ at }) => (at === undefined ? [] : locationText(at)))
  const more = group.length - named.length
  const places = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return diagnosticText({ ...first, at: { in: 'file', source: places } })
}

function readLine(report: ScanReport): string {
  const { evidence, records, seconds, megabytesPerSecond } = report.summary
  const skipped = evidence.skipped === 0 ? '' : `, ${evidence.skipped} skipped`
  const damaged = records.damaged === 0 ? '' : `, ${records.damaged} damaged`
  return (
    `Read ${evidence.files} ${plural(evidence.files, 'file')}${skipped} (${megabytes(evidence.bytes)} MB), ` +
    `${records.read} records${damaged}, in ${seconds.toFixed(1)} s (${megabytesPerSecond} MB/s).`
  )
}

/** A diagnostic in one line: where, what, what to do. */
export function diagnosticText(diagnostic: Diagnostic): string {
  const where = diagnostic.at === undefined ? '' : `${locationText(diagnostic.at)}: `
  const hint = diagnostic.hint === undefined ? '' : ` (${diagnostic.hint})`
  return visible(`${diagnostic.severity}: ${where}${diagnostic.message}${hint} [${diagnostic.code}]`)
}

function locationText(at: Location): string {
  switch (at.in) {
    case 'bytes':
      return `${at.source} at byte ${at.offset}${at.record === undefined ? '' : `, record ${at.record}`}`
    case 'text':
      return `${at.source} at character ${at.start}`
    case 'row':
      return `${at.table} row${at.record === undefined ? '' : ` ${at.record}`} of ${at.evidence}`
    case 'file':
      return at.source
  }
}

function indented(text: string, columns: number): string[] {
  return wrap(text, columns - 4).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`)
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`
}

function megabytes(bytes: number): string {
  return bytes < 950_000 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(0)
}
