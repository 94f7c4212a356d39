import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../findings/model.ts'
import { renderTimeline } from './csv/timeline.ts'
import { renderJson, renderJsonLines } from './json/json.ts'
import { buildReport, jsonValue, type ReportInput, type ScanReport } from './report.ts'
import { renderTerminal } from './terminal/terminal.ts'
import { width } from './terminal/text.ts'

const schema = JSON.parse(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ allErrors: true, strict: false }).compile(schema)

function finding(
  overrides: { name?: string; severity?: Finding['judgement']['severity']; id?: string } = {},
): Finding {
  return {
    facts: {
      id: overrides.id ?? 'aa11',
      host: 'WKS-014',
      namespace: 'root\\subscription',
      filter: { name: overrides.name ?? 'Updater', query: 'SELECT * FROM __TimerEvent', eventNamespace: '' },
      consumer: {
        class: 'CommandLineEventConsumer',
        name: overrides.name ?? 'Updater',
        properties: { CommandLineTemplate: 'cmd.exe /c echo \u001b[2J', KillTimeout: 2n ** 60n },
      },
      complete: false,
      state: 'partial',
      firstSeen: '2024-03-02T10:14:07.5Z',
      lastSeen: '2024-03-02T10:14:07.5Z',
      sightings: [
        {
          evidence: 'e1',
          source: 'sysmon',
          eventId: 20,
          recordId: 7,
          time: '2024-03-02T10:14:07.5Z',
          shows: ['consumer'],
        },
        { evidence: 'e2', source: 'repository', offset: 4096, recovered: true, shows: ['filter'] },
      ],
      observations: [],
      flags: {},
    },
    judgement: {
      verdict: 'malicious',
      severity: overrides.severity ?? 'high',
      confidence: 'medium',
      score: 60,
      reasons: [{ id: 'consumer/command-line', text: 'runs a command', weight: 60 }],
      explanation: { trigger: 'Every minute.', action: 'Runs cmd.exe as SYSTEM.' },
    },
  }
}

function report(findings: readonly Finding[], more: Partial<ReportInput> = {}): ScanReport {
  return buildReport({
    version: '0.1.0',
    generated: '2026-01-01T00:00:00Z',
    evidence: [
      {
        id: 'e1',
        path: 'logs.zip/Sysmon.evtx',
        kind: 'evtx',
        sizeBytes: 69632,
        sha256: 'ab'.repeat(32),
        records: { read: 17, relevant: 3, damaged: 0 },
      },
    ],
    findings,
    dismissed: [],
    blindSpots: [],
    diagnostics: [],
    seconds: 0.5,
    ...more,
  })
}

describe('the report object', () => {
  test('keeps to its published schema, with absent and empty values left out', () => {
    const made = report([finding()])
    validate(JSON.parse(renderJson(made)))
    expect(validate.errors).toBeNull()
    expect(made.subscriptions[0]?.filter).toEqual({ name: 'Updater', query: 'SELECT * FROM __TimerEvent' })
    expect(made.subscriptions[0]).not.toHaveProperty('binding')
  })

  test('the worst comes first, whatever the order of the findings', () => {
    const low = finding({ id: 'bb', severity: 'low' })
    const critical = finding({ id: 'cc', severity: 'critical' })
    expect(report([low, critical]).subscriptions.map((item) => item.id)).toEqual(['cc', 'bb'])
    expect(report([critical, low]).subscriptions.map((item) => item.id)).toEqual(['cc', 'bb'])
  })

  test('an integer beyond 2^53 becomes text, an embedded instance an object', () => {
    expect(jsonValue(2n ** 60n)).toBe('1152921504606846976')
    expect(jsonValue(5n)).toBe(5)
    expect(jsonValue({ className: 'A', properties: [{ name: 'x', value: [null, true] }] })).toEqual({
      __CLASS: 'A',
      x: [null, true],
    })
  })

  test('JSON Lines are one object a line, each saying its kind', () => {
    const lines = renderJsonLines(report([finding(), finding({ id: 'zz' })]))
      .trimEnd()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['subscription', 'subscription'])
  })
})

