import type { ExpandColumn, Rel } from '../../plan/expr.ts'
import type { KustoType } from '../../sql/types.ts'
import { type Context, refuse, Scope } from '../context.ts'
import { literal } from '../literals.ts'
import { findColumn, readExpr, readTable } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { NameTable } from './columns.ts'
import { parameter, parameterNode } from './join.ts'

function readItems(context: Context, syn: Syn): ExpandColumn[] {
  const names = new NameTable()
  return syn.list('Expressions').map((node) => {
    const value = /^Mv(Expand|Apply)Expression$/.test(node.kind) ? node.child('Expression') : node
    const explicit = value.kind === 'SimpleNamedExpression' ? value.child('Name').simpleName : undefined
    const inner = explicit === undefined ? value : value.child('Expression')
    const to = node.maybe('ToTypeOf')?.maybe('TypeOf')
    const type = to === undefined ? undefined : ((to.symbolName ?? 'dynamic') as KustoType)
    return {
      name: names.free(explicit ?? inner.resultName ?? 'Column1'),
      expr: readExpr(context, inner),
      to: type === 'dynamic' ? undefined : type,
    }
  })
}

/** Input columns with the expanded ones in place, new ones last, the index after them (SEMANTICS 9). */
function expandedColumns(
  input: Rel,
  items: readonly ExpandColumn[],
  index: string | undefined,
): Rel['columns'] {
  const kept = input.columns.map((column) => {
    const item = items.find((candidate) => candidate.name === column.name)
    return item === undefined ? column : { name: column.name, type: item.to ?? ('dynamic' as const) }
  })
  const added = items
    .filter((item) => findColumn(input.columns, item.name) === undefined)
    .map((item) => ({ name: item.name, type: item.to ?? ('dynamic' as const) }))
  return [...kept, ...added, ...(index === undefined ? [] : [{ name: index, type: 'long' as const }])]
}

export function readMvExpand(context: Context, input: Rel, syn: Syn): Rel {
  const items = readItems(context, syn)
  const index = parameterNode(syn, 'with_itemindex')?.simpleName
  const limit = syn.maybe('RowLimitClause')?.child('RowLimit')
  const bags = parameter(syn, 'bagexpansion') ?? parameter(syn, 'kind')
  // The older spelling stops at 128 rows of a row unless told [reference].
  const old = /^mvexpand\b/i.test(syn.text.trimStart()) ? literal('long', '128') : undefined
  return {
    kind: 'expand',
    input,
    items,
    index,
    limit: limit === undefined ? old : readExpr(context, limit),
    bagArrays: bags === 'array',
    columns: expandedColumns(input, items, index),
  }
}

export function readMvApply(context: Context, input: Rel, syn: Syn): Rel {
  if (syn.maybe('ContextIdClause') !== undefined) return refuse(context, syn, 'mv-apply with `id`')
  const items = readItems(context, syn)
  const index = parameterNode(syn, 'with_itemindex')?.simpleName
  const limit = syn.maybe('RowLimitClause')?.child('RowLimit')
  context.front.counter += 1
  const id = context.front.counter
  const leaf: Rel = { kind: 'apply-input', id, columns: expandedColumns(input, items, index) }
  const sub = readTable(pipedInto(context, leaf), syn.child('Subquery'))
  const names = new Set(sub.columns.map((column) => column.name))
  const bound = syn.columns?.map((column) => column.name) ?? []
  const outer = input.columns.filter((column) => !names.has(column.name) && bound.includes(column.name))
  // The binder's order decides; columns it does not list (open tables) go last.
  const all = [...outer, ...sub.columns]
  const columns = bound.flatMap((name) => findColumn(all, name) ?? [])
  return {
    kind: 'apply',
    input,
    items,
    index,
    limit: limit === undefined ? undefined : readExpr(context, limit),
    id,
    sub,
    columns: columns.length === 0 ? all : columns,
  }
}

/** A context whose subquery starts with an operator: it takes `leaf` as its input. */
export function pipedInto(context: Context, leaf: Rel): Context {
  const scope = new Scope(context.scope)
  scope.set('$input', { kind: 'table', rel: leaf, name: '$input' })
  return { front: context.front, scope, columns: undefined }
}
