import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { shellOf, typedCommands } from '../src/cli/command-prompt.ts'
import { type Detection, loadDetections } from '../src/detections/index.ts'
import { DIFFERENCES, WITHOUT_COUNTERPART } from '../src/exports/differences.ts'
import {
  exportDefender,
  exportPlatform,
  exportSentinel,
  loadPlatformRules,
  PLATFORMS,
  type PlatformName,
} from '../src/exports/index.ts'
import { scenarios } from '../src/simulation/scenarios/index.ts'

/** `npm run generate` rewrites what stands between the marks of these pages; the text around them is written by hand. */
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const silent = (): void => undefined
const pack = loadDetections(path('../content/detections'), silent)
const shipped = pack.filter(({ status }) => status !== 'baseline')
const rules = loadPlatformRules(path('../content/platforms'), silent)
const exported = new Map(PLATFORMS.map((name) => [name, exportPlatform(name, rules)]))
const options = { toolVersion: '0' }

test('docs/exports.md shows what the exports give', async () => {
  await expectPage('../docs/exports.md', {
    platforms: platformTable(),
    matrix: matrix(),
    gaps: gaps(),
    blind: blindSpots(),
    alone: Object.entries(WITHOUT_COUNTERPART)
      .map(([id, why]) => `- \`${id}\`: ${why}.`)
      .join('\n'),
    differences: DIFFERENCES.map(
      ({ rule, item, fires, why }) =>
        `- \`${rule}\` on \`${item}\`: only ${fires === 'kql' ? 'the KQL' : 'Sigma'} fires: ${why}.`,
    ).join('\n'),
  })
})

test('every rule of the pack has a counterpart on the other platforms, or a reason', () => {
  const implemented = new Set(rules.flatMap((rule) => rule.implements))
  const alone = shipped.map(({ id }) => id).filter((id) => !implemented.has(id))
  expect(alone).toEqual(Object.keys(WITHOUT_COUNTERPART))
  expect([...implemented].filter((id) => !shipped.some((rule) => rule.id === id))).toEqual([])
})

test('docs/t1546.003/rules.md tells of every rule of the pack', async () => {
  await expectPage('../docs/t1546.003/rules.md', { rules: rulesText() })
})

test('docs/t1546.003/validation.md has the commands of the simulated techniques', async () => {
  await expectPage('../docs/t1546.003/validation.md', { tests: validationText() })
})

async function expectPage(relative: string, parts: Readonly<Record<string, string>>): Promise<void> {
  const file = path(relative)
  let page = readFileSync(file, 'utf8')
  for (const [name, text] of Object.entries(parts)) {
    const mark = `<!-- generated: ${name} -->`
    const start = page.indexOf(mark)
    const end = page.indexOf('<!-- end -->', start)
    expect(start >= 0 && end > start, `${relative} has the mark ${mark}`).toBe(true)
    page = `${page.slice(0, start)}${mark}\n\n${text}\n\n${page.slice(end)}`
  }
  await expect(page).toMatchFileSnapshot(file)
}

