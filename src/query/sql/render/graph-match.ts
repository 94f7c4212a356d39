import type { Column, Expr, NamedExpr } from '../../plan/expr.ts'
import {
  type AlongPath,
  type GraphPattern,
  type GraphRel,
  type PatternEdge,
  propertyOf,
} from '../../plan/graph.ts'
import { identifiers, type Relation } from '../relation.ts'
import { type ExprScope, renderAs, renderCondition } from './expression.ts'
import { type GraphTables, nodeProperty, renderGraph } from './graph.ts'
import { type Conditions, nodesThat, sortConditions, stepsOf, tablesFor } from './graph-walk.ts'
import { ascending, columnNamed, rowless, type TableScope } from './scope.ts'

/**
 * Matches found so far: a table with the node number `$nI` of every node variable chosen, the edge number `$eJ` of every
 * single edge, and of every path the lists `$pJ` of its edges and `$iJ` of the nodes between them, as read from the left.
 */
export interface Matches {
  readonly from: string
  readonly nodes: ReadonlySet<number>
  readonly edges: ReadonlySet<number>
}

/** `graph-match`: the pattern is walked edge by edge from the node that conditions narrow down most. */
export function renderMatch(scope: TableScope, rel: Extract<GraphRel, { kind: 'graph-match' }>): Relation {
  const exprs = [...rel.conditions, ...rel.items.map((item) => item.expr)]
  const tables = tablesFor(scope, renderGraph(scope, rel.graph), exprs)
  const conditions = sortConditions(rel.pattern, rel.conditions)
  const found = walkPattern(scope, tables, rel.pattern, conditions, rel.cycles)
  return rowsOf(scope, tables, rel.pattern, found, conditions.rest, rel)
}

/** All matches of a pattern, but for the conditions about several elements. */
export function walkPattern(
  scope: TableScope,
  tables: GraphTables,
  pattern: GraphPattern,
  conditions: Conditions,
  cycles: 'unique_edges' | 'none' | 'all',
): Matches {
  const allowed = pattern.nodes.map((node) => nodesThat(scope, tables, conditions.nodes.get(node)))
  const first = firstNode(pattern, conditions)
  const start = allowed[first] ?? tables.nodes.from
  let found: Matches = {
    from: scope.builder.add(`SELECT "$g_node" AS "$n${first}" FROM ${start}`),
    nodes: new Set([first]),
    edges: new Set(),
  }
  while (found.edges.size < pattern.edges.length) {
    const walk = nextWalk(pattern, found)
    const steps = stepsOf(scope, tables, walk.edge, walk.from, conditions)
    const kept = keptColumns(pattern, found)
    const added = { ...walk, kept, steps, cycles, allowed: allowed[walk.far] }
    const { hops, name } = walk.edge
    const body =
      hops === undefined
        ? oneEdge(pattern, found, added)
        : onePath(pattern, found, towardsGoal(scope, added, hops.max), hops, conditions.inner.has(name))
    found = {
      from: scope.builder.add(body, true),
      nodes: new Set([...found.nodes, walk.far]),
      edges: new Set([...found.edges, walk.index]),
    }
  }
  return found
}

/** The node to begin with: one that must equal something, else one with any condition, else the first. */
function firstNode(pattern: GraphPattern, conditions: Conditions): number {
  const weight = (node: string): number => {
    const own = conditions.nodes.get(node)
    if (own === undefined) return 0
    return own.some((expr) => expr.kind === 'list' || (expr.kind === 'call' && expr.name === '==')) ? 2 : 1
  }
  const weights = pattern.nodes.map(weight)
  return weights.indexOf(Math.max(...weights))
}

interface Walk {
  readonly edge: PatternEdge
  readonly index: number
  /** The end that is known, and the numbers of both nodes. */
  readonly from: 'left' | 'right'
  readonly near: number
  readonly far: number
  readonly isClosed: boolean
}

