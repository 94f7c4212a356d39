import type { Expr } from './expr.ts'

/** The expressions that an expression is directly made of. What stands inside a table, or along a path, is about other rows. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'member':
      return [expr.of]
    case 'call':
      return expr.args
    case 'list':
      return [expr.value, ...expr.items]
    case 'in-table':
      return [expr.value]
    default:
      return []
  }
}

/** Names of the columns that an expression reads, in the order they stand in it. */
export function columnNames(expr: Expr): string[] {
  return expr.kind === 'column' ? [expr.name] : partsOf(expr).flatMap(columnNames)
}