describe('what a person sees', () => {
  test('no control character of the evidence reaches the terminal', () => {
    const text = renderTerminal(report([finding({ name: 'A\u202eB\u0007' })]), { colour: false })
    expect(text).toContain('A\\u{202e}B\\x07')
    expect(/[\p{Cc}\p{Cf}]/u.test(text.replaceAll('\n', ''))).toBe(false)
  })

  test('parts that were not seen are named', () => {
    const text = renderTerminal(report([finding()]), { colour: false, columns: 100 })
    expect(text).toContain('the binding not seen')
    expect(text).toContain('recovered from deleted remains')
    expect(text).toContain('record 7')
    expect(text).toContain('logs.zip/Sysmon.evtx')
  })

  test('no line of a report is wider than the terminal', () => {
    const wide = finding({ name: 'a name of some length that nobody would choose', severity: 'critical' })
    for (const columns of [50, 60, 80]) {
      const text = renderTerminal(report([wide, finding({ id: 'bb22' })]), { colour: true, columns })
      for (const line of text.split('\n')) expect(width(line)).toBeLessThanOrEqual(columns)
    }
  })

  test('a count stays with what it counts, however narrow the terminal', () => {
    const many = ['critical', 'high', 'medium', 'low', 'informational'].map((severity, index) =>
      finding({ id: `id${index}`, severity: severity as 'low' }),
    )
    for (let columns = 50; columns <= 140; columns += 1) {
      const answer = renderTerminal(report(many), { colour: false, columns }).split('\n\n')[0] ?? ''
      expect(answer.replaceAll('\n', ' ')).toBe(
        '5 WMI event subscriptions: 1 critical, 1 high, 1 medium, 1 low, 1 informational (5 malicious)',
      )
      for (const line of answer.split('\n')) {
        expect(line).not.toMatch(/\d$/)
        expect(width(line)).toBeLessThanOrEqual(columns)
      }
    }
  })

  test('a reason that needs more lines keeps clear of the weights', () => {
    const long = finding()
    const reason = { id: 'x/y', text: 'word '.repeat(30).trim(), weight: 60 }
    const judgement = { ...long.judgement, reasons: [reason] }
    const lines = renderTerminal(report([{ ...long, judgement }]), { colour: false, columns: 60 }).split('\n')
    const first = lines.findIndex((line) => line.includes('+60  word'))
    expect(lines[first + 1]).toMatch(/^ {20}word/)
  })

  test('an empty report answers the question in words', () => {
    expect(renderTerminal(report([]), { colour: false })).toMatch(
      /^No WMI event subscription left a trace in this evidence/,
    )
  })

  test('what thousands of files have in common is told once, and every other fault is still seen', () => {
    const of = (source: string, message: string): ScanReport['diagnostics'][number] => ({
      code: 'evidence/unreadable',
      severity: 'error',
      message,
      at: { in: 'file', source },
    })
    const many = Array.from({ length: 2000 }, (_, index) => of(`x${index}.evtx`, 'locked'))
    const text = renderTerminal(
      { ...report([]), diagnostics: [...many, of('y.evtx', 'gone')] },
      { colour: false, columns: 140 },
    )
    expect(text).toContain('(2001):')
    expect(text).toContain('error: x0.evtx, x1.evtx, x2.evtx and 1997 more: locked [evidence/unreadable]')
    expect(text).toContain('error: y.evtx: gone [evidence/unreadable]')
  })

  test('of more cards than are wanted the worst are shown, and the rest is counted', () => {
    const all = Array.from({ length: 9 }, (_, index) => finding({ id: `id${index}`, severity: 'medium' }))
    const made = report([...all, finding({ id: 'worst', severity: 'critical' })])
    const text = renderTerminal(made, { colour: false, most: 2 })
    expect(text).toContain('worst')
    expect(text.match(/^(?:CRITICAL|MEDIUM) /gm)).toHaveLength(2)
    expect(text).toContain('and 8 more subscriptions')
  })

  test('where nothing was read, nothing is said to be absent', () => {
    const first = (made: ScanReport): string | undefined =>
      renderTerminal(made, { colour: false, columns: 140 }).split('\n')[0]
    expect(first(report([], { evidence: [] }))).toMatch(/^No evidence was read: there are no files/)
    const skipped = { id: 'e', path: 'a.txt', kind: 'unknown', sizeBytes: 1, skipped: 'text' } as const
    const records = { read: 0, relevant: 0, damaged: 0 }
    expect(first(report([], { evidence: [{ ...skipped, records }] }))).toMatch(
      /^No evidence was read: of 1 file none is/,
    )
  })

  test('a run that could not read does not look like a clean one, however many warnings come before', () => {
    const at = { in: 'file', source: 'x.evtx' } as const
    const warning = { code: 'events/no-time', severity: 'warning', message: 'no time', at } as const
    const error = { code: 'evidence/unreadable', severity: 'error', message: 'locked', at } as const
    const text = renderTerminal(
      { ...report([]), diagnostics: [...Array.from({ length: 20 }, () => warning), error] },
      { colour: false },
    )
    expect(text).toMatch(/^No WMI event subscription left a trace in what could be read/)
    expect(text).toMatch(/\(21\):\n {2}error: x\.evtx: locked/)
  })
})

describe('timeline', () => {
  test('the three columns Timesketch demands stand first, and formulas are disarmed', () => {
    const csv = renderTimeline(report([finding({ name: '=cmd|calc' })]))
    const [head, ...rows] = csv.trimEnd().split('\r\n')
    expect(head?.startsWith('datetime,timestamp_desc,message,')).toBe(true)
    expect(rows).toHaveLength(2)
    expect(rows[0]).toContain('2024-03-02T10:14:07.5+00:00')
    expect(csv).toContain(",'=cmd|calc,")
  })
})
