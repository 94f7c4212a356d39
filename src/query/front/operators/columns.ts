import type { Column, Expr, NamedExpr, Rel } from '../../plan/expr.ts'
import type { KustoType } from '../../sql/types.ts'
import { type Context, refuse } from '../context.ts'
import { literal } from '../literals.ts'
import { readExpr, visible } from '../read.ts'
import type { Syn } from '../syntax.ts'

export function columnRef(column: Column): Expr {
  return { kind: 'column', name: column.name, type: column.type }
}

/** A projection of these items. Column types follow the expressions, not the binder: it is wrong for a few functions. */
export function project(input: Rel, items: readonly NamedExpr[]): Rel {
  const columns = items.map(({ name, expr }) => ({ name, type: expr.type }))
  return { kind: 'project', input, items, columns }
}

/** Projects columns of the input as they are, by new name → column. Hidden ones stay hidden. */
export function pick(input: Rel, picked: readonly { readonly name: string; readonly column: Column }[]): Rel {
  const items = picked.map(({ name, column }) => ({ name, expr: columnRef(column) }))
  const columns = picked.map(({ name, column }) => ({ ...column, name }))
  return { kind: 'project', input, items, columns }
}

interface Assignment {
  /** Undefined where the binder would make up `Column1`. */
  readonly name: string | undefined
  readonly explicit: boolean
  readonly expr: Expr
}

/** The assignments of extend, project, print: `(a, b) = f()` gives two. */
function readAssignments(context: Context, syn: Syn): Assignment[] {
  switch (syn.kind) {
    case 'SimpleNamedExpression':
      return [
        {
          name: syn.child('Name').simpleName,
          explicit: true,
          expr: scalar(context, syn.child('Expression')),
        },
      ]
    case 'CompoundNamedExpression':
      return readCompound(context, syn)
    default:
      if (syn.columns !== undefined && syn.kind === 'FunctionCallExpression') return readTuple(context, syn)
      return [{ name: syn.resultName, explicit: false, expr: scalar(context, syn) }]
  }
}

/** A bare boolean-like or tabular expression where a scalar must stand is refused by its own reader. */
function scalar(context: Context, syn: Syn): Expr {
  return readExpr(context, syn)
}

function readCompound(context: Context, syn: Syn): Assignment[] {
  const names = syn
    .child('Names')
    .list('Names')
    .map((name) => name.simpleName)
  return readTuple(context, syn.child('Expression')).map((assignment, i) => {
    const name = names[i]
    return name === undefined ? assignment : { ...assignment, name, explicit: true }
  })
}

/** A function with several results: computed once as an array, its columns are the elements. */
function readTuple(context: Context, syn: Syn): Assignment[] {
  const made = syn.columns ?? []
  const name = syn.child('Name').simpleName.toLowerCase()
  const args = syn
    .child('ArgumentList')
    .list('Expressions')
    .map((arg) => readExpr(context, arg))
  const span = { start: context.front.unshift(syn.start), end: context.front.unshift(syn.end) }
  const whole: Expr = { kind: 'call', name: `${name}$tuple`, args, type: 'dynamic', span }
  return made.map((column, i) => ({
    name: column.name,
    explicit: false,
    expr: converted({ kind: 'member', of: whole, key: i, type: 'dynamic' }, column.type, span),
  }))
}

const CONVERT: Readonly<Record<KustoType, string | undefined>> = {
  bool: 'tobool',
  int: 'toint',
  long: 'tolong',
  real: 'todouble',
  decimal: 'todecimal',
  string: 'tostring',
  datetime: 'todatetime',
  timespan: 'totimespan',
  guid: 'toguid',
  dynamic: undefined,
}

export function converted(expr: Expr, type: KustoType, span: { start: number; end: number }): Expr {
  const name = CONVERT[type]
  return expr.type === type || name === undefined ? expr : { kind: 'call', name, args: [expr], type, span }
}

/** Gives free names the way the service does: a clash gets 1, 2 … appended. */
export class NameTable {
  readonly #taken: Set<string>

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken)
  }

  free(name: string): string {
    let candidate = name
    for (let i = 1; this.#taken.has(candidate); i++) candidate = `${name}${i}`
    this.#taken.add(candidate)
    return candidate
  }
}

export function readProject(context: Context, input: Rel, syn: Syn): Rel {
  const items: { name: string | undefined; expr: Expr; column?: Column }[] = []
  for (const node of syn.list('Expressions')) {
    if (node.kind === 'StarExpression' || isPattern(node)) {
      for (const column of matching(visible(input.columns), node)) {
        items.push({ name: column.name, expr: columnRef(column) })
      }
      continue
    }
    items.push(...readAssignments(context, node))
  }
  return project(input, named(items, syn.columns))
}

