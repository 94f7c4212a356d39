import { readQuery } from '../front/index.ts'
import type { Rel } from '../plan/expr.ts'
import { refusal } from '../plan/refusal.ts'
import { SqlBuilder } from './builder.ts'
import { clickhouse, DialectLacks } from './clickhouse.ts'
import type { Dialect } from './dialect.ts'
import { duckdb } from './duckdb.ts'
import { nativeFunctions } from './functions/natives.ts'
import { orderBy, type Relation } from './relation.ts'
import { renderRel, type TableScope } from './render/scope.ts'
import { renderNode } from './render/tables.ts'
import type { CompiledQuery, CompileOptions } from './types.ts'

const DIALECTS: Readonly<Record<string, Dialect>> = { duckdb, clickhouse }

/**
 * KQL text → SQL of one dialect: pure and synchronous once `loadFront()` was awaited. Of several tabular statements
 * the last is compiled. Throws `InputError`: `query/invalid` (Microsoft's code leads the message), `query/unsupported`
 * (construct, span, a way round), `query/parameter`. With `probe` in the answer, run it and call again with `answers`.
 */
export function compileKql(text: string, options: CompileOptions): CompiledQuery {
  const dialect = DIALECTS[options.dialect ?? 'duckdb']
  if (dialect === undefined) throw new Error(`invariant: no dialect ${options.dialect}`)
  const read = readQuery(text, options)
  const common = {
    notes: read.notes,
    externals: read.externals,
    ...(read.render === undefined ? {} : { render: read.render }),
  }
  const source = options.source ?? 'query'
  if (read.root === undefined) {
    if (read.question === undefined) throw new Error('invariant: a query has a result or a question')
    const { sql, parameters, requiredFunctions, tables } = renderQuery(read.question, dialect, source)
    return {
      ...common,
      sql: '',
      parameters: [],
      columns: [],
      ordered: false,
      requiredFunctions,
      tables,
      probe: { sql, parameters },
    }
  }
  return { ...common, ...renderQuery(read.root, dialect, source) }
}

function rendered(scope: TableScope, root: Rel): Relation {
  try {
    return renderRel(scope, root)
  } catch (error) {
    if (!(error instanceof DialectLacks)) throw error
    throw refusal(
      `${error.message} on ${scope.dialect.name}`,
      { start: 0, end: 0 },
      scope.source,
      'run it on DuckDB',
    )
  }
}

/** Functions of ours that a statement names: conversions name some far from where calls are rendered. */
function nativesIn(sql: string): string[] {
  return (sql.match(/\bkql_\w+(?=\()/g) ?? []).filter((name) => NATIVE_NAMES.has(name))
}

const NATIVE_NAMES: ReadonlySet<string> = new Set(nativeFunctions.map((native) => native.name))

type Rendered = Pick<
  CompiledQuery,
  'sql' | 'parameters' | 'columns' | 'ordered' | 'requiredFunctions' | 'tables'
>

function renderQuery(root: Rel, dialect: Dialect, source: string): Rendered {
  const builder = new SqlBuilder(dialect.placeholder, dialect.materialized)
  const scope: TableScope = {
    builder,
    dialect,
    source,
    render: renderNode,
    done: new Map(),
    leaves: new Map(),
    graphs: new Map(),
  }
  const relation = rendered(scope, root)
  const shown = relation.columns.filter((column) => column.hidden !== true)
  const cells = shown.map((column, i) => `CAST(${column.sql} AS ${dialect.storage(column.type)}) AS "c${i}"`)
  const order = relation.order.length === 0 ? '' : ` ORDER BY ${orderBy(relation.order)}`
  const select = `SELECT ${cells.length === 0 ? '1 AS "c0"' : cells.join(', ')} FROM ${relation.from}${order}${dialect.settings}`
  const { sql, parameters } = builder.finish(select)
  return {
    sql,
    parameters,
    columns: shown.map(({ name, type }) => ({ name, type })),
    ordered: relation.order.length > 0,
    requiredFunctions: [...new Set([...builder.requiredFunctions, ...nativesIn(sql)])].sort(),
    tables: [...builder.tables].sort(),
  }
}
