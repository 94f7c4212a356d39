import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Report } from '../diagnostics/index.ts'
import type { CheckedRule, QueryPlace } from './check.ts'
import { loadDetections, readFirings, readSignals, readTest } from './load.ts'
import type { Detection, DetectionTest, ExpectedFiring, Signal } from './model.ts'
import { type FieldReader, readYamlFields } from './yaml-reader.ts'

/** A rule and its proofs, from the pack or from a team's own folder. */
export interface ProvenRule {
  readonly id: string
  readonly title: string
  readonly query: string
  readonly status: Detection['status']
  readonly signals: readonly Signal[]
  readonly fires: readonly ExpectedFiring[]
  readonly tests: readonly DetectionTest[]
  /** Folder that the evidence of its tests is relative to. */
  readonly folder: string
  /** What `rules check` looks at. */
  readonly checked: CheckedRule
}

/** A detection of the pack's own form. */
export function provenRule(detection: Detection): ProvenRule {
  const { folder, defender } = detection
  const inFile =
    (file: string): QueryPlace =>
    (offset) => ({ source: join(folder, file), offset })
  return {
    ...detection,
    checked: {
      ...detection,
      source: join(folder, 'detection.yaml'),
      queryPlace: inFile('query.kql'),
      defenderPlace: inFile(defender?.queryFile ?? 'query.kql'),
    },
  }
}

/**
 * All rules below a folder: detection folders as the pack has them, Sentinel analytics rules in YAML, and plain `.kql` files. The
 * tests of `NAME.yaml` or `NAME.kql` are in `NAME.tests.yaml` beside it. What is wrong with one is reported; the others load.
 */
export function loadRules(folder: string, report: Report): ProvenRule[] {
  if (existsSync(join(folder, 'detection.yaml'))) {
    return loadDetections(dirname(folder), report)
      .filter((rule) => rule.folder === folder)
      .map(provenRule)
  }
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const isDetection = (name: string): boolean => existsSync(join(folder, name, 'detection.yaml'))
  const inner = entries
    .filter((entry) => entry.isDirectory() && !/^(?:evidence|node_modules|\..*)$/.test(entry.name))
    .filter((entry) => !isDetection(entry.name))
    .flatMap((entry) => loadRules(join(folder, entry.name), report))
  const files = entries
    .filter((entry) => entry.isFile())
    .flatMap((entry) => loadRuleFile(join(folder, entry.name), report) ?? [])
  return [...loadDetections(folder, report).map(provenRule), ...files, ...inner]
}

function loadRuleFile(path: string, report: Report): ProvenRule | undefined {
  if (/\.tests\.ya?ml$/i.test(path)) return undefined
  if (/\.kql$/i.test(path)) return withTests(path, plainRule(path), report)
  if (!/\.ya?ml$/i.test(path)) return undefined
  const text = readFileSync(path, 'utf8')
  // Other YAML lies in such folders too: a rule is what has a query.
  if (!/^query\s*:/m.test(text)) return undefined
  const fields = readYamlFields(text, path, report)
  const rule = fields && sentinelRule(fields, path)
  return rule === undefined || fields?.failed ? undefined : withTests(path, rule, report)
}

type Bare = Pick<ProvenRule, 'id' | 'title' | 'query' | 'checked'>

function plainRule(path: string): Bare {
  const id = basename(path).replace(/\.kql$/i, '')
  const query = readFileSync(path, 'utf8').trimEnd()
  return {
    id,
    title: id,
    query,
    checked: {
      id,
      query,
      kind: 'hunting',
      technique: '',
      tactics: [],
      entities: [],
      customDetails: {},
      source: path,
    },
  }
}

const KINDS = ['scheduled', 'nrt', 'hunting'] as const

/** What of a Sentinel analytics rule a proof needs; its fields are for the checker of that form. */
function sentinelRule(fields: FieldReader, path: string): Bare {
  const id = basename(path).replace(/\.ya?ml$/i, '')
  const query = fields.text('query').trimEnd()
  const kindText = fields.optionalText('kind')?.toLowerCase() ?? 'hunting'
  const guid = fields.optionalText('id')
  const offsetOf = fields.placeIn('query')
  return {
    id,
    title: fields.optionalText('name') ?? id,
    query,
    checked: {
      id,
      query,
      kind: KINDS.find((kind) => kind === kindText) ?? 'hunting',
      technique: '',
      tactics: [],
      entities: [],
      customDetails: {},
      form: 'sentinel',
      source: path,
      ...(guid === undefined ? {} : { guid }),
      queryPlace: (offset) => ({ source: path, offset: offsetOf(offset) }),
    },
  }
}

function withTests(path: string, rule: Bare, report: Report): ProvenRule | undefined {
  const folder = dirname(path)
  const bare = { ...rule, status: 'stable' as const, signals: [], fires: [], tests: [], folder }
  const file = path.replace(/\.(?:ya?ml|kql)$/i, '.tests.yaml')
  if (!existsSync(file)) return bare
  const fields = readYamlFields(readFileSync(file, 'utf8'), file, report)
  if (fields === undefined) return undefined
  const proven = {
    ...bare,
    signals: readSignals(fields),
    fires: readFirings(fields),
    tests: fields.objects('tests', (inner) => readTest(inner, folder)),
  }
  fields.finish()
  return fields.failed ? undefined : proven
}
