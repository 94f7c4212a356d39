import type { Column, Rel } from '../../plan/expr.ts'
import { type Context, note } from '../context.ts'
import { callTable, readTable, tableNamed } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { isPattern, NameTable, wildcard } from './columns.ts'
import { parameter, parameterNode } from './join.ts'

interface Branch {
  readonly rel: Rel
  readonly source: string
}

/** `union`: with a piped table, that one is the first branch. */
export function readUnion(context: Context, piped: Rel | undefined, syn: Syn): Rel {
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  const nodes = syn.list('Expressions')
  const branches: Branch[] = piped === undefined ? [] : [{ rel: piped, source: sourceName(outer, piped, 0) }]
  for (const node of nodes) branches.push(...branchesOf(outer, node, branches.length))
  const withSource = parameterNode(syn, 'withsource') ?? parameterNode(syn, 'with_source')
  const inner = parameter(syn, 'kind') === 'inner'
  return unionOf(branches, withSource?.simpleName, inner)
}

function branchesOf(context: Context, node: Syn, index: number): Branch[] {
  if (isPattern(node) || node.kind === 'StarExpression') {
    const matches = wildcard(node.kind === 'StarExpression' ? '*' : node.simpleName)
    const tables = context.front.options.schema.tables
      .filter((table) => matches(table.name))
      .map((table): Branch => ({ rel: tableOf(context, table.name), source: table.name }))
    return [...tables, ...viewsOf(context, node, matches)]
  }
  const missing = missingTable(context, node)
  if (missing !== undefined) {
    // Only `isfuzzy=true` gets here: otherwise the binder has reported the missing table.
    note(
      context,
      'query/stand-in',
      `the table ‘${missing}’ does not exist; the fuzzy union leaves it out`,
      node,
    )
    return []
  }
  const rel = readTable(context, node)
  const isView = node.kind === 'NameReference' && context.scope.get(node.simpleName)?.kind === 'function'
  const named = isView && rel.kind !== 'table' ? node.simpleName : undefined
  return [{ rel, source: named ?? sourceName(context, rel, index) }]
}

/** The name of a table a branch starts from, when there is no such table. */
function missingTable(context: Context, node: Syn): string | undefined {
  let inner = node
  while (/^(Pipe|Parenthesized)Expression$/.test(inner.kind)) inner = inner.child('Expression')
  if (inner.kind !== 'NameReference' || inner.symbolKind !== undefined) return undefined
  return context.scope.get(inner.simpleName) === undefined ? inner.simpleName : undefined
}

/** `let V = view () {…}` takes part in wildcards; other functions and variables do not. */
function viewsOf(context: Context, node: Syn, matches: (name: string) => boolean): Branch[] {
  return context.scope.names().flatMap((name) => {
    const binding = context.scope.get(name)
    if (binding?.kind !== 'function' || !matches(name)) return []
    const isView = binding.declaration.maybe('ViewKeyword')?.text === 'view'
    return isView ? [{ rel: callTable(context, node, binding, [], undefined, true), source: name }] : []
  })
}

function tableOf(context: Context, name: string): Rel {
  return tableNamed(context, name) ?? { kind: 'values', columns: [], rows: [] }
}

/** The name `as` gave the rows, that of the stored table, or a number; the name of a `let` is none (S7). */
function sourceName(context: Context, rel: Rel, index: number): string {
  const given = context.scope.names().findLast((name) => {
    const binding = context.scope.get(name)
    return binding?.kind === 'table' && binding.marked === true && binding.rel === rel
  })
  return given ?? (rel.kind === 'table' ? rel.name : `union_arg${index}`)
}

/**
 * Every column of every branch; a name with several types splits into `n_long`, `n_string` … (SEMANTICS 7). Order is
 * that of first appearance. A column that is hidden in all branches stays so.
 */
export function unionOf(branches: readonly Branch[], withSource: string | undefined, inner = false): Rel {
  const types = new Map<string, Set<Column['type']>>()
  for (const { rel } of branches) {
    for (const column of rel.columns) {
      const set = types.get(column.name) ?? new Set()
      types.set(column.name, set.add(column.type))
    }
  }
  const common = (name: string): boolean =>
    branches.every(({ rel }) => rel.columns.some((column) => column.name === name))
  const split = (name: string): boolean => (types.get(name)?.size ?? 1) > 1
  // A column already called `x_long` keeps its name; the half of a split `x` becomes `x_long1` [reference, union].
  const names = new NameTable([
    ...(withSource === undefined ? [] : [withSource]),
    ...[...types.keys()].filter((name) => !split(name) && name !== withSource),
  ])
  const output = new Map<string, Column>()
  for (const { rel } of branches) {
    for (const column of rel.columns) {
      const key = `${column.name}\u0000${column.type}`
      const known = output.get(key)
      if (known?.hidden === true && column.hidden !== true)
        output.set(key, { name: known.name, type: known.type })
      if (known !== undefined || (inner && !common(column.name))) continue
      const name = split(column.name)
        ? names.free(`${column.name}_${column.type}`)
        : column.name === withSource
          ? names.free(column.name)
          : column.name
      output.set(key, { ...column, name })
    }
  }
  const inputs = branches.map(({ rel, source }) => ({
    rel,
    source,
    map: new Map(
      rel.columns.flatMap((column) => {
        const target = output.get(`${column.name}\u0000${column.type}`)
        return target === undefined ? [] : [[target.name, column.name] as const]
      }),
    ),
  }))
  const first: Column[] = withSource === undefined ? [] : [{ name: withSource, type: 'string' }]
  return { kind: 'union', inputs, withSource, columns: [...first, ...output.values()] }
}
