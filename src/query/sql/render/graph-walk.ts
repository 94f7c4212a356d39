import type { Expr } from '../../plan/expr.ts'
import {
  DEGREE_IN,
  DEGREE_OUT,
  elementsIn,
  type GraphPattern,
  type PatternEdge,
  propertiesIn,
  propertyOf,
} from '../../plan/graph.ts'
import { partsOf } from '../../plan/parts.ts'
import { renderCondition } from './expression.ts'
import { type GraphTables, nodeProperty, withDegrees } from './graph.ts'
import { columnNamed, exprScope, type TableScope } from './scope.ts'

/** Conditions by the one element they are about, so that they are asked when it is chosen rather than of whole matches. */
export interface Conditions {
  readonly nodes: ReadonlyMap<string, readonly Expr[]>
  /** On an edge, or on every edge of a path. */
  readonly edges: ReadonlyMap<string, readonly Expr[]>
  /** On every node inside a path. */
  readonly inner: ReadonlyMap<string, readonly Expr[]>
  /** Those about several elements, or about a path as a whole. */
  readonly rest: readonly Expr[]
}

export function sortConditions(pattern: GraphPattern, conditions: readonly Expr[]): Conditions {
  const kinds = {
    nodes: new Map<string, Expr[]>(),
    edges: new Map<string, Expr[]>(),
    inner: new Map<string, Expr[]>(),
  }
  const rest: Expr[] = []
  const put = (map: Map<string, Expr[]>, element: string, expr: Expr): void => {
    map.set(element, [...(map.get(element) ?? []), expr])
  }
  for (const expr of conditions) {
    const [element, second] = elementsIn(expr)
    const edge = pattern.edges.find(({ name }) => name === element)
    if (element === undefined || second !== undefined) rest.push(expr)
    else if (expr.kind === 'along' && expr.name === 'all')
      put(expr.over === 'edges' ? kinds.edges : kinds.inner, element, expr.each)
    else if (edge === undefined) put(kinds.nodes, element, expr)
    else if (edge.hops === undefined) put(kinds.edges, element, expr)
    else rest.push(expr)
  }
  return { ...kinds, rest }
}

/** True where some expression asks for the number of edges at a node. */
export function asksDegrees(exprs: readonly Expr[]): boolean {
  const own = (expr: Expr): string[] => [
    ...propertiesIn(expr),
    ...alongIn(expr).flatMap((inner) => propertiesIn(inner)),
  ]
  return exprs.flatMap(own).some((name) => [DEGREE_IN, DEGREE_OUT].includes(propertyOf(name).property))
}

function alongIn(expr: Expr): readonly Expr[] {
  return expr.kind === 'along' ? [expr.each] : partsOf(expr).flatMap(alongIn)
}

/** The tables of a graph, the degrees among the properties of the nodes if they are asked for. */
export function tablesFor(scope: TableScope, tables: GraphTables, exprs: readonly Expr[]): GraphTables {
  if (!asksDegrees(exprs)) return tables
  return { ...tables, nodes: { ...tables.nodes, from: withDegrees(scope, tables) } }
}

/** Table of the numbers of the nodes that meet conditions; undefined where there are none. */
export function nodesThat(
  scope: TableScope,
  { nodes }: GraphTables,
  conditions: readonly Expr[] | undefined,
): string | undefined {
  if (conditions === undefined) return undefined
  const row = {
    ...exprScope(scope, nodes),
    relation: undefined,
    column: (name: string) => nodeProperty(nodes, propertyOf(name).property),
  }
  const met = conditions.map((expr) => renderCondition(row, expr)).join(' AND ')
  return scope.builder.add(`SELECT "$g_node" FROM ${nodes.from} WHERE ${met}`)
}

/** Edges as steps from one node to the next: the way a pattern's edge is walked from the end that is known. */
export function stepsOf(
  scope: TableScope,
  { edges, nodes, idType }: GraphTables,
  edge: PatternEdge,
  from: 'left' | 'right',
  conditions: Conditions,
): string {
  const row = {
    ...exprScope(scope, edges),
    relation: undefined,
    column: (name: string) => columnNamed(edges, propertyOf(name).property).sql,
  }
  const asked = (conditions.edges.get(edge.name) ?? []).map((expr) => renderCondition(row, expr))
  const where = asked.length === 0 ? '' : ` WHERE ${asked.join(' AND ')}`
  const step = (near: string, far: string): string =>
    `SELECT "$g_edge", ${near} AS "$near", ${far} AS "$far" FROM ${edges.from}${where}`
  const [along, against] = [step('"$g_from"', '"$g_to"'), step('"$g_to"', '"$g_from"')]
  const forward = (edge.points === 'right') === (from === 'left')
  const body = edge.points === 'either' ? `${along} UNION ALL ${against}` : forward ? along : against
  const steps = scope.builder.add(body, true)
  const inner = nodesThat(scope, { edges, nodes, idType }, conditions.inner.get(edge.name))
  if (inner === undefined) return steps
  // Whether a path may go on from here: the node a step leaves is then inside the path.
  return scope.builder.add(
    `SELECT *, "$near" IN (SELECT "$g_node" FROM ${inner}) AS "$on" FROM ${steps}`,
    true,
  )
}
