import { SENTINEL_LIMITS } from '../../detections/index.ts'
import { didYouMean, someOf } from '../../diagnostics/index.ts'
import type { RuleNode } from './rule-node.ts'
import { COLUMN_PATTERN } from './vocabulary.ts'

/** That a field holds what can be the name of a column. */
export function checkColumn(node: RuleNode, name: string): void {
  node.checkText(name, {
    pattern: COLUMN_PATTERN,
    says: 'the name of a column',
    most: SENTINEL_LIMITS.column,
  })
}

/** That every column which entities, details, texts and overrides name is one that the query returns. Source: SENTINEL 8. */
export function checkColumns(rule: RuleNode, columns: ReadonlySet<string>): void {
  for (const mapping of rule.objects('entityMappings') ?? []) {
    for (const field of mapping.objects('fieldMappings') ?? []) mustReturn(field, 'columnName', columns)
  }
  for (const mapping of rule.objects('sentinelEntitiesMappings') ?? []) {
    mustReturn(mapping, 'columnName', columns)
  }
  const details = rule.object('customDetails')
  for (const name of details?.keys() ?? []) if (details !== undefined) mustReturn(details, name, columns)
  const override = rule.object('alertDetailsOverride')
  if (override === undefined) return
  for (const name of ['alertTacticsColumnName', 'alertSeverityColumnName']) {
    mustReturn(override, name, columns)
  }
  for (const name of ['alertDisplayNameFormat', 'alertDescriptionFormat']) {
    for (const [, column = ''] of String(override.value(name) ?? '').matchAll(/\{\{\s*(\w+)\s*\}\}/g)) {
      mustHave(override, name, column, columns)
    }
  }
  for (const property of override.objects('alertDynamicProperties') ?? []) {
    mustReturn(property, 'value', columns)
  }
}

function mustReturn(node: RuleNode, name: string, columns: ReadonlySet<string>): void {
  const column = node.value(name)
  if (typeof column === 'string' && column !== '') mustHave(node, name, column, columns)
}

function mustHave(node: RuleNode, name: string, column: string, columns: ReadonlySet<string>): void {
  if (columns.has(column)) return
  node.fault(
    name,
    `${node.label(name)}: the query does not return ${column}`,
    didYouMean(column, columns) ?? `it returns ${someOf(columns)}`,
  )
}
