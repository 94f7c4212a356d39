import { lookupTable } from '../../../bytes/index.ts'
import type { Column, Expr, JoinKind, Rel } from '../../plan/expr.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { findColumn, readExpr, readTable } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { NameTable } from './columns.ts'

const KINDS: Readonly<Record<string, JoinKind>> = lookupTable({
  innerunique: 'innerunique',
  inner: 'inner',
  leftouter: 'leftouter',
  rightouter: 'rightouter',
  fullouter: 'fullouter',
  anti: 'leftanti',
  leftanti: 'leftanti',
  leftantisemi: 'leftanti',
  leftsemi: 'leftsemi',
  rightanti: 'rightanti',
  rightantisemi: 'rightanti',
  rightsemi: 'rightsemi',
})

/** The value of a named operator parameter such as `kind=inner`, lower case; undefined when not given. */
export function parameter(syn: Syn, name: string): string | undefined {
  return parameterNode(syn, name)?.text.toLowerCase()
}

export function parameterNode(syn: Syn, name: string): Syn | undefined {
  const found = syn.list('Parameters').find((item) => item.maybe('Name')?.simpleName.toLowerCase() === name)
  return found?.maybe('Expression')
}

export function readJoin(context: Context, left: Rel, syn: Syn): Rel {
  const kind = KINDS[parameter(syn, 'kind') ?? 'innerunique']
  if (kind === undefined) return refuse(context, syn, `join kind=${parameter(syn, 'kind')}`)
  const right = readTable({ ...context, columns: undefined }, syn.child('Expression'))
  const condition = syn.child('ConditionClause')
  if (condition.kind !== 'JoinOnClause')
    return refuse(context, syn, 'a join without `on`', 'name the key columns')
  const on = readKeys(context, left, right, condition.list('Expressions'))
  const columns = kind.startsWith('right') && kind !== 'rightouter' ? right.columns : left.columns
  const oneSided = /anti|semi/.test(kind)
  const side = kind === 'rightanti' || kind === 'rightsemi' ? 'right' : 'left'
  const items = oneSided
    ? columns.map((column) => ({ side, from: column.name, name: column.name }) as const)
    : bothSides(left, right, [])
  return joinOf(context, syn, kind, left, right, on, items)
}

export function readLookup(context: Context, left: Rel, syn: Syn): Rel {
  const kind = parameter(syn, 'kind') === 'inner' ? 'inner' : 'leftouter'
  const right = readTable({ ...context, columns: undefined }, syn.child('Expression'))
  const on = readKeys(context, left, right, syn.child('LookupClause').list('Expressions'))
  const keys = on.map((key) => (key.right.kind === 'column' ? key.right.name : ''))
  return joinOf(context, syn, kind, left, right, on, bothSides(left, right, keys))
}

type Item = Extract<Rel, { kind: 'join' }>['items'][number]

function joinOf(
  context: Context,
  syn: Syn,
  joinKind: JoinKind,
  left: Rel,
  right: Rel,
  on: readonly { left: Expr; right: Expr }[],
  items: readonly Item[],
): Rel {
  const columns = items.map(({ side, from, name }): Column => {
    const source = findColumn(side === 'left' ? left.columns : right.columns, from)
    return { ...source, name, type: source?.type ?? 'dynamic' }
  })
  return { kind: 'join', joinKind, left, right, on, items, columns, span: spanOf(context, syn) }
}

/** All left, then all right but `without`; a right name that is taken gets 1, 2 … (SEMANTICS 6). */
function bothSides(left: Rel, right: Rel, without: readonly string[]): Item[] {
  const names = new NameTable(left.columns.map((column) => column.name))
  const lefts = left.columns.map((column): Item => ({ side: 'left', from: column.name, name: column.name }))
  const rights = right.columns
    .filter((column) => !without.includes(column.name))
    .filter((column) => column.hidden !== true || findColumn(left.columns, column.name) === undefined)
    .map((column): Item => ({ side: 'right', from: column.name, name: names.free(column.name) }))
  return [...lefts, ...rights]
}

function readKeys(
  context: Context,
  left: Rel,
  right: Rel,
  nodes: readonly Syn[],
): { left: Expr; right: Expr }[] {
  const both: Context = {
    front: context.front,
    scope: context.scope,
    columns: left.columns,
    right: right.columns,
  }
  return nodes.flatMap((node) => readKey(both, left, right, node))
}

function readKey(context: Context, left: Rel, right: Rel, node: Syn): { left: Expr; right: Expr }[] {
  let inner = node
  while (inner.kind === 'ParenthesizedExpression') inner = inner.child('Expression')
  if (inner.kind === 'AndExpression') {
    return [
      ...readKey(context, left, right, inner.child('Left')),
      ...readKey(context, left, right, inner.child('Right')),
    ]
  }
  if (inner.kind === 'EqualExpression') {
    const sides = [inner.child('Left'), inner.child('Right')]
    const expressions = sides.map((side) => readExpr(context, side))
    const rightFirst = /^\$right\b/.test(sides[0]?.text ?? '')
    const [first, second] = rightFirst ? [expressions[1], expressions[0]] : expressions
    if (first === undefined || second === undefined) return refuse(context, node, 'this join key')
    return [{ left: first, right: second }]
  }
  if (inner.kind === 'NameReference') {
    const name = inner.simpleName
    const [a, b] = [findColumn(left.columns, name), findColumn(right.columns, name)]
    if (a !== undefined && b !== undefined) {
      return [{ left: { kind: 'column', name, type: a.type }, right: { kind: 'column', name, type: b.type } }]
    }
  }
  return refuse(
    context,
    node,
    `the join condition ‘${node.text}’`,
    'only equalities joined with `and` are possible',
  )
}
