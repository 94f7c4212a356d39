import type { Column, Expr, Rel } from '../plan/expr.ts'
import type { KustoType } from '../sql/types.ts'
import { type Context, type FunctionBinding, spanOf } from './context.ts'
import type { Syn } from './syntax.ts'

/** The readers by name, and the small things all of them share. */

export function readExpr(context: Context, syn: Syn): Expr {
  return context.front.readers.expr(context, syn)
}

export function readTable(context: Context, syn: Syn): Rel {
  return context.front.readers.table(context, syn)
}

export function readOperator(context: Context, input: Rel, syn: Syn): Rel {
  return context.front.readers.operator(context, input, syn)
}

export function readStatement(context: Context, syn: Syn): void {
  context.front.readers.statement(context, syn)
}

export function callFunction(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
): Expr {
  return context.front.readers.callFunction(context, syn, binding, args)
}

export function callTable(
  context: Context,
  syn: Syn,
  binding: FunctionBinding,
  args: readonly Syn[],
  piped?: Rel,
  declared = false,
): Rel {
  return context.front.readers.callTable(context, syn, binding, args, piped, declared)
}

export function call(
  context: Context,
  syn: Syn,
  name: string,
  args: readonly Expr[],
  type: KustoType,
): Extract<Expr, { kind: 'call' }> {
  return { kind: 'call', name, args, type, span: spanOf(context, syn) }
}

export function findColumn(columns: readonly Column[] | undefined, name: string): Column | undefined {
  return columns?.find((column) => column.name === name)
}

/** The columns a union has split one name into, by type: `x_long`, `x_string` (SEMANTICS 7). */
export function splitColumns(columns: readonly Column[], name: string): Column[] {
  const pattern = /^_(bool|int|long|real|decimal|string|datetime|timespan|guid|dynamic)\d*$/
  const halves = columns.filter(
    (column) => column.name.startsWith(name) && pattern.test(column.name.slice(name.length)),
  )
  return halves.length > 1 ? halves : []
}

export function visible(columns: readonly Column[]): Column[] {
  return columns.filter((column) => column.hidden !== true)
}

/** Arguments of a built-in: `*` becomes the columns, names of named arguments fall away. */
export function readArguments(context: Context, args: readonly Syn[]): Expr[] {
  return args.flatMap((arg) => {
    if (arg.kind === 'StarExpression') {
      return visible(context.columns ?? []).map((column): Expr => ({ ...column, kind: 'column' }))
    }
    return [readExpr(context, arg)]
  })
}

/** A stored table, all its columns. One node per use is fine: a scan costs nothing until it is filtered. */
export function tableNamed(context: Context, name: string): Rel | undefined {
  const table = context.front.options.schema.tables.find((candidate) => candidate.name === name)
  if (table === undefined) return undefined
  return { kind: 'table', name, sqlName: table.sqlName ?? name, columns: table.columns }
}