/** The columns of a `project` clause of a graph operator, named as the binder names them. */
export function readItems(
  context: Context,
  nodes: readonly Syn[],
  bound: readonly Column[] | undefined,
): NamedExpr[] {
  return named(
    nodes.flatMap((node) => readAssignments(context, node)),
    bound,
  )
}

/** Names in the binder's order, which counts `Column1` … and resolves clashes; ours where the binder gave up. */
function named(
  items: readonly { readonly name: string | undefined; readonly expr: Expr }[],
  bound: readonly Column[] | undefined,
): NamedExpr[] {
  const names = new NameTable()
  const exact = bound !== undefined && bound.length === items.length
  return items.map(({ name, expr }, i) => ({
    name: names.free((exact ? bound[i]?.name : name) ?? `Column${i + 1}`),
    expr,
  }))
}

export function readExtend(context: Context, input: Rel, syn: Syn): Rel {
  const assignments = syn.list('Expressions').flatMap((node) => readAssignments(context, node))
  const known = new Map(input.columns.map((column) => [column.name, columnRef(column)]))
  const replaced = new Map<string, Expr>()
  const added: NamedExpr[] = []
  const bound = (syn.columns ?? []).filter((column) => !known.has(column.name))
  const names = new NameTable(known.keys())
  for (const { name, explicit, expr } of assignments) {
    if (explicit && name !== undefined && known.has(name)) replaced.set(name, expr)
    else if (
      !explicit &&
      name !== undefined &&
      known.has(name) &&
      !bound.some((c) => c.name.startsWith(name))
    ) {
      // `extend bin(t, 1h)` without a name replaces t when the binder adds no column for it.
      replaced.set(name, expr)
    } else {
      const next = bound[added.length]?.name
      const wanted = explicit ? name : next
      added.push({
        name: explicit && name !== undefined ? name : names.free(wanted ?? name ?? 'Column1'),
        expr,
      })
    }
  }
  const items = [
    ...input.columns.map((column) => ({
      name: column.name,
      expr: replaced.get(column.name) ?? columnRef(column),
    })),
    ...dedupe(added),
  ]
  const columns = items.map(({ name, expr }) => {
    const hidden =
      input.columns.find((column) => column.name === name)?.hidden === true && !replaced.has(name)
    return hidden ? { name, type: expr.type, hidden } : { name, type: expr.type }
  })
  return { kind: 'project', input, items, columns }
}

/** The last assignment of a name within one extend wins; the binder reports most such clashes itself. */
function dedupe(items: readonly NamedExpr[]): NamedExpr[] {
  return [...new Map(items.map((item) => [item.name, item])).values()]
}

export function readPrint(context: Context, syn: Syn): Rel {
  const input: Rel = { kind: 'values', columns: [], rows: [[]] }
  const row: Context = { front: context.front, scope: context.scope, columns: [] }
  const items = syn.list('Expressions').flatMap((node) => readAssignments(row, node))
  return project(
    input,
    named(
      items.map((item, i) => ({ ...item, name: item.name ?? `print_${i}` })),
      syn.columns,
    ),
  )
}

/** True for `a*`: a column pattern rather than a name. */
export function isPattern(syn: Syn): boolean {
  return syn.kind === 'NameReference' && /^(Bracketed)?WildcardedName$/.test(syn.maybe('Name')?.kind ?? '')
}

/** Matcher of a name with `*` wildcards: literal pieces in order, so no pattern can backtrack badly. */
export function wildcard(pattern: string): (name: string) => boolean {
  const pieces = pattern.split('*')
  const first = pieces[0] ?? ''
  const last = pieces[pieces.length - 1] ?? ''
  return (name) => {
    if (pieces.length === 1) return name === pattern
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
      return false
    let at = first.length
    for (const piece of pieces.slice(1, -1)) {
      const found = name.indexOf(piece, at)
      if (found < 0 || found + piece.length > name.length - last.length) return false
      at = found + piece.length
    }
    return true
  }
}

