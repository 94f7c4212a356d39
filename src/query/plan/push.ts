import type { Expr, Rel } from './expr.ts'

/**
 * A filter right after an innerunique join also filters the left side before one row per key is kept: which row that is
 * is arbitrary in Kusto, and the engine filters first (seen in its results). Conditions on the right side stay above.
 */
export function filterBeforeUnique(input: Rel, predicate: Expr): Rel {
  if (input.kind !== 'join' || input.joinKind !== 'innerunique') return input
  const lefts = new Map(
    input.items.flatMap((item) => (item.side === 'left' ? [[item.name, item.from] as const] : [])),
  )
  const pushed = conjuncts(predicate).flatMap((part) => renamed(part, lefts) ?? [])
  if (pushed.length === 0) return input
  const left = pushed.reduce<Rel>(
    (rel, part) => ({ kind: 'where', input: rel, predicate: part, columns: rel.columns }),
    input.left,
  )
  return { ...input, left }
}

/** What must hold for a condition to hold, since null counts as false there. */
export function conjuncts(expr: Expr): Expr[] {
  return expr.kind === 'call' && expr.name === 'and' ? expr.args.flatMap(conjuncts) : [expr]
}

/** The expression over the left table's own columns; undefined when it needs any other. */
function renamed(expr: Expr, names: ReadonlyMap<string, string>): Expr | undefined {
  switch (expr.kind) {
    case 'literal':
      return expr
    case 'column': {
      const name = names.get(expr.name)
      return name === undefined ? undefined : { ...expr, name }
    }
    case 'member': {
      const of = renamed(expr.of, names)
      return of === undefined ? undefined : { ...expr, of }
    }
    case 'call': {
      const args = expr.args.map((arg) => renamed(arg, names))
      return args.some((arg) => arg === undefined) ? undefined : { ...expr, args: args as Expr[] }
    }
    case 'list': {
      const value = renamed(expr.value, names)
      const items = expr.items.map((item) => renamed(item, names))
      if (value === undefined || items.some((item) => item === undefined)) return undefined
      return { ...expr, value, items: items as Expr[] }
    }
    default:
      return undefined
  }
}
