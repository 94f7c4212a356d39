import type { GraphPattern, GraphRel } from '../../plan/graph.ts'
import type { Relation } from '../relation.ts'
import { type GraphTables, renderGraph } from './graph.ts'
import { type Matches, rowsOf, walkPattern } from './graph-match.ts'
import { type Conditions, nodesThat, sortConditions, stepsOf, tablesFor } from './graph-walk.ts'
import type { TableScope } from './scope.ts'

type ShortestPaths = Extract<GraphRel, { kind: 'graph-shortest-paths' }>

/**
 * `graph-shortest-paths`: of the paths that meet every node once and fit the conditions, the shortest ones of each pair of
 * ends. Where conditions are about ends, single edges and single inner nodes alone, the graph is searched in breadth; else
 * the paths are walked one by one.
 */
export function renderShortestPaths(scope: TableScope, rel: ShortestPaths): Relation {
  const exprs = [...rel.conditions, ...rel.items.map((item) => item.expr)]
  const tables = tablesFor(scope, renderGraph(scope, rel.graph), exprs)
  const conditions = sortConditions(rel.pattern, rel.conditions)
  const min = rel.pattern.edges[0]?.hops?.min ?? 1
  const isBroad = conditions.rest.length === 0 && min <= 1
  const found = isBroad
    ? searchInBreadth(scope, tables, rel.pattern, conditions, rel.output)
    : walkPattern(scope, tables, rel.pattern, conditions, 'none')
  const rank = rel.output === 'all' ? 'rank()' : 'row_number()'
  const first = rel.output === 'all' ? 'len("m"."$p0")' : 'len("m"."$p0"), "m"."$p0"'
  const kept = ` QUALIFY ${rank} OVER (PARTITION BY "m"."$n0", "m"."$n${rel.pattern.nodes.length - 1}" ORDER BY ${first}) = 1`
  return rowsOf(scope, tables, rel.pattern, found, conditions.rest, rel, kept)
}

/**
 * Distances from the nodes of one end first, then back from the nodes of the other end along steps that come nearer. A
 * shortest way never meets a node twice, so this finds the same paths without walking the longer ones.
 */
function searchInBreadth(
  scope: TableScope,
  tables: GraphTables,
  pattern: GraphPattern,
  conditions: Conditions,
  output: 'any' | 'all',
): Matches {
  const { builder } = scope
  const [edge] = pattern.edges
  const hops = edge?.hops
  if (edge === undefined || hops === undefined) throw new Error('invariant: a shortest path has one edge')
  const ends = [edge.left, edge.right].map((node) => nodesThat(scope, tables, conditions.nodes.get(node)))
  const from = ends[0] === undefined && ends[1] !== undefined ? 'right' : 'left'
  const [seeds, goals] = from === 'left' ? ends : [ends[1], ends[0]]
  const steps = stepsOf(scope, tables, edge, from, conditions)
  const on = conditions.inner.has(edge.name) ? ' AND ("r"."$d" = 0 OR "w"."$on")' : ''
  const reached = builder.add(
    `WITH RECURSIVE "$reach" ("$s", "$v", "$d") USING KEY ("$s", "$v") AS (SELECT "$g_node", "$g_node", 0 FROM ${seeds ?? tables.nodes.from} UNION SELECT "r"."$s", "w"."$far", "r"."$d" + 1 FROM "$reach" AS "r" JOIN ${steps} AS "w" ON "w"."$near" = "r"."$v"${on} LEFT JOIN recurring."$reach" AS "k" ON "k"."$s" = "r"."$s" AND "k"."$v" = "w"."$far" WHERE "k"."$v" IS NULL AND "r"."$d" < ${hops.max}) SELECT * FROM "$reach"`,
    true,
  )
  const nearer = `FROM ${reached} AS "r" JOIN ${steps} AS "w" ON "w"."$near" = "r"."$v"${on} JOIN ${reached} AS "k" ON "k"."$s" = "r"."$s" AND "k"."$v" = "w"."$far" AND "k"."$d" = "r"."$d" + 1`
  const links = builder.add(
    output === 'all'
      ? `SELECT "r"."$s", "w"."$far", "w"."$near", "w"."$g_edge" ${nearer}`
      : `SELECT "r"."$s", "w"."$far", arg_min("w"."$near", "w"."$g_edge") AS "$near", min("w"."$g_edge") AS "$g_edge" ${nearer} GROUP BY "r"."$s", "w"."$far"`,
    true,
  )
  const grown = (list: string, item: string): string =>
    from === 'left' ? `list_prepend(${item}, ${list})` : `list_append(${list}, ${item})`
  const goal = goals === undefined ? '' : ` AND "$v" IN (SELECT "$g_node" FROM ${goals})`
  const begin = `SELECT "$s", "$v" AS "$t", "$v" AS "$at", "$d", CAST([] AS BIGINT[]) AS "$p", CAST([] AS BIGINT[]) AS "$i" FROM ${reached} WHERE "$d" >= ${hops.min}${goal}`
  const back = `SELECT "b"."$s", "b"."$t", "l"."$near", "b"."$d" - 1, ${grown('"b"."$p"', '"l"."$g_edge"')}, CASE WHEN "b"."$d" = 1 THEN "b"."$i" ELSE ${grown('"b"."$i"', '"l"."$near"')} END FROM "$back" AS "b" JOIN ${links} AS "l" ON "l"."$s" = "b"."$s" AND "l"."$far" = "b"."$at" WHERE "b"."$d" > 0`
  const [left, right] = from === 'left' ? ['$s', '$t'] : ['$t', '$s']
  const body = `WITH RECURSIVE "$back" AS (${begin} UNION ALL ${back}) SELECT "${left}" AS "$n0", "${right}" AS "$n1", "$p" AS "$p0", "$i" AS "$i0" FROM "$back" WHERE "$d" = 0`
  return { from: builder.add(body, true), nodes: new Set([0, 1]), edges: new Set([0]) }
}