interface Step extends Walk {
  readonly kept: readonly string[]
  readonly steps: string
  readonly cycles: 'unique_edges' | 'none' | 'all'
  readonly allowed: string | undefined
  /** Whether the steps know how far the nearest end is. */
  readonly hasGoal?: boolean
}

/** The edge to walk next: one between two known nodes filters, and a single edge grows less than a path. */
function nextWalk(pattern: GraphPattern, found: Matches): Walk {
  const open = pattern.edges.flatMap((edge, index): Walk[] => {
    const [left, right] = [pattern.nodes.indexOf(edge.left), pattern.nodes.indexOf(edge.right)]
    if (found.edges.has(index)) return []
    const isClosed = found.nodes.has(left) && found.nodes.has(right)
    if (found.nodes.has(left)) return [{ edge, index, from: 'left', near: left, far: right, isClosed }]
    if (found.nodes.has(right)) return [{ edge, index, from: 'right', near: right, far: left, isClosed }]
    return []
  })
  const cost = ({ edge, isClosed }: Walk): number => (edge.hops === undefined ? 0 : 2) + (isClosed ? 0 : 1)
  const [best] = open.sort((a, b) => cost(a) - cost(b))
  if (best === undefined) throw new Error('invariant: a pattern is connected')
  return best
}

function keptColumns(pattern: GraphPattern, { nodes, edges }: Matches): string[] {
  return [
    ...[...nodes].map((node) => `"$n${node}"`),
    ...[...edges].flatMap((edge) =>
      pattern.edges[edge]?.hops === undefined ? [`"$e${edge}"`] : [`"$p${edge}"`, `"$i${edge}"`],
    ),
  ]
}

/** No edge of the match may be taken again. */
function edgeIsNew(pattern: GraphPattern, found: Matches, edge: string): string[] {
  return [...found.edges].map((other) =>
    pattern.edges[other]?.hops === undefined
      ? `"m"."$e${other}" <> ${edge}`
      : `NOT list_contains("m"."$p${other}", ${edge})`,
  )
}

/** No node of the match may be met again, neither a variable's (but those excepted) nor one inside a path. */
function nodeIsNew(pattern: GraphPattern, found: Matches, node: string, except: number): string[] {
  const variables = [...found.nodes].flatMap((other) =>
    other === except ? [] : [`"m"."$n${other}" <> ${node}`],
  )
  const paths = [...found.edges].flatMap((other) =>
    pattern.edges[other]?.hops === undefined ? [] : [`NOT list_contains("m"."$i${other}", ${node})`],
  )
  return [...variables, ...paths]
}

function oneEdge(pattern: GraphPattern, found: Matches, step: Step): string {
  const { near, far, isClosed, index, cycles, allowed } = step
  const on = [`"w"."$near" = "m"."$n${near}"`]
  if (isClosed) on.push(`"w"."$far" = "m"."$n${far}"`)
  if (allowed !== undefined && !isClosed) on.push(`"w"."$far" IN (SELECT "$g_node" FROM ${allowed})`)
  if (cycles === 'unique_edges') on.push(...edgeIsNew(pattern, found, '"w"."$g_edge"'))
  if (cycles === 'none' && !isClosed) on.push(...nodeIsNew(pattern, found, '"w"."$far"', -1))
  const added = [`"w"."$g_edge" AS "$e${index}"`, ...(isClosed ? [] : [`"w"."$far" AS "$n${far}"`])]
  const cells = [...step.kept.map((name) => `"m".${name}`), ...added]
  return `SELECT ${cells.join(', ')} FROM ${found.from} AS "m" JOIN ${step.steps} AS "w" ON ${on.join(' AND ')}`
}

/**
 * Where the far end of a path must meet conditions, how many edges are left from each step to the nearest such node: a path
 * that can no longer come there is not walked on.
 */
