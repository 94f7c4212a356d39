import { describe, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { type Detection, loadPack, type ProvenRule, provenRule, readAllowList } from '../index.ts'
import { packPage } from './document.suite.ts'
import { type Proof, prove, renderProof } from './index.ts'

const faults: Diagnostic[] = []
const pack: Detection[] = loadPack((diagnostic) => faults.push(diagnostic))
const rules: ProvenRule[] = pack.map(provenRule)
let proof: Promise<Proof> | undefined
const proved = (): Promise<Proof> => {
  proof ??= prove(rules, { watchlists: [readAllowList()], report: (diagnostic) => faults.push(diagnostic) })
  return proof
}
/** A new translator compiles every query once; with the cache it is a fraction. */
const TIMEOUT_MS = 300_000

describe('the detection pack', () => {
  test('every rule does over its evidence, near misses and the techniques what it says', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const result = await proved()
    expect(faults).toEqual([])
    expect(result.tests.filter((item) => !item.passed)).toEqual([])
    expect(result.matrix.filter((cell) => !cell.passed)).toEqual([])
    expect(result.signals.filter((signal) => signal.found !== signal.expected)).toEqual([])
    expect(result.untested).toEqual([])
    expect(result.passed).toBe(true)
  })

  test('each technique fires some rule in every source that can show it', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { matrix } = await proved()
    const firing = (scenario: string): string[] => [
      ...new Set(
        matrix
          .filter((cell) => cell.scenario === scenario && cell.state === 'fired')
          .filter((cell) => cell.rule !== 'baseline-sentinel-query')
          .map((cell) => cell.source),
      ),
    ]
    // Security shows command lines alone: an interactive PowerShell has none that tells. WMIC and mofcomp run no script.
    expect(firing('powershell-command-line')).toEqual(['sysmon', 'wmi-activity', 'powershell', 'defender'])
    expect(firing('wmic-active-script')).toEqual(['sysmon', 'wmi-activity', 'security', 'defender'])
    expect(firing('mofcomp')).toEqual(['sysmon', 'wmi-activity', 'security', 'defender'])
  })

  test('the script consumer is rated above the command line one', { timeout: TIMEOUT_MS }, async () => {
    const severityOf = async (scenario: string): Promise<string | undefined> =>
      (await proved()).matrix.find(
        (cell) =>
          cell.rule === 'wmi-subscription-correlated' &&
          cell.scenario === scenario &&
          cell.source === 'wmi-activity',
      )?.severity
    expect(await severityOf('wmic-active-script')).toBe('High')
    expect(await severityOf('powershell-command-line')).toBe('Medium')
  })

  test('the baseline sees one technique of three, and says so', { timeout: TIMEOUT_MS }, async () => {
    const result = await proved()
    const cells = result.matrix.filter((cell) => cell.rule === 'baseline-sentinel-query')
    const inSources = ['sysmon', 'security', 'defender']
    const places = (state: string): string[] =>
      cells.filter((cell) => cell.state === state).map((cell) => `${cell.scenario} ${cell.source}`)
    const all = (scenario: string): string[] => inSources.map((source) => `${scenario} ${source}`)
    expect(places('fired')).toEqual(all('wmic-active-script'))
    // Its tables hold the processes of both; a source that fills neither table is another matter.
    expect(places('missed')).toEqual([...all('powershell-command-line'), ...all('mofcomp')])
    expect(places('silent')).toEqual([])
    expect(cells.every((cell) => cell.passed)).toBe(true)
  })

  test('the MOF technique leaves every signal that it is known for', { timeout: TIMEOUT_MS }, async () => {
    const { signals } = await proved()
    const found = signals
      .filter((signal) => signal.scenario === 'mofcomp' && signal.found === signal.expected)
      .map(({ channel, eventId, found: count }) => `${channel.split('-').at(-1)} ${eventId} × ${count}`)
    expect(found).toEqual([
      'Sysmon/Operational 1 × 1',
      'Sysmon/Operational 19 × 1',
      'Sysmon/Operational 20 × 1',
      'Sysmon/Operational 21 × 1',
      'Sysmon/Operational 11 × 1',
      'Activity/Operational 5861 × 1',
      'WMI repository 0 × 3',
      'WMI repository 0 × 3',
    ])
  })

  test('every format holds the whole result', { timeout: TIMEOUT_MS }, async () => {
    const result = await proved()
    const text = renderProof(result, 'text')
    expect(text).toContain('baseline-sentinel-query (baseline)')
    expect(text).toMatch(/^PASSED {2}16 rules/m)
    expect(text).toMatch(/^ {2}baseline-sentinel-query \(baseline\) +missed +blind +missed +blind +missed$/m)
    expect(text).toContain('6 missed by the published baseline')
    const junit = renderProof(result, 'junit')
    expect(junit.match(/<testcase /g)).toHaveLength(
      result.tests.length + result.matrix.length + result.signals.length,
    )
    expect(junit).not.toContain('<failure')
    expect(junit.match(/<system-out>baseline-sentinel-query over /g)).toHaveLength(6)
    const markdown = renderProof(result, 'markdown')
    expect(markdown).toContain('| wmi-subscription-bound-5861 |')
    expect(markdown).toContain(
      '| baseline-sentinel-query (baseline) | missed | blind | missed | blind | missed |',
    )
    expect(JSON.parse(renderProof(result, 'json'))).toEqual(JSON.parse(JSON.stringify(result)))
  })

  test('docs/detections.md shows the pack as it is', { timeout: TIMEOUT_MS }, async () => {
    await expect(packPage(pack, await proved())).toMatchFileSnapshot('../../../docs/detections.md')
  })
})
