import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { PackRun } from '../../detections/index.ts'
import { defaultSelection, readEvidence } from '../../records/index.ts'
import { DIFFERENCES } from '../differences.ts'
import { exportPlatform, loadPlatformRules } from '../platforms/index.ts'
import { createSigmaEvaluator } from './index.ts'

const rules = loadPlatformRules(
  fileURLToPath(new URL('../../../content/platforms', import.meta.url)),
  () => undefined,
)
/** Item → where it lies. */
const ITEMS: Readonly<Record<string, string>> = {
  'evtx-winpwnage-iewin7': 'evtx/winpwnage-iewin7',
  'evtx-wmighost-pc04': 'evtx/wmighost-pc04',
  'evtx-powerlurk-powershell-fs01': 'evtx/powerlurk-powershell-fs01',
  'json-covenant-persistwmi-it001': 'json/covenant-persistwmi-it001',
  'json-runkeys-reboot-workstation5': 'json/runkeys-reboot-workstation5',
  'json-sharpwmi-create': 'json/sharpwmi-create',
  'evtx-folder-w10-aptsimulator': 'evtx-folders/evtx-folder-w10-aptsimulator.zip',
  'evtx-folder-w11-rathbun': 'evtx-folders/evtx-folder-w11-rathbun.zip',
  'evtx-neg-wmi-remote-registry': 'evtx/neg-wmi-remote-registry',
  'evtx-neg-wmic-xsl': 'evtx/neg-wmic-xsl',
  'evtx-neg-wmiexec-4688-5145': 'evtx/neg-wmiexec-4688-5145',
  'evtx-neg-wmiexec-impacket': 'evtx/neg-wmiexec-impacket',
}
const present = Object.entries(ITEMS).flatMap(([item, path]) => {
  const found = sharedPath(`evidence/data/${path}`)
  return found === undefined ? [] : [[item, found] as const]
})
const absent = present.length < Object.keys(ITEMS).length

/** Rule of the pack → items on which it fires, and those where a Sigma rule that implements it does. */
const kql = new Map<string, Set<string>>()
const sigma = new Map<string, Set<string>>()
const bySigmaRule = new Map<string, Set<string>>()

beforeAll(async () => {
  if (absent) return
  const itemOfEvidence = new Map<string, string>()
  const pack = new PackRun({ report: () => undefined })
  const evaluator = createSigmaEvaluator(exportPlatform('sigma', rules).files.map(({ text }) => text))
  for (const [item, path] of present) {
    await readEvidence([path], {
      selection: defaultSelection,
      report: () => undefined,
      hash: false,
      recover: false,
      sink: {
        event(record) {
          itemOfEvidence.set(record.evidence, item)
          pack.event(record)
          evaluator.event(record)
        },
      },
    })
  }
  const add = (map: Map<string, Set<string>>, rule: string, evidence: string | undefined): void => {
    map.set(rule, (map.get(rule) ?? new Set()).add(itemOfEvidence.get(evidence ?? '') ?? 'unknown'))
  }
  const { matches } = await pack.finish(new Date('2026-11-01T00:00:00Z'))
  for (const { rule, from } of matches) for (const { evidence } of from) add(kql, rule.id, evidence)
  for (const { rule, events } of evaluator.finish()) {
    const evidence = events[0]?.evidence
    add(bySigmaRule, rule, evidence)
    const implemented = rules.find(({ id }) => id.replaceAll('-', '_') === rule)?.implements ?? []
    for (const id of implemented) add(sigma, id, evidence)
  }
})

/** Rules of the pack that a Sigma rule means to repeat on the same records, for as long as events reach both. */
const COMPARED = [...new Set(rules.flatMap((rule) => rule.implements))].filter(
  // A hunting query is not run by a scan.
  (id) => id !== 'wmi-subscription-inventory',
)

test.skipIf(absent).each(COMPARED)(
  '%s and its Sigma rules fire on the same evidence, but for what is explained',
  (id) => {
    const only = (a: Map<string, Set<string>>, b: Map<string, Set<string>>): string[] =>
      [...(a.get(id) ?? [])].filter((item) => !(b.get(id)?.has(item) ?? false)).sort()
    const explained = (fires: 'kql' | 'sigma'): string[] =>
      DIFFERENCES.filter((difference) => difference.rule === id && difference.fires === fires).map(
        ({ item }) => item,
      )
    expect({ kql: only(kql, sigma), sigma: only(sigma, kql) }).toEqual({
      kql: explained('kql'),
      sigma: explained('sigma'),
    })
  },
)

test.skipIf(absent)('every malicious item with events is seen by Sigma, and no negative one', () => {
  const seen = new Set([...bySigmaRule.values()].flatMap((items) => [...items]))
  expect([...seen].sort()).toEqual([
    'evtx-folder-w10-aptsimulator',
    'evtx-powerlurk-powershell-fs01',
    'evtx-winpwnage-iewin7',
    'evtx-wmighost-pc04',
    'json-covenant-persistwmi-it001',
  ])
})