function towardsGoal(scope: TableScope, step: Step, max: number): Step {
  const { allowed, isClosed, steps } = step
  if (allowed === undefined || isClosed || max === 0) return step
  const distances = scope.builder.add(
    `WITH RECURSIVE "$goal" ("$v", "$d") USING KEY ("$v") AS (SELECT "$g_node", 0 FROM ${allowed} UNION SELECT "w"."$near", "g"."$d" + 1 FROM "$goal" AS "g" JOIN ${steps} AS "w" ON "w"."$far" = "g"."$v" LEFT JOIN recurring."$goal" AS "k" ON "k"."$v" = "w"."$near" WHERE "k"."$v" IS NULL AND "g"."$d" < ${max - 1}) SELECT * FROM "$goal"`,
    true,
  )
  const body = `SELECT "w".*, "g"."$d" AS "$left" FROM ${steps} AS "w" JOIN ${distances} AS "g" ON "g"."$v" = "w"."$far"`
  return { ...step, steps: scope.builder.add(body, true), hasGoal: true }
}

/** A path grows by one edge at a time from the matches so far; it ends where its length and last node are right. */
function onePath(
  pattern: GraphPattern,
  found: Matches,
  step: Step,
  hops: { readonly min: number; readonly max: number },
  hasInner: boolean,
): string {
  const { near, far, isClosed, index, cycles, allowed, kept } = step
  const grown = (list: string, item: string): string =>
    step.from === 'left' ? `list_append(${list}, ${item})` : `list_prepend(${item}, ${list})`
  const left = step.hasGoal === true ? ' + "w"."$left"' : ''
  const on = ['"w"."$near" = "m"."$at"', `"m"."$d"${left} < ${hops.max}`]
  if (hasInner) on.push('("m"."$d" = 0 OR "w"."$on")')
  if (cycles === 'unique_edges')
    on.push('NOT list_contains("m"."$p", "w"."$g_edge")', ...edgeIsNew(pattern, found, '"w"."$g_edge"'))
  if (cycles === 'none') {
    on.push('"w"."$far" <> "m"."$at"', 'NOT list_contains("m"."$i", "w"."$far")')
    on.push(...nodeIsNew(pattern, found, '"w"."$far"', isClosed && far !== near ? far : -1))
    if (isClosed && far !== near) on.push(`"m"."$at" <> "m"."$n${far}"`)
  }
  const next = [
    ...kept.map((name) => `"m".${name}`),
    '"w"."$far"',
    grown('"m"."$p"', '"w"."$g_edge"'),
    `CASE WHEN "m"."$d" = 0 THEN "m"."$i" ELSE ${grown('"m"."$i"', '"m"."$at"')} END`,
    '"m"."$d" + 1',
  ]
  const begin = `SELECT ${kept.join(', ')}, "$n${near}" AS "$at", CAST([] AS BIGINT[]) AS "$p", CAST([] AS BIGINT[]) AS "$i", 0 AS "$d" FROM ${found.from}`
  const grow = `SELECT ${next.join(', ')} FROM "$walk" AS "m" JOIN ${step.steps} AS "w" ON ${on.join(' AND ')}`
  const ends = [`"$d" >= ${hops.min}`]
  if (isClosed) ends.push(`"$at" = "$n${far}"`)
  else if (allowed !== undefined) ends.push(`"$at" IN (SELECT "$g_node" FROM ${allowed})`)
  const cells = [
    ...kept,
    ...(isClosed ? [] : [`"$at" AS "$n${far}"`]),
    `"$p" AS "$p${index}"`,
    `"$i" AS "$i${index}"`,
  ]
  return `WITH RECURSIVE "$walk" AS (${begin} UNION ALL ${grow}) SELECT ${cells.join(', ')} FROM "$walk" WHERE ${ends.join(' AND ')}`
}

