import type { Detection } from '../model.ts'
import { type Proof, renderProof } from './index.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function intro(rules: readonly Detection[]): string[] {
  const stable = rules.filter((rule) => rule.status !== 'baseline')
  return [
    '# The detection pack',
    '',
    'Generated from `content/detections/` and a run of `triad test`; `vitest run src/detections/proof -u` rewrites it.',
    '',
    `${stable.length} rules in KQL for ATT&CK T1546.003, WMI event subscription, and the published Sentinel query, unchanged, as the baseline they are`,
    'measured against. Each rule is one folder: `detection.yaml` (what every platform needs), `query.kql` (Sentinel), where Defender XDR',
    'needs other text `defender.kql`, and `evidence/`. `triad rules list`, `show ID` and `check` look at them, `triad test` proves them.',
    '',
  ]
}

const PRINCIPLES = [
  '## How the rules work',
  '',
  '- **Content, not names.** Filter and consumer are read out of the MOF text of 5861 and of Defender’s `PossibleCause` inside the query, quoted strings as',
  '  units, so text in a payload cannot pass for a property. The subscription of every Windows is known by all of its content; its name with anything else is',
  '  an alarm of its own.',
  '- **Severity by evidence.** `Score` adds the class of the consumer, what its payload does (decoded where it is base64), where it lies and what the filter',
  '  watches; `AlertSeverity` is its band (High from 55, Medium from 31, Low from 13) and overrides the severity of the alert. A script consumer',
  '  weighs more than a command line one.',
  '- **Late records.** A rule runs every hour over a day: `ingestion_time() > ago(LookBack)` judges each record once, by the run after it arrived,',
  '  however late that was. `LookBack` must equal the frequency; `triad rules check` holds them together. Defender XDR does this itself.',
  '- **One alert a thing.** Rows are grouped by what they are about; `wmi-subscription-correlated` gives one alert a subscription over all sources.',
  '- **Tuning as data.** Every row ends with a `Fingerprint`, a digest of the whole content. The watchlist `TriadWmiAllowList` (columns `SearchKey`, `Title`, `Owner`,',
  '  `Reason`, `Expires`) silences exactly the fingerprints it lists, until they expire. `content/allow-list/TriadWmiAllowList.csv` is its shape,',
  '  empty: nothing is allowed by name, path or signer.',
  '- **Either table.** Windows events are read from `Event` and from `WindowsEvent`, process starts from `DeviceProcessEvents`, `SecurityEvent` and Sysmon; a',
  '  table that a workspace lacks is no error (`isfuzzy`), a record that is in two gives one row.',
  '',
]

function ruleTable(rules: readonly Detection[]): string[] {
  return [
    '## Rules',
    '',
    '| Rule | Severity | Form | Tables | What it finds |',
    '|---|---|---|---|---|',
    ...rules.map((rule) => {
      const forms = [
        rule.status === 'baseline' ? 'baseline' : rule.kind,
        ...(rule.nrt === undefined ? [] : ['NRT']),
        ...(rule.defender === undefined ? [] : ['Defender XDR']),
      ]
      const tables = [...new Set(rule.tables.map((table) => table.name))]
      return `| \`${rule.id}\` | ${rule.severity} | ${forms.join(', ')} | ${tables.join(', ')} | ${cell(rule.title)} |`
    }),
    '',
  ]
}

function blindSpots(rules: readonly Detection[]): string[] {
  return [
    '## What they cannot see',
    '',
    ...rules.flatMap((rule) => rule.blindSpots.map((text) => `- \`${rule.id}\`: ${text}`)),
    '',
  ]
}

const BASELINE = [
  '## The baseline over recorded attacks',
  '',
  'Rows of the published query over all of each recording, whatever its day (`src/detections/proof/baseline.test.ts`), and what the pack says of the same',
  '(`src/scan/detections.test.ts`):',
  '',
  '| Recording | Baseline | Pack |',
  '|---|---|---|',
  '| WinPwnage by WMIC | 6 rows, 3 of them removals | 6 rules, high |',
  '| WMIGhost, consumer re-registered | none | 3 rules, high |',
  '| PowerLurk in PowerShell logs | none | 1 rule, high |',
  '| Covenant PersistWMI, in memory | none | 4 rules, high |',
  '| APTSimulator on Windows 10 | none | 4 rules, high |',
  '',
  'On the benign folders and hard negatives beside them the pack stays at low or silent.',
  '',
]

/** `docs/detections.md`. */
export function packPage(rules: readonly Detection[], proof: Proof): string {
  const matrix = renderProof(proof, 'markdown').split('## Tests')[0] ?? ''
  return [
    ...intro(rules),
    ...PRINCIPLES,
    ...ruleTable(rules),
    ...blindSpots(rules),
    ...BASELINE,
    '## The three validation techniques, each source alone',
    '',
    matrix.split('\n').slice(2).join('\n').replaceAll(/^## /gm, '### ').trim(),
    '',
    'Device tables are filled from records as Defender would fill them ([tables.md](tables.md)), so a Defender rule and the baseline also fire',
    'on Sysmon and Security records here.',
    '',
  ].join('\n')
}
