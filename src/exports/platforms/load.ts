import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FieldReader, readYamlFields, SIGNALS } from '../../detections/index.ts'
import type { Report } from '../../diagnostics/index.ts'
import { FACTS, type Leaf, type Match, type PlatformRule, type Predicate, SOURCES } from './model.ts'

const MATCHES: readonly Match[] = ['is', 'contains', 'starts', 'ends']
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Loads the platform rules of a content folder (`rules/*.yaml`), singles before the correlations over them, each group
 * sorted by id. A faulty one is reported at its place and left out.
 */
export function loadPlatformRules(folder: string, report: Report): PlatformRule[] {
  const rules = readdirSync(join(folder, 'rules'))
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => loadRule(join(folder, 'rules', name), report) ?? [])
  const singles = rules.filter(({ body }) => body.kind === 'single')
  const correlations = rules.filter(({ body, id }) => {
    if (body.kind !== 'correlation') return false
    const missing = body.rules.filter((name) => !singles.some((single) => single.id === name))
    if (missing.length === 0) return true
    report({
      code: 'platforms/bad-rule',
      severity: 'error',
      message: `${id} correlates ${missing.join(', ')}, which is no single rule`,
    })
    return false
  })
  return [...singles, ...correlations]
}

function loadRule(source: string, report: Report): PlatformRule | undefined {
  const fields = readYamlFields(readFileSync(source, 'utf8'), source, report)
  if (fields === undefined) return undefined
  const rule: PlatformRule = {
    id: fields.text('id', {
      pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/,
      says: 'lower-case words joined by hyphens',
    }),
    guid: fields.text('guid', { pattern: GUID, says: 'a GUID in lower case' }),
    title: oneLine(fields.text('title', { most: 256 })),
    description: oneLine(fields.text('description')),
    severity: fields.choice('severity', ['informational', 'low', 'medium', 'high']),
    signal: fields.choice('signal', SIGNALS),
    body: readBody(fields),
    falsePositives: fields.texts('falsePositives'),
    blindSpots: fields.texts('blindSpots'),
    implements: fields.texts('implements'),
  }
  fields.finish()
  return fields.failed ? undefined : rule
}

/** Several formats end a value at the line's end: a title of two lines would begin another setting. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

function readBody(fields: FieldReader): PlatformRule['body'] {
  const correlation = fields.object('correlation', (inner) => ({
    kind: 'correlation' as const,
    rules: inner.texts('rules'),
    by: inner.texts('by', FACTS).flatMap((name) => FACTS.find((fact) => fact === name) ?? []),
    within: inner.text('within', { pattern: /^\d+[mh]$/, says: 'a duration such as 10m' }),
    ordered: inner.choice('ordered', ['yes', 'no']) === 'yes',
  }))
  if (correlation !== undefined) return correlation
  return {
    kind: 'single',
    source: fields.choice('source', SOURCES),
    where: fields.objects('where', readPredicate),
  }
}

/** `{ field, is|contains|starts|ends }`, or `any`, `all`, `not` over such; `not` holds when not all of its list do. */
function readPredicate(fields: FieldReader): Predicate {
  if (fields.has('any')) return { kind: 'any', of: fields.objects('any', readPredicate) }
  if (fields.has('all')) return { kind: 'all', of: fields.objects('all', readPredicate) }
  if (fields.has('not')) return { kind: 'not', of: fields.objects('not', readPredicate) }
  const fact = fields.choice('field', FACTS)
  const match = MATCHES.find((name) => fields.has(name)) ?? 'is'
  const leaf: Leaf = { kind: 'leaf', fact, match, values: fields.texts(match) }
  if (leaf.values.length === 0)
    fields.fault('field', `${fact} is compared with nothing`, 'detections/bad-field')
  if (leaf.values.some((value) => /\p{Cc}/u.test(value))) {
    fields.fault(
      match,
      `${fact} is compared with a text that holds control characters`,
      'detections/bad-field',
    )
  }
  return leaf
}