/** The rows of matches: remaining conditions and the columns of `project`. `shortest` keeps some matches of each pair. */
export function rowsOf(
  scope: TableScope,
  tables: GraphTables,
  pattern: GraphPattern,
  found: Matches,
  rest: readonly Expr[],
  output: { readonly items: readonly NamedExpr[]; readonly columns: readonly Column[] },
  shortest = '',
): Relation {
  const used = new Map<string, string>()
  const row = matchScope(scope, tables, pattern, used)
  const names = identifiers(output.items.map((item) => item.name))
  const cells = output.items.map(
    ({ expr }, i) => `${renderAs(row, expr, output.columns[i]?.type ?? expr.type)} AS ${names[i]}`,
  )
  const met = rest.map((expr) => renderCondition(row, expr))
  const where = met.length === 0 ? '' : ` WHERE ${met.join(' AND ')}`
  // Kusto promises no order; ours is that of nodes and edges, so that the same evidence gives the same rows.
  const order = [
    ...pattern.nodes.map((_node, i) => `"m"."$n${i}"`),
    ...pattern.edges.map(({ hops }, i) => `"m"."${hops === undefined ? '$e' : '$p'}${i}"`),
  ]
  const extras = identifiers(
    order.map((_key, i) => `$m${i}`),
    names,
  )
  cells.push(...order.map((key, i) => `${key} AS ${extras[i]}`))
  const from = scope.builder.add(
    `SELECT ${cells.join(', ')} FROM ${found.from} AS "m"${[...used.values()].join('')}${where}${shortest}`,
  )
  return {
    from,
    columns: output.columns.map((column, i) => ({ ...column, sql: names[i] ?? '' })),
    extras,
    order: extras.map(ascending),
    partition: undefined,
  }
}

/** Expressions over a match; `used` collects the joins to the nodes and edges they read. */
function matchScope(
  scope: TableScope,
  tables: GraphTables,
  pattern: GraphPattern,
  used: Map<string, string>,
): ExprScope {
  const property = (name: string): string => {
    const { element, property: own } = propertyOf(name)
    const node = pattern.nodes.indexOf(element)
    if (node >= 0) {
      used.set(element, ` JOIN ${tables.nodes.from} AS "n${node}" ON "n${node}"."$g_node" = "m"."$n${node}"`)
      return `"n${node}".${nodeProperty(tables.nodes, own)}`
    }
    const edge = pattern.edges.findIndex((candidate) => candidate.name === element)
    if (edge < 0) throw new Error(`invariant: no element ${element}`)
    used.set(element, ` JOIN ${tables.edges.from} AS "e${edge}" ON "e${edge}"."$g_edge" = "m"."$e${edge}"`)
    return `"e${edge}".${columnNamed(tables.edges, own).sql}`
  }
  const row = { ...rowless(scope), column: property }
  return { ...row, along: (expr) => alongPath(tables, pattern, row, expr) }
}

/** `all`, `any` (where null counts as false) and `map` (which keeps null) over the elements of a path, in their order. */
function alongPath(tables: GraphTables, pattern: GraphPattern, row: ExprScope, expr: AlongPath): string {
  const edge = pattern.edges.findIndex((candidate) => candidate.name === expr.edge)
  const isEdge = expr.over === 'edges'
  const list = `"m"."${isEdge ? '$p' : '$i'}${edge}"`
  const { from } = isEdge ? tables.edges : tables.nodes
  const each: ExprScope = {
    ...row,
    column: (name) => {
      const { element, property } = propertyOf(name)
      if (element !== '') return row.column(name)
      return `"x".${isEdge ? columnNamed(tables.edges, property).sql : nodeProperty(tables.nodes, property)}`
    },
  }
  const rows = `FROM (SELECT unnest(${list}) AS "$id", unnest(range(len(${list}))) AS "$at") AS "u" JOIN ${from} AS "x" ON "x"."${isEdge ? '$g_edge' : '$g_node'}" = "u"."$id"`
  switch (expr.name) {
    case 'map':
      return `to_json(coalesce((SELECT list(${renderAs(each, expr.each, 'dynamic')} ORDER BY "u"."$at") ${rows}), CAST([] AS JSON[])))`
    case 'all':
      return `coalesce((SELECT bool_and(coalesce(${renderCondition(each, expr.each)}, false)) ${rows}), true)`
    case 'any':
      return `coalesce((SELECT bool_or(coalesce(${renderCondition(each, expr.each)}, false)) ${rows}), false)`
  }
}
