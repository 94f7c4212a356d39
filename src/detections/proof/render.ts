import { SOURCES } from '../model.ts'
import type { MatrixCell, Proof, SignalOutcome } from './prove.ts'

export const PROOF_FORMATS = ['text', 'json', 'junit', 'markdown'] as const
export type ProofFormat = (typeof PROOF_FORMATS)[number]

export function renderProof(proof: Proof, format: ProofFormat): string {
  switch (format) {
    case 'text':
      return renderText(proof)
    case 'json':
      return `${JSON.stringify(proof, undefined, 2)}\n`
    case 'junit':
      return renderJUnit(proof)
    case 'markdown':
      return renderMarkdown(proof)
  }
}

/** Words for a reader; `.` and `-` keep the table readable where nothing happens. */
const MARKS = {
  fired: 'fired',
  silent: '.',
  blind: 'blind',
  missed: 'MISSED',
  unexpected: 'UNEXPECTED',
  error: 'ERROR',
} as const

/** The baseline's own: what it is kept to show. */
function isKnownMiss(cell: MatrixCell): boolean {
  return cell.state === 'missed' && cell.passed
}

function mark(cell: MatrixCell): string {
  const word = isKnownMiss(cell) ? 'missed' : MARKS[cell.state]
  return cell.severity === undefined ? word : `${word} ${cell.severity.toLowerCase()}`
}

interface Table {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
}

/** One table a technique: a line for each rule, a column for each source; the baseline stands last. */
function tables(proof: Proof): Table[] {
  const byPlace = new Map(proof.matrix.map((cell) => [`${cell.rule} ${cell.scenario} ${cell.source}`, cell]))
  const inMatrix = new Set(proof.matrix.map((cell) => cell.rule))
  const rules = proof.rules
    .filter((rule) => inMatrix.has(rule.id))
    .sort((a, b) => Number(a.baseline) - Number(b.baseline))
  return proof.scenarios.map(({ id, title }) => ({
    title: `${id}: ${title}`,
    rows: [
      ['rule', ...SOURCES],
      ...rules.map((rule) => [
        rule.baseline ? `${rule.id} (baseline)` : rule.id,
        ...SOURCES.map((source) => {
          const cell = byPlace.get(`${rule.id} ${id} ${source}`)
          return cell === undefined ? '' : mark(cell)
        }),
      ]),
    ],
  }))
}

