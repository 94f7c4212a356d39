/** The tables of functions: KQL name → row. `docs/kql.md` is generated from them. */
import type { AggregateRow, FunctionRow } from '../function-row.ts'
import { aggregateRows as aggregates } from './aggregates.ts'
import { arithmeticRows } from './arithmetic.ts'
import { aggregateWithClickHouse, withClickHouse } from './clickhouse.ts'
import { comparisonRows } from './comparison.ts'
import { conversionRows } from './conversion.ts'
import { dynamicRows } from './dynamics.ts'
import { mathRows } from './math.ts'
import { membershipRows } from './membership.ts'
import { nativeRows } from './natives.ts'
import { sketchAggregateRows, sketchFunctionRows } from './sketches.ts'
import { stringRows } from './strings.ts'
import { textOperatorRows } from './text-operators.ts'
import { timeRows } from './time.ts'
import { windowRows } from './windows.ts'

export const functionRows: readonly FunctionRow[] = [
  ...comparisonRows,
  ...textOperatorRows,
  ...membershipRows,
  ...arithmeticRows,
  ...conversionRows,
  ...stringRows,
  ...timeRows,
  ...mathRows,
  ...dynamicRows,
  ...windowRows,
  ...nativeRows,
  ...sketchFunctionRows,
].map(withClickHouse)

export const aggregateRows: readonly AggregateRow[] = [...aggregates, ...sketchAggregateRows].map(
  aggregateWithClickHouse,
)

function byName<T extends { readonly name: string; readonly aliases?: readonly string[] }>(
  rows: readonly T[],
): ReadonlyMap<string, T> {
  const table = new Map<string, T>()
  for (const row of rows) for (const name of [row.name, ...(row.aliases ?? [])]) table.set(name, row)
  return table
}

export const functionTable: ReadonlyMap<string, FunctionRow> = byName(functionRows)
export const aggregateTable: ReadonlyMap<string, AggregateRow> = byName(aggregateRows)