/** Columns a name, a `pattern*` or `*` selects, in input order. */
export function matching(columns: readonly Column[], syn: Syn): Column[] {
  if (syn.kind === 'StarExpression') return [...columns]
  const name = syn.simpleName.replace(/^\[\s*['"]|['"]\s*\]$/g, '')
  const matches = isPattern(syn) ? wildcard(name) : (other: string) => other === name
  return columns.filter((column) => matches(column.name))
}

export function readProjectAway(_context: Context, input: Rel, syn: Syn): Rel {
  const away = new Set(syn.list('Expressions').flatMap((node) => matching(input.columns, node)))
  const kept = input.columns.filter((column) => !away.has(column))
  return pick(
    input,
    kept.map((column) => ({ name: column.name, column })),
  )
}

export function readProjectKeep(_context: Context, input: Rel, syn: Syn): Rel {
  const kept = new Set(syn.list('Expressions').flatMap((node) => matching(input.columns, node)))
  return pick(
    input,
    input.columns.filter((column) => kept.has(column)).map((column) => ({ name: column.name, column })),
  )
}

/** `project-by-names`: columns by names computed at translation time; a name that is not there is left out. */
export function readProjectByNames(context: Context, input: Rel, syn: Syn): Rel {
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  const names = syn.list('Expressions').flatMap((node): string[] => {
    if (node.kind === 'StarExpression' || isPattern(node))
      return matching(input.columns, node).map((column) => column.name)
    const bound = context.scope.get(node.simpleName)
    if (node.kind === 'NameReference' && bound === undefined) return [node.simpleName]
    const value = readExpr(outer, node)
    if (value.kind !== 'literal') return refuse(context, node, 'project-by-names with computed names')
    return Array.isArray(value.value) ? value.value.map(String) : [String(value.value)]
  })
  const wanted = [...new Set(names)].flatMap((name) => {
    const tests = name.includes('*') ? wildcard(name) : (other: string) => other === name
    return input.columns.filter((column) => tests(column.name))
  })
  return pick(
    input,
    [...new Set(wanted)].map((column) => ({ name: column.name, column })),
  )
}

export function readProjectRename(context: Context, input: Rel, syn: Syn): Rel {
  const renamed = new Map<string, string>()
  for (const node of syn.list('Expressions')) {
    if (node.kind !== 'SimpleNamedExpression') return refuse(context, node, 'this form of project-rename')
    const source = node.child('Expression')
    renamed.set(
      source.kind === 'NameReference' ? source.simpleName : source.text,
      node.child('Name').simpleName,
    )
  }
  return pick(
    input,
    input.columns.map((column) => ({ name: renamed.get(column.name) ?? column.name, column })),
  )
}

export function readProjectReorder(_context: Context, input: Rel, syn: Syn): Rel {
  const order: Column[] = []
  for (const node of syn.list('Expressions')) {
    const ordering =
      node.kind === 'OrderedExpression' ? (node.maybe('Ordering')?.text.toLowerCase() ?? '') : ''
    const target = node.kind === 'OrderedExpression' ? node.child('Expression') : node
    const group = matching(visible(input.columns), target).filter((column) => !order.includes(column))
    if (/granny/.test(ordering))
      group.sort((a, b) => natural(a.name, b.name) * (/desc/.test(ordering) ? -1 : 1))
    else if (ordering !== '')
      group.sort((a, b) => ordinal(a.name, b.name) * (/^desc/.test(ordering) ? -1 : 1))
    order.push(...group)
  }
  const rest = input.columns.filter((column) => !order.includes(column))
  return pick(
    input,
    [...order, ...rest].map((column) => ({ name: column.name, column })),
  )
}

function ordinal(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `granny-asc`: a column named a100 comes after a20. */
function natural(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

export function readDistinct(context: Context, input: Rel, syn: Syn): Rel {
  const items: { name: string | undefined; expr: Expr }[] = []
  for (const node of syn.list('Expressions')) {
    if (node.kind === 'StarExpression' || isPattern(node)) {
      for (const column of matching(visible(input.columns), node)) {
        items.push({ name: column.name, expr: columnRef(column) })
      }
    } else {
      items.push(...readAssignments(context, node))
    }
  }
  const keys = named(items, syn.columns)
  return {
    kind: 'summarize',
    input,
    keys,
    aggregates: [],
    items: keys.map(({ name, expr }) => ({ name, expr: { kind: 'column', name, type: expr.type } })),
    columns: keys.map(({ name, expr }) => ({ name, type: expr.type })),
  }
}

const SYSTEM_TYPES: Readonly<Record<KustoType, string>> = {
  bool: 'System.SByte',
  int: 'System.Int32',
  long: 'System.Int64',
  real: 'System.Double',
  decimal: 'System.Data.SqlTypes.SqlDecimal',
  string: 'System.String',
  datetime: 'System.DateTime',
  timespan: 'System.TimeSpan',
  guid: 'System.Guid',
  dynamic: 'System.Object',
}

export function readGetSchema(input: Rel): Rel {
  const columns = [
    { name: 'ColumnName', type: 'string' },
    { name: 'ColumnOrdinal', type: 'int' },
    { name: 'DataType', type: 'string' },
    { name: 'ColumnType', type: 'string' },
  ] as const
  const rows = visible(input.columns).map((column, i) => [
    literal('string', column.name),
    literal('int', String(i)),
    literal('string', SYSTEM_TYPES[column.type]),
    literal('string', column.type),
  ])
  return { kind: 'values', columns, rows }
}