function renderText(proof: Proof): string {
  const lines: string[] = []
  for (const { title, rows } of tables(proof)) {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
    lines.push(
      title,
      ...rows.map((row) =>
        `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
      ),
      '',
    )
  }
  if (proof.scenarios.length > 0) lines.push(`${LEGEND}`, '')
  for (const signal of proof.signals.filter((item) => item.found !== item.expected)) {
    lines.push(
      `FAILED  ${signal.scenario}: ${signal.what}: ${signal.expected} × ${placeOf(signal)} expected, ${signal.found} found`,
    )
  }
  for (const test of proof.tests.filter((item) => !item.passed)) {
    lines.push(`FAILED  ${test.rule}: ${test.name}`, ...test.messages.map((message) => `        ${message}`))
  }
  for (const cell of failedCells(proof)) lines.push(`FAILED  ${cellText(cell)}`)
  for (const rule of proof.untested) lines.push(`untested  ${rule} has no test: nothing is proved of it`)
  lines.push(summary(proof))
  return `${lines.join('\n')}\n`
}

const LEGEND =
  'fired: as it must · .: silent, as it must be · blind: this source does not record what the rule reads · ' +
  'missed: the published query does not see the technique, though its tables hold the events'

function placeOf(signal: SignalOutcome): string {
  return signal.eventId === 0 ? signal.channel : String(signal.eventId)
}

function summary(proof: Proof): string {
  const passed = proof.tests.filter((test) => test.passed).length
  const signals = proof.signals.filter((signal) => signal.found === signal.expected).length
  const parts = [`${proof.rules.length} rules`, `${passed} of ${proof.tests.length} tests passed`]
  if (proof.scenarios.length > 0) {
    parts.push(
      `${signals} of ${proof.signals.length} expected signals found`,
      `${proof.matrix.length - failedCells(proof).length} of ${proof.matrix.length} places of the matrix as expected`,
    )
    const known = proof.matrix.filter(isKnownMiss).length
    if (known > 0) parts.push(`${known} missed by the published baseline`)
  }
  return `${proof.passed ? 'PASSED' : 'FAILED'}  ${parts.join(', ')}`
}

function failedCells(proof: Proof): MatrixCell[] {
  return proof.matrix.filter((cell) => !cell.passed)
}

function cellText(cell: MatrixCell): string {
  const place = `${cell.rule} over ${cell.scenario}, ${cell.source} only`
  if (cell.state === 'missed')
    return `${place}: ${cell.passed ? 'does not see the technique' : 'had to fire and did not'}`
  if (cell.state === 'unexpected') return `${place}: fired (${cell.rows} rows), which fires does not say`
  return `${place}: ${cell.message ?? cell.state}`
}

function renderMarkdown(proof: Proof): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const lines = ['# Detection tests', '', `**${summary(proof)}**`, '']
  for (const { title, rows } of tables(proof)) {
    const [head = [], ...body] = rows
    lines.push(
      `## ${cell(title)}`,
      '',
      `| ${head.map(cell).join(' | ')} |`,
      `| ${head.map(() => '---').join(' | ')} |`,
      ...body.map((row) => `| ${row.map(cell).join(' | ')} |`),
      '',
    )
  }
  if (proof.scenarios.length > 0) lines.push(LEGEND, '')
  lines.push('## Tests', '', '| rule | test | result |', '| --- | --- | --- |')
  for (const test of proof.tests) {
    const result = test.passed ? 'passed' : `**failed**: ${test.messages.join('; ')}`
    lines.push(`| ${cell(test.rule)} | ${cell(test.name)} | ${cell(result)} |`)
  }
  for (const item of failedCells(proof)) lines.push('', `**Failed:** ${cell(cellText(item))}`)
  return `${lines.join('\n')}\n`
}

interface Case {
  readonly suite: string
  readonly name: string
  readonly milliseconds: number
  readonly failure?: string
  /** What a reader should know of a case that passed. */
  readonly note?: string
}

/** JUnit XML as CI systems read it: a suite for each rule, and one for the signals of the techniques. */
function renderJUnit(proof: Proof): string {
  const cases: Case[] = [
    ...proof.tests.map((test) => ({
      suite: test.rule,
      name: test.name,
      milliseconds: test.milliseconds,
      ...(test.passed ? {} : { failure: test.messages.join('\n') }),
    })),
    ...proof.matrix.map((item) => ({
      suite: item.rule,
      name: `${item.scenario}, ${item.source} only: ${item.state}`,
      milliseconds: 0,
      ...(item.passed ? {} : { failure: cellText(item) }),
      ...(isKnownMiss(item) ? { note: `${cellText(item)}; it is known to` } : {}),
    })),
    ...proof.signals.map((signal) => ({
      suite: 'signals',
      name: `${signal.scenario}: ${signal.what} (${placeOf(signal)})`,
      milliseconds: 0,
      ...(signal.found === signal.expected
        ? {}
        : { failure: `${signal.expected} expected, ${signal.found} recorded` }),
    })),
  ]
  const suites = [...new Set(cases.map((item) => item.suite))].map((suite) => {
    const members = cases.filter((item) => item.suite === suite)
    return `  <testsuite${counts(suite, members)}>\n${members.map(caseXml).join('')}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts('triad test', cases)}>\n${suites.join('')}</testsuites>\n`
}

function counts(name: string, cases: readonly Case[]): string {
  const failures = cases.filter((item) => item.failure !== undefined).length
  const seconds = cases.reduce((sum, item) => sum + item.milliseconds, 0) / 1000
  return ` name="${xml(name)}" tests="${cases.length}" failures="${failures}" errors="0" time="${seconds.toFixed(3)}"`
}

function caseXml(item: Case): string {
  const head = `    <testcase classname="${xml(item.suite)}" name="${xml(item.name)}" time="${(item.milliseconds / 1000).toFixed(3)}"`
  if (item.note !== undefined)
    return `${head}>\n      <system-out>${xml(item.note)}</system-out>\n    </testcase>\n`
  if (item.failure === undefined) return `${head}/>\n`
  const first = item.failure.split('\n')[0] ?? ''
  return `${head}>\n      <failure message="${xml(first)}">${xml(item.failure)}</failure>\n    </testcase>\n`
}

/** Messages quote rows of evidence: nothing of them may become markup, and XML 1.0 has no control characters. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
}