/** Attack text and table syntax do not mix: a bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')

const ABOUT: Readonly<Record<PlatformName, readonly [title: string, checked: string]>> = {
  sigma: ['Sigma 2.1', 'pySigma, the JSON Schemas, and our evaluator over the evidence'],
  splunk: [
    'Splunk Enterprise Security',
    'the files by ksconf and contentctl; the searches not machine-checked',
  ],
  elastic: [
    'Elastic Security',
    'the Python packages eql and detection-rules-esql-py, and our EQL evaluator over the simulated techniques',
  ],
  qradar: ['QRadar', 'as SQL by sqlglot; what is of AQL alone not machine-checked'],
  crowdstrike: [
    'CrowdStrike LogScale, NG-SIEM',
    'regular expressions by RE2; the queries not machine-checked',
  ],
  chronicle: ['Google SecOps (YARA-L)', 'regular expressions by RE2; the rules not machine-checked'],
  sumologic: ['Sumo Logic Cloud SIEM', 'JSON; the expressions not machine-checked'],
  panther: ['Panther', 'run over tests of their own by panther_analysis_tool'],
  wazuh: ['Wazuh 4.x', 'XML, ids, expressions by PCRE2, and our evaluator over the simulated techniques'],
}

function platformTable(): string {
  const defender = exportDefender(pack, options)
  const sentinel = exportSentinel(pack, options)
  const count = (files: readonly { path: string }[], folder: string): number =>
    files.filter((file) => file.path.startsWith(folder)).length
  const signals = (list: readonly string[]): string => [...new Set(list)].sort().join(', ')
  return [
    '| Platform | Rules | Rest on | Syntax checked with |',
    '|---|---|---|---|',
    `| Microsoft Sentinel | ${count(sentinel.files, 'Detections/')} analytics, ${count(sentinel.files, 'Hunting')} hunting | ${signals(shipped.flatMap((rule) => rule.signals))} | Microsoft's parser, our checker and schema, run over evidence |`,
    `| Defender XDR | ${count(defender.files, 'Graph/')} custom detections; ${count(defender.files, 'Sentinel data/Graph/')} more over Sentinel's tables, for review | ${signals(shipped.filter((rule) => rule.defender !== undefined).flatMap((rule) => rule.signals.filter((signal) => signal.startsWith('defender'))))} | Microsoft's parser, run over evidence; Bicep not machine-checked |`,
    ...PLATFORMS.map((name) => {
      const gone = new Set(exported.get(name)?.leftOut.map(({ rule }) => rule))
      const there = rules.filter(({ id }) => !gone.has(id))
      const more =
        name === 'chronicle'
          ? ', and 2 by event id'
          : name === 'crowdstrike'
            ? ', and 1 over the Falcon sensor'
            : ''
      return `| ${ABOUT[name][0]} | ${there.length}${more} | ${signals(there.map(({ signal }) => signal))} | ${ABOUT[name][1]} |`
    }),
  ].join('\n')
}

function matrix(): string {
  return [
    `| Rule | Severity | Rests on | ${PLATFORMS.join(' | ')} | KQL rule |`,
    `|---|---|---|${PLATFORMS.map(() => ':-:|').join('')}---|`,
    ...rules.map((rule) => {
      const cells = PLATFORMS.map((name) => {
        const { leftOut = [], narrowed = [] } = exported.get(name) ?? {}
        if (leftOut.some((item) => item.rule === rule.id)) return '·'
        return narrowed.some((item) => item.rule === rule.id) ? '◐' : '●'
      })
      const kql = rule.implements.map((id) => `\`${id}\``).join(', ')
      return `| ${cell(rule.title)} (\`${rule.id}\`) | ${rule.severity} | ${rule.signal} | ${cells.join(' | ')} | ${kql} |`
    }),
  ].join('\n')
}

function gaps(): string {
  const lines = PLATFORMS.flatMap((name) => {
    const { leftOut = [], narrowed = [] } = exported.get(name) ?? {}
    // Rules that are left out for the same reason share a line.
    const byReason = new Map<string, string[]>()
    for (const { rule, why } of [...leftOut, ...narrowed])
      byReason.set(why, [...(byReason.get(why) ?? []), rule])
    return [...byReason].map(
      ([why, ids]) => `| ${name} | ${ids.map((id) => `\`${id}\``).join(', ')} | ${cell(why)} |`,
    )
  })
  const byReason = new Map<string, string[]>()
  const form = exportDefender(pack, options)
  for (const { rule, why } of [...form.leftOut, ...form.narrowed]) {
    byReason.set(why, [...(byReason.get(why) ?? []), rule])
  }
  const defender = [...byReason].map(
    ([why, ids]) => `| defender | ${ids.map((id) => `\`${id}\``).join(', ')} | ${cell(why)} |`,
  )
  return ['| Platform | Rules | Why |', '|---|---|---|', ...defender, ...lines].join('\n')
}

function blindSpots(): string {
  const byText = new Map<string, string[]>()
  for (const rule of rules)
    for (const text of rule.blindSpots) byText.set(text, [...(byText.get(text) ?? []), rule.id])
  return [
    '| What | Rules |',
    '|---|---|',
    ...[...byText].map(([text, ids]) => `| ${cell(text)} | ${ids.map((id) => `\`${id}\``).join(', ')} |`),
  ].join('\n')
}

function rulesText(): string {
  return shipped.map(ruleText).join('\n\n')
}

function ruleText(rule: Detection): string {
  const timing =
    rule.kind === 'hunting'
      ? 'hunting query, run by hand'
      : rule.schedule === undefined
        ? 'near real time'
        : `every ${rule.schedule.frequency} over ${rule.schedule.period}${rule.nrt === undefined ? '' : ', also near real time'}`
  const elsewhere = rules.filter((other) => other.implements.includes(rule.id)).map(({ id }) => `\`${id}\``)
  return [
    `## ${rule.title}`,
    '',
    `\`${rule.id}\` · ${rule.severity} · ${rule.status} · ${timing} · version ${rule.version}`,
    '',
    rule.description.trim(),
    '',
    `- **Rests on:** ${rule.signals.join(', ')}.`,
    ...rule.tables.map(({ name, enable }) => `- **${name}:** ${enable}`),
    `- **Defender XDR:** ${rule.defender === undefined ? "only over Sentinel's tables in the unified portal" : `custom detection, ${rule.defender.frequency}`}.`,
    ...(elsewhere.length === 0 ? [] : [`- **Other platforms:** ${elsewhere.join(', ')}.`]),
    ...section('Cannot see', rule.blindSpots),
    ...section('False positives', rule.falsePositives),
    ...section(
      'Tuning',
      rule.tuning.map(({ name, default: value, effect }) => `\`${name}\` (${value}): ${effect}`),
    ),
    ...(rule.notes === undefined ? [] : ['', rule.notes.trim()]),
  ].join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `**${title}**`, '', bullets(lines)]
}

function validationText(): string {
  return scenarios
    .filter(({ kind }) => kind === 'validation')
    .map((scenario) =>
      [
        `## ${scenario.title}`,
        '',
        `\`triad simulate ${scenario.id} -o DIR\``,
        '',
        scenario.description,
        '',
        ...block('Commands', scenario.commands ?? []),
        ...block('Clean up', scenario.cleanup ?? []),
        'Signals that must arrive:',
        '',
        '| Channel | Event | Count | Shows |',
        '|---|---|---|---|',
        ...scenario.signals.map(
          ({ channel, eventId, count, what, field }) =>
            `| ${channel} | ${eventId} | ${count} | ${cell(what)}${field === undefined ? '' : ` (${field[0]} holds \`${cell(field[1])}\`)`} |`,
        ),
        ...Object.entries(scenario.files ?? {}).flatMap(([name, text]) => [
          '',
          `\`${name}\`:`,
          '',
          '```',
          text.trimEnd(),
          '```',
        ]),
      ].join('\n'),
    )
    .join('\n\n')
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const isPrompt = shellOf(lines) === 'cmd'
  return [
    `${title}${isPrompt ? ' (at the command prompt, not in PowerShell)' : ''}:`,
    '',
    `\`\`\`${isPrompt ? 'bat' : 'powershell'}`,
    ...typedCommands(lines),
    '```',
    '',
  ]
}
