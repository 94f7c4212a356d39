import { WORKSTATION } from './hosts.ts'
import type { SimulatedFile } from './model.ts'
import { scenarios } from './scenarios/index.ts'
import { simulate } from './simulate.ts'

/** One machine of the sample collection: a scenario that happened there, and which of its evidence was collected. */
interface Sample {
  readonly host: string
  readonly scenario: string
  readonly start: string
  readonly keep: RegExp
}

const SAMPLES: readonly Sample[] = [
  {
    host: 'WS014',
    scenario: 'wmic-active-script',
    start: '2026-03-02T09:15:00Z',
    keep: /^(logs\/.*(Sysmon|WMI)|Repository\/)/,
  },
  {
    host: 'SRV02',
    scenario: 'remote-transient',
    start: '2026-03-02T10:02:11Z',
    keep: /^logs\/(.*Sysmon|Security|.*WMI)/,
  },
  { host: 'WS021', scenario: 'benign-boot', start: '2026-02-27T07:31:40Z', keep: /^logs\// },
  { host: 'SRV05', scenario: 'stock-impersonation', start: '2026-03-03T22:47:05Z', keep: /^tables\/Device/ },
  { host: 'WS014', scenario: 'mofcomp', start: '2026-03-02T09:15:00Z', keep: /^files\// },
]

/**
 * The sample evidence in `fixtures/samples`: a small collection of four machines, made by this simulator with seed 1.
 * `npm run samples` writes it; a test holds the files in the repository against it.
 */
export function sampleFiles(): SimulatedFile[] {
  return SAMPLES.flatMap(({ host, scenario: id, start, keep }, index) => {
    const scenario = scenarios.find((item) => item.id === id)
    if (scenario === undefined) throw new RangeError(`no scenario ${id}`)
    const files = simulate(scenario, { seed: index + 1, start, host: { ...WORKSTATION, name: host } })
    return files
      .filter((file) => keep.test(file.path))
      .map((file) => ({ path: `${host}/${file.path}`, bytes: file.bytes }))
  })
}
