import type { Expr, NamedExpr, Rel } from '../../plan/expr.ts'

/** Functions over the serialized rows; SQL allows no window inside a window and none in WHERE. */
const WINDOWS: ReadonlySet<string> = new Set([
  'row_number',
  'prev',
  'next',
  'row_cumsum',
  'row_rank_dense',
  'row_rank_min',
  'row_window_session',
  '$running',
])

/**
 * Moves window calls that SQL does not allow in place into a projection of their own below. Undefined when there are
 * none. `all`: even those at the top must move, as in `where`.
 */
export function splitWindows(
  input: Rel,
  exprs: readonly Expr[],
  all: boolean,
): { input: Rel; exprs: Expr[]; added: string[] } | undefined {
  const moved: NamedExpr[] = []
  const taken = new Set(input.columns.map((column) => column.name))
  const move = (expr: Expr): Expr => {
    let name = '$w0'
    for (let i = 1; taken.has(name); i++) name = `$w${i}`
    taken.add(name)
    moved.push({ name, expr })
    return { kind: 'column', name, type: expr.type }
  }
  const result = exprs.map((expr) => visit(expr, all, move))
  if (moved.length === 0) return undefined
  const columns = [
    ...input.columns,
    ...moved.map((item) => ({ name: item.name, type: item.expr.type, hidden: true })),
  ]
  const items: NamedExpr[] = [
    ...input.columns.map((column) => ({
      name: column.name,
      expr: { kind: 'column', name: column.name, type: column.type } as const,
    })),
    ...moved,
  ]
  return {
    input: { kind: 'project', input, items, columns },
    exprs: result,
    added: moved.map((item) => item.name),
  }
}

function visit(expr: Expr, inside: boolean, move: (expr: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'call': {
      if (!WINDOWS.has(expr.name)) return { ...expr, args: expr.args.map((arg) => visit(arg, inside, move)) }
      if (inside) return move(expr)
      const args = sessionArguments(expr).map((arg, i) => visit(restart(expr, arg, i), true, move))
      return { ...expr, args }
    }
    case 'member':
      return { ...expr, of: visit(expr.of, inside, move) }
    case 'list':
      return {
        ...expr,
        value: visit(expr.value, inside, move),
        items: expr.items.map((item) => visit(item, inside, move)),
      }
    case 'in-table':
      return { ...expr, value: visit(expr.value, inside, move) }
    default:
      return expr
  }
}

/**
 * `row_window_session(t, first, between [, restart])` becomes the value, the distance from the first, and the number of
 * breaks so far: where a row begins a session whatever the last session's first row is.
 */
function sessionArguments(call: Extract<Expr, { kind: 'call' }>): readonly Expr[] {
  const [value, first, between, again] = call.args
  if (call.name !== 'row_window_session' || value === undefined || first === undefined) return call.args
  if (between === undefined || (between.kind === 'column' && between.name.startsWith('$w'))) return call.args
  const make = (name: string, args: readonly Expr[], type: Expr['type']): Expr => ({
    kind: 'call',
    name,
    args,
    type,
    span: call.span,
  })
  const before = make('prev', [value], value.type)
  const breaks = [
    make('isnull', [value], 'bool'),
    make('isnull', [before], 'bool'),
    make('>=', [value, make('+', [before, between], value.type)], 'bool'),
    ...(again === undefined ? [] : [again]),
  ]
  const any = breaks.reduce((a, b) => make('or', [a, b], 'bool'))
  return [value, first, make('$running', [any], 'long')]
}

const RESTARTED: ReadonlySet<string> = new Set(['row_cumsum', 'row_number', 'row_rank_dense', 'row_rank_min'])

/** A restart condition becomes the number of restarts so far, by which the window is then partitioned. */
function restart(call: Extract<Expr, { kind: 'call' }>, arg: Expr, index: number): Expr {
  if (index !== 1 || arg.type !== 'bool' || !RESTARTED.has(call.name)) return arg
  return { kind: 'call', name: '$running', args: [arg], type: 'long', span: call.span }
}
