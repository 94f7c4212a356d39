import type { Expr, Json, Rel } from '../../plan/expr.ts'
import type { AlongPath } from '../../plan/graph.ts'
import { refusal } from '../../plan/refusal.ts'
import type { SqlBuilder } from '../builder.ts'
import type { Dialect } from '../dialect.ts'
import { type Call, type FunctionRow, literalValue } from '../function-row.ts'
import { jsonText } from '../json.ts'
import { orderBy, over, type Relation } from '../relation.ts'
import type { KustoType } from '../types.ts'

/** What an expression is rendered against. */
export interface ExprScope {
  readonly builder: SqlBuilder
  readonly dialect: Dialect
  readonly source: string
  /** SQL of a column of the input row, by KQL name. */
  readonly column: (name: string) => string
  /** The input, for window functions. */
  readonly relation: Relation | undefined
  /** SQL of a shared subquery. */
  readonly subquery: (rel: Rel) => Relation
  /** SQL of an expression along a path, where a pattern has one. */
  readonly along?: (expr: AlongPath) => string
}

/** Renders an expression as a value: nulls exactly as Kusto has them. */
export function renderExpr(scope: ExprScope, expr: Expr): string {
  return render(scope, expr, false)
}

/** Renders a condition where null and false are the same, which allows cheaper SQL. */
export function renderCondition(scope: ExprScope, expr: Expr): string {
  return render(scope, expr, true)
}

/** Renders an expression converted to a type. */
export function renderAs(scope: ExprScope, expr: Expr, type: KustoType): string {
  if (expr.kind === 'literal' && expr.value === null) return nullOf(scope, type)
  if (type === 'string') return renderText(scope, expr)
  return scope.dialect.convert(renderExpr(scope, expr), expr.type, type)
}

/** Text of an expression, never null; steps into JSON are taken as text in one go instead of by way of JSON. */
function renderText(scope: ExprScope, expr: Expr): string {
  if (expr.type === 'string') return renderExpr(scope, expr)
  const text = nullableText(scope, expr)
  return text === undefined
    ? scope.dialect.convert(renderExpr(scope, expr), expr.type, 'string')
    : scope.dialect.orEmpty(text)
}

/** Text of a dynamic expression, null where it is missing; undefined when it is not dynamic. */
export function nullableText(scope: ExprScope, expr: Expr): string | undefined {
  if (expr.type !== 'dynamic') return undefined
  if (expr.kind !== 'member') return scope.dialect.dynamicText(renderExpr(scope, expr))
  const { base, path } = pathOf(expr)
  const split = base.kind === 'call' && base.name === 'split' && path.length === 1 ? base : undefined
  if (split !== undefined && split.args.length === 2 && typeof path[0] === 'number' && path[0] >= 0) {
    const [text, delimiter] = split.args.map((arg) => renderAs(scope, arg, 'string'))
    return scope.dialect.splitElement(text ?? '', delimiter ?? '', scope.builder.integer(path[0] + 1))
  }
  return scope.dialect.memberText(jsonBase(scope, base), path)
}

/** The JSON a path starts from; `parse_json(text)` is not parsed for its own sake. */
function jsonBase(scope: ExprScope, base: Expr): string {
  if (base.kind === 'call' && PARSERS.has(base.name)) {
    const [text] = base.args
    if (text?.type === 'string') return scope.dialect.lazyJson(renderExpr(scope, text))
  }
  return base.type === 'dynamic' ? renderExpr(scope, base) : renderAs(scope, base, 'dynamic')
}

/** A step into JSON taken apart: the JSON it starts from and the steps; undefined for any other expression. */
export function memberParts(
  scope: ExprScope,
  expr: Expr,
): { json: string; path: (string | number)[] } | undefined {
  if (expr.kind !== 'member') return undefined
  const { base, path } = pathOf(expr)
  return { json: jsonBase(scope, base), path }
}

const PARSERS: ReadonlySet<string> = new Set(['parse_json', 'todynamic', 'parsejson', 'toobject'])

function pathOf(expr: Expr): { base: Expr; path: (string | number)[] } {
  if (expr.kind !== 'member') return { base: expr, path: [] }
  const { base, path } = pathOf(expr.of)
  // `parse_json(x)` of something already dynamic is the identity (S3).
  return { base: identity(base), path: [...path, expr.key] }
}

function identity(expr: Expr): Expr {
  const first = expr.kind === 'call' && PARSERS.has(expr.name) ? expr.args[0] : undefined
  return first !== undefined && first.type === 'dynamic' ? first : expr
}

export function nullOf(scope: ExprScope, type: KustoType): string {
  return type === 'string' ? scope.builder.text('') : scope.dialect.null(type)
}

function render(scope: ExprScope, expr: Expr, filter: boolean): string {
  switch (expr.kind) {
    case 'column':
      return scope.column(expr.name)
    case 'literal':
      return renderLiteral(scope, expr.type, expr.value)
    case 'member': {
      const { base, path } = pathOf(expr)
      return scope.dialect.member(jsonBase(scope, base), path)
    }
    case 'scalar-of': {
      const relation = scope.subquery(expr.table)
      const first = relation.columns[0]
      if (first === undefined) return nullOf(scope, expr.type)
      const cell = scope.dialect.convert(first.sql, first.type, expr.type)
      const value =
        relation.partition === undefined
          ? `(SELECT ${cell} FROM ${relation.from}${scope.dialect.orderClause(relation)} LIMIT 1)`
          : ownScalar(scope, relation, cell)
      return expr.type === 'string' ? scope.dialect.orEmpty(value) : value
    }
    case 'call':
      return renderCall(scope, expr, expr.args, filter)
    case 'list':
      return renderCall(scope, expr, [expr.value, ...expr.items], filter)
    case 'in-table':
      return renderCall(scope, { ...expr, name: `${expr.name} table` }, [expr.value], filter)
    case 'along':
      if (scope.along === undefined) throw new Error('invariant: a path outside a pattern')
      return scope.along(expr)
  }
}

