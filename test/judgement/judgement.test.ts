import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Diagnostic } from '../../src/diagnostics/index.ts'
import {
  createInvestigation,
  type Dismissed,
  type Finding,
  isAtLeast,
  judge,
  type Severity,
} from '../../src/findings/index.ts'
import { defaultSelection, readEvidence } from '../../src/records/index.ts'
import { type CaseEvidence, expand, renderEvidence } from './render-evidence.ts'

/**
 * Judgement end to end: every case is evidence as its source writes it, read, correlated and judged. The cases are the
 * files in `cases/`; adding an entry adds a test.
 */

interface Expected {
  readonly verdict?: string
  /** At least this severe. */
  readonly severity?: Severity
  readonly atMost?: Severity
  readonly state?: string
  readonly confidence?: string
  /** Phrases of explanation, reasons or decoded layers. */
  readonly says?: readonly string[]
  readonly reasons?: readonly string[]
  /** Reasons that may not be among them. */
  readonly without?: readonly string[]
}

interface Case {
  readonly title: string
  /** Row of TRADECRAFT, or the benign kind. */
  readonly row: string
  readonly evidence: readonly CaseEvidence[]
  /** What the worst subscription must be; `none` when there may be no subscription at all. */
  readonly expect: Expected | 'none'
  readonly dismissed?: boolean
  readonly count?: number
}

const FOLDER = new URL('./cases/', import.meta.url)
const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .flatMap((name) => parse(readFileSync(new URL(name, FOLDER), 'utf8'), { merge: true }) as Case[])

const scratch = mkdtempSync(join(tmpdir(), 'triad-judgement-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'informational']

interface Outcome {
  readonly findings: readonly Finding[]
  readonly dismissed: readonly Dismissed[]
  readonly diagnostics: readonly Diagnostic[]
}

async function investigate(number: number, { evidence }: Case): Promise<Outcome> {
  const folder = join(scratch, String(number))
  mkdirSync(folder)
  evidence.forEach((item, at) => {
    for (const file of renderEvidence(expand(item) as CaseEvidence, at + 1))
      writeFileSync(join(folder, file.name), file.text)
  })
  const diagnostics: Diagnostic[] = []
  const investigation = createInvestigation({ report: (diagnostic) => diagnostics.push(diagnostic) })
  await readEvidence([folder], {
    selection: defaultSelection,
    hash: false,
    report: (diagnostic) => diagnostics.push(diagnostic),
    sink: {
      event: (event) => investigation.addEvent(event),
      row: (row) => investigation.addRow(row),
      mof: (text) => investigation.addMof(text),
      repository: (files) => investigation.addRepository(files),
      inventory: (entry) => investigation.addInventory(entry),
    },
  })
  const { subscriptions, dismissed } = investigation.finish()
  const findings = subscriptions
    .map((facts) => ({ facts, judgement: judge(facts, { now: '2024-06-01T00:00:00Z' }) }))
    .sort((left, right) => ORDER.indexOf(left.judgement.severity) - ORDER.indexOf(right.judgement.severity))
  return { findings, dismissed, diagnostics }
}

test('there are at least sixty cases', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60)
  expect(new Set(CASES.map(({ title }) => title)).size).toBe(CASES.length)
})

test.each(CASES.map((item, number) => ({ ...item, number })))('$row: $title', async (item) => {
  const { findings, dismissed, diagnostics } = await investigate(item.number, item)
  const shown = JSON.stringify(
    {
      findings: findings.map(({ facts, judgement }) => ({
        state: facts.state,
        filter: facts.filter,
        consumer: facts.consumer,
        ...judgement,
      })),
      dismissed,
      diagnostics,
    },
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    1,
  )
  if (item.dismissed === true) expect(dismissed.length, shown).toBeGreaterThan(0)
  if (item.count !== undefined) expect(findings.length, shown).toBe(item.count)
  if (item.expect === 'none') {
    expect(findings.length, shown).toBe(0)
    return
  }
  const worst = findings[0]
  if (worst === undefined) throw new Error(`no subscription was found: ${shown}`)
  const { facts, judgement } = worst
  const wanted = item.expect
  if (wanted.verdict !== undefined) expect(judgement.verdict, shown).toBe(wanted.verdict)
  if (wanted.severity !== undefined) {
    expect(
      isAtLeast(judgement.severity, wanted.severity),
      `${judgement.severity} is below ${wanted.severity}: ${shown}`,
    ).toBe(true)
  }
  if (wanted.atMost !== undefined) {
    expect(
      isAtLeast(wanted.atMost, judgement.severity),
      `${judgement.severity} is above ${wanted.atMost}: ${shown}`,
    ).toBe(true)
  }
  if (wanted.state !== undefined) expect(facts.state, shown).toBe(wanted.state)
  if (wanted.confidence !== undefined) expect(judgement.confidence, shown).toBe(wanted.confidence)
  const words = [
    judgement.explanation.trigger,
    judgement.explanation.action,
    ...judgement.reasons.map((reason) => reason.text),
    ...(judgement.decoded ?? []).flatMap((layer) => [layer.how, layer.text]),
  ]
    .join('\n')
    .toLowerCase()
  for (const phrase of wanted.says ?? []) expect(words, shown).toContain(phrase.toLowerCase())
  const ids = judgement.reasons.map((reason) => reason.id)
  for (const id of wanted.reasons ?? []) expect(ids, shown).toContain(id)
  for (const id of wanted.without ?? []) expect(ids, shown).not.toContain(id)
  expect(
    judgement.reasons.reduce((sum, reason) => sum + reason.weight, 0),
    'the score is the sum of its reasons',
  ).toBe(judgement.score)
})
