import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createInvestigation, type Finding, isAtLeast, judge } from '../../src/findings/index.ts'
import { defaultSelection, readEvidence } from '../../src/records/index.ts'
import { sharedPath } from '../shared-evidence.ts'

/** Judgement of the real evidence: every malicious subscription is so, and nothing benign is above low. */

interface Truth {
  readonly item: string
  readonly files: readonly { readonly path?: string; readonly file?: string }[]
  readonly subscriptions: readonly {
    readonly verdict: 'malicious' | 'system-default' | 'benign'
    readonly filter: { readonly name: string }
    readonly consumer: { readonly name: string }
  }[]
}

const truthFolder = sharedPath('evidence/truth')
const TRUTHS =
  truthFolder === undefined
    ? []
    : readdirSync(truthFolder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(truthFolder, name), 'utf8')) as Truth)

/** What SCORING's arithmetic gives with what each item tells at least. */
const AT_LEAST: Readonly<Record<string, 'high' | 'critical'>> = {
  'evtx-winpwnage-iewin7': 'critical',
  'evtx-wmighost-pc04': 'critical',
  'evtx-powerlurk-powershell-fs01': 'high',
  'json-covenant-persistwmi-it001': 'critical',
  'evtx-folder-w10-aptsimulator': 'high',
  'wbem-w10-aptsimulator': 'high',
  'mof-atomic-t1546-003': 'high',
}

async function findingsOf(paths: readonly string[]): Promise<readonly Finding[]> {
  const ignore = (): void => undefined
  const investigation = createInvestigation({ report: ignore })
  await readEvidence([...paths], {
    selection: defaultSelection,
    hash: false,
    report: ignore,
    sink: {
      event: (event) => investigation.addEvent(event),
      row: (row) => investigation.addRow(row),
      mof: (text) => investigation.addMof(text),
      repository: (files) => investigation.addRepository(files),
      inventory: (entry) => investigation.addInventory(entry),
    },
  })
  return investigation.finish().subscriptions.map((facts) => ({ facts, judgement: judge(facts) }))
}

test.skipIf(TRUTHS.length === 0).each(TRUTHS)('$item', async ({ item, files, subscriptions }) => {
  const paths = files
    .map((file) => sharedPath(`evidence/${file.path ?? file.file ?? ''}`))
    .filter((path) => path !== undefined)
  expect(paths.length).toBeGreaterThan(0)
  const findings = await findingsOf(paths)
  for (const truth of subscriptions) {
    const found = findings.filter(
      ({ facts }) => facts.filter?.name === truth.filter.name && facts.consumer?.name === truth.consumer.name,
    )
    expect(found.length, `${truth.filter.name} is in the report`).toBeGreaterThan(0)
    for (const { judgement } of found) {
      const listed = judgement.reasons.map((reason) => `${reason.weight} ${reason.text}`).join('\n')
      if (truth.verdict === 'malicious') {
        expect(judgement.verdict, listed).toBe('malicious')
        expect(
          isAtLeast(judgement.severity, AT_LEAST[item] ?? 'critical'),
          `${judgement.severity}\n${listed}`,
        ).toBe(true)
      } else expect(isAtLeast('low', judgement.severity), listed).toBe(true)
      expect(judgement.reasons.reduce((sum, reason) => sum + reason.weight, 0)).toBe(judgement.score)
    }
  }
  const others = findings.filter(
    ({ facts }) =>
      !subscriptions.some(
        (truth) => truth.verdict === 'malicious' && truth.filter.name === facts.filter?.name,
      ),
  )
  for (const { facts, judgement } of others) {
    expect(isAtLeast('low', judgement.severity), `${facts.filter?.name}: ${judgement.severity}`).toBe(true)
  }
})

test.skipIf(TRUTHS.length === 0)(
  'the whole folder, with all that lies beside the evidence, has each of these once and no other',
  async () => {
    const folder = sharedPath('evidence')
    const findings = await findingsOf(folder === undefined ? [] : [folder])
    const names = findings.map(({ facts }) => `${facts.filter?.name} > ${facts.consumer?.name}`)
    const told = TRUTHS.flatMap(({ subscriptions }) => subscriptions)
    const nameOf = ({ filter, consumer }: (typeof told)[number]): string =>
      `${filter.name} > ${consumer.name}`
    expect(new Set(names)).toEqual(new Set(told.map(nameOf)))
    for (const truth of told.filter(({ verdict }) => verdict === 'malicious')) {
      expect(
        names.filter((name) => name === nameOf(truth)),
        nameOf(truth),
      ).toHaveLength(1)
    }
  },
)