/** `toscalar()` over the rows of the same partition: its first value there. */
function ownScalar(scope: ExprScope, relation: Relation, cell: string): string {
  const own = scope.relation?.partition
  const { partition } = relation
  if (own === undefined || partition === undefined || scope.dialect.name !== 'duckdb')
    throw refusal('toscalar() over the rows of a partition here', { start: 0, end: 0 }, scope.source)
  const order = relation.order.length === 0 ? '' : ` ORDER BY ${orderBy(relation.order)}`
  const firsts = `SELECT first(${cell}${order}) AS "$first", ${partition} AS "$of" FROM ${relation.from} GROUP BY ${partition}`
  return `(SELECT "$first" FROM (${firsts}) WHERE "$of" = ${own})`
}

function renderLiteral(scope: ExprScope, type: KustoType, value: Json): string {
  const { builder } = scope
  if (value === null) return nullOf(scope, type)
  switch (type) {
    case 'bool':
      return value === true ? 'true' : 'false'
    case 'int':
    case 'long':
    case 'timespan':
      return builder.bind({ type, value: String(value) })
    case 'real':
      return builder.bind({ type, value: value as number | 'NaN' | 'Infinity' | '-Infinity' })
    case 'dynamic':
      return builder.bind({ type, value: jsonText(value) })
    default:
      return builder.bind({ type, value: String(value) })
  }
}

type Called = Extract<Expr, { kind: 'call' | 'list' | 'in-table' }>

function renderCall(scope: ExprScope, expr: Called, args: readonly Expr[], filter: boolean): string {
  const row = scope.dialect.functions.get(expr.name)
  const where = { source: scope.source, span: expr.span }
  if (row === undefined) throw refusal(describe(expr.name), where.span, where.source)
  const call = callOf(scope, expr, args, filter, row)
  const render = row.sql?.[scope.dialect.name]
  if (render !== undefined) return render(row.lazy === true ? [] : renderArguments(scope, row, args), call)
  if (row.native !== undefined && scope.dialect.hasNatives) return renderNative(scope, row, args)
  throw refusal(`${describe(expr.name)} on ${scope.dialect.name}`, where.span, where.source)
}

function renderArguments(scope: ExprScope, row: FunctionRow, args: readonly Expr[]): string[] {
  const types = row.params ?? ['any']
  return args.map((arg, i) => {
    const type = types[Math.min(i, types.length - 1)] ?? 'any'
    return type === 'any' ? renderExpr(scope, arg) : renderAs(scope, arg, type)
  })
}

function renderNative(scope: ExprScope, row: FunctionRow, args: readonly Expr[]): string {
  const { native } = row
  if (native === undefined) throw new Error(`invariant: ${row.name} has no native function`)
  scope.builder.requiredFunctions.add(native.name)
  const last = native.rest
  const values = args.map((arg, i) => {
    const type = native.parameters[i] ?? last ?? arg.type
    return scope.dialect.nativeArgument(renderAs(scope, arg, type), type)
  })
  for (let i = values.length; i < native.parameters.length; i++) {
    const type = native.parameters[i]
    if (type !== undefined) values.push(scope.dialect.nativeArgument(scope.dialect.null(type), type))
  }
  return scope.dialect.nativeResult(`${native.name}(${values.join(', ')})`, native.returns)
}

function describe(called: string): string {
  // Several values at once: `(flag, score) = series_decompose_anomalies(x)`.
  const name = called.replace('$tuple', '')
  return /^[a-z_]\w*$/.test(name) ? `the function ${name}()` : `the operator ‘${name}’`
}

function callOf(
  scope: ExprScope,
  expr: Called,
  args: readonly Expr[],
  filter: boolean,
  row: FunctionRow,
): Call {
  const refuse = (what: string, hint?: string): never => {
    throw refusal(what, expr.span, scope.source, hint)
  }
  const at = (index: number): Expr => args[index] ?? refuse(`${describe(row.name)} with so few arguments`)
  return {
    name: expr.name,
    args,
    type: expr.type,
    builder: scope.builder,
    filter,
    sql: (index, type) => {
      const arg = at(index)
      return type === undefined ? renderExpr(scope, arg) : renderAs(scope, arg, type)
    },
    constant: (index) => literalValue(args[index]),
    render: (inner, type) => (type === undefined ? renderExpr(scope, inner) : renderAs(scope, inner, type)),
    convertText: (sql, type) => scope.dialect.convert(sql, 'string', type),
    nullableText: (inner) => nullableText(scope, inner),
    condition: (inner) => renderCondition(scope, inner),
    over: (frame) => {
      const { relation } = scope
      if (relation === undefined) return refuse(`${describe(expr.name)} outside a row`)
      return over(relation, frame)
    },
    subquery: () => {
      if (expr.kind !== 'in-table') return refuse('this list')
      const relation = scope.subquery(expr.table)
      const first = relation.columns[0]
      if (first === undefined) return refuse('a list without a column')
      if (relation.partition !== undefined) return refuse('a list from the rows of a partition')
      return { from: relation.from, column: first.sql, type: first.type }
    },
    native: (name) => {
      scope.builder.requiredFunctions.add(name)
      return name
    },
    refuse,
  }
}
