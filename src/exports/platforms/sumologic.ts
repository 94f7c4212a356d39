import type { Leaf, LeftOut, PlatformExport, PlatformRule, SingleBody } from './model.ts'
import { expressible, infix, missingFacts, NAME_FACTS, type Syntax } from './render.ts'
import { eventOf, fileName, NOT_CHECKED, noField } from './words.ts'

const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

/**
 * Cloud SIEM expressions: SQL-like; `LIKE` compares with case, so both sides are lowered. Whether a backslash escapes in a
 * literal or in a pattern is not documented: it is written as `_`, any one character, which is right either way.
 */
const CSE: Syntax = {
  and: ' AND ',
  or: ' OR ',
  not: (text) => `NOT ${text}`,
  leaf: (field, leaf) => {
    const lowered = leaf.values.map((value) => value.toLowerCase())
    if (leaf.match === 'is' && !NAME_FACTS.includes(leaf.fact) && !lowered.some((text) => /\\/.test(text))) {
      return `lower(${field}) IN (${lowered.map(literal).join(',')})`
    }
    const likes = lowered.map(
      (value) => `lower(${field}) LIKE ${literal(pattern(leaf, value.replace(/[\\%]/g, '_')))}`,
    )
    return likes.length === 1 ? (likes[0] ?? '') : `(${likes.join(' OR ')})`
  },
}

function pattern(leaf: Leaf, value: string): string {
  if (NAME_FACTS.includes(leaf.fact)) return `%${value}`
  const before = leaf.match === 'contains' || leaf.match === 'ends' ? '%' : ''
  const after = leaf.match === 'contains' || leaf.match === 'starts' ? '%' : ''
  return before + value + after
}

const SCORE = { informational: 0, low: 2, medium: 5, high: 7 } as const

/** Match rules of Cloud SIEM as the rules API takes them. JSON has no comments: the README says what is not checked. */
export function exportSumologic(rules: readonly PlatformRule[]): PlatformExport {
  const leftOut: LeftOut[] = []
  const files = rules.flatMap((rule) => {
    if (rule.body.kind === 'correlation') {
      leftOut.push({ rule: rule.id, why: 'the form of a chain rule is not documented here' })
      return []
    }
    if (expressible('sumologic', rule.body.where) === undefined) {
      leftOut.push(noField(rule, missingFacts('sumologic', rule.body)))
      return []
    }
    return [
      {
        path: `${fileName(rule)}.json`,
        text: `${JSON.stringify({ fields: fields(rule, rule.body) }, undefined, 2)}\n`,
      },
    ]
  })
  const readme = `# Sumo Logic Cloud SIEM match rules\n\nThe expressions in these files: ${NOT_CHECKED}.\n`
  return { files: [...files, { path: 'README.md', text: readme }], leftOut }
}

function fields(rule: PlatformRule, body: SingleBody): object {
  const { channel, eventId } = eventOf(body.source)
  const source = `metadata_vendor = 'Microsoft' AND metadata_product = 'Windows' AND metadata_deviceEventId = '${channel}-${eventId}'`
  return {
    name: `Triad - ${rule.title}`,
    enabled: false,
    isPrototype: true,
    nameExpression: rule.title,
    descriptionExpression: `${rule.description} (${NOT_CHECKED})`,
    summaryExpression: `${rule.title} on {{device_hostname}}`,
    expression: `${source} AND ${infix('sumologic', expressible('sumologic', body.where) ?? [], CSE)}`,
    scoreMapping: { type: 'constant', default: SCORE[rule.severity] },
    entitySelectors: [{ entityType: '_hostname', expression: 'device_hostname' }],
    tags: ['_mitreAttackTactic:TA0003', '_mitreAttackTactic:TA0004', '_mitreAttackTechnique:T1546.003'],
    stream: 'record',
  }
}
