import type { Column, Expr, Rel } from '../../plan/expr.ts'
import { DEGREE_IN, DEGREE_OUT, type Graph, type GraphRel, NODE_ID } from '../../plan/graph.ts'
import { identifiers, over, type Relation } from '../relation.ts'
import { renderExpr } from './expression.ts'
import { ascending, columnNamed, plain, refuseAt, renderRel, rowless, type TableScope } from './scope.ts'

/** A graph as two tables: nodes are numbered from 1 in the order they are first met, edges in the order of their rows. */
export interface GraphTables {
  /** Columns of an edge, its number `$g_edge`, and the numbers of the nodes at its ends, `$g_from` and `$g_to`. */
  readonly edges: Relation
  /** Properties of a node, its number `$g_node` and its id `$g_id`. */
  readonly nodes: Relation
  readonly idType: Column['type']
}

/** The tables of a graph; one that is used twice is made once. */
export function renderGraph(scope: TableScope, graph: Graph): GraphTables {
  const known = scope.graphs.get(graph)
  if (known !== undefined) return known
  if (!scope.dialect.hasRecursion)
    return refuseAt(scope, graph.span, `a graph on ${scope.dialect.name}`, 'run it on DuckDB')
  const tables = graph.kind === 'make-graph' ? makeGraph(scope, graph) : markComponents(scope, graph)
  scope.graphs.set(graph, tables)
  return tables
}

type MakeGraph = Extract<Graph, { kind: 'make-graph' }>

/** Larger than any number of rows: keeps the rows of one table before those of the next. */
const APART = 1_000_000_000_000_000n

/** Null is an id like any other, so ids are compared with IS NOT DISTINCT FROM throughout (S14). */
function makeGraph(scope: TableScope, graph: MakeGraph): GraphTables {
  const { builder } = scope
  const edges = numbered(scope, graph, graph.edges, '"$g_edge"')
  const [source, target] = [columnNamed(edges, graph.source).sql, columnNamed(edges, graph.target).sql]
  const partition = (table: Relation): string =>
    graph.partition === undefined ? 'true' : columnNamed(table, graph.partition).sql
  const given = graph.nodes.map(({ table, key }): Given => {
    const rows = numbered(scope, graph, table, '"$g_row"')
    const [id, part] = [columnNamed(rows, key).sql, partition(rows)]
    const first = `SELECT *, ${part} AS "$g_part" FROM ${rows.from} QUALIFY row_number() OVER (PARTITION BY ${id}, ${part} ORDER BY "$g_row") = 1`
    return { rows: { ...rows, from: builder.add(first, true) }, id, key }
  })
  const met = [
    ...given.map(
      ({ rows, id }, i) =>
        `SELECT "$g_part", ${id} AS "$g_id", "$g_row" + ${BigInt(i) * APART} AS "$g_at" FROM ${rows.from}`,
    ),
    `SELECT ${partition(edges)} AS "$g_part", ${source} AS "$g_id", "$g_edge" * 2 + ${2n * APART} AS "$g_at" FROM ${edges.from}`,
    `SELECT ${partition(edges)}, ${target} AS "$g_id", "$g_edge" * 2 + ${2n * APART + 1n} AS "$g_at" FROM ${edges.from}`,
  ]
  const ids = builder.add(
    `SELECT "$g_part", "$g_id", row_number() OVER (ORDER BY min("$g_at")) AS "$g_node" FROM (${met.join(' UNION ALL ')}) GROUP BY "$g_part", "$g_id"`,
    true,
  )
  const end = (alias: string, id: string): string => {
    const part = graph.partition === undefined ? 'true' : `"e".${partition(edges)}`
    return `JOIN ${ids} AS ${alias} ON ${alias}."$g_id" IS NOT DISTINCT FROM "e".${id} AND ${alias}."$g_part" IS NOT DISTINCT FROM ${part}`
  }
  const linked = `SELECT "e".*, "s"."$g_node" AS "$g_from", "t"."$g_node" AS "$g_to" FROM ${edges.from} AS "e" ${end('"s"', source)} ${end('"t"', target)}`
  const names = identifiers(graph.nodeColumns.map((column) => column.name))
  const cells = graph.nodeColumns.map(
    (column, i) => `${property(scope, graph, given, column)} AS ${names[i]}`,
  )
  const joins = given.map(
    ({ rows, id }, i) =>
      ` LEFT JOIN ${rows.from} AS "t${i}" ON "t${i}".${id} IS NOT DISTINCT FROM "k"."$g_id" AND "t${i}"."$g_part" IS NOT DISTINCT FROM "k"."$g_part"`,
  )
  const nodes = `SELECT ${['"k"."$g_node"', '"k"."$g_id"', ...cells].join(', ')} FROM ${ids} AS "k"${joins.join('')}${onlyOnce(given.length)}`
  return {
    edges: { ...edges, from: builder.add(linked, true) },
    nodes: plain(builder.add(nodes, true), graph.nodeColumns),
    idType: graph.idType,
  }
}

interface Given {
  readonly rows: Relation
  readonly id: string
  readonly key: string
}

function numbered(scope: TableScope, graph: Graph, table: Rel, as: string): Relation {
  const input = renderRel(scope, table)
  if (input.partition !== undefined)
    return refuseAt(scope, graph.span, 'a graph inside mv-apply or partition', 'make it outside')
  const body = `SELECT *, CAST(row_number() ${over(input)} AS BIGINT) AS ${as} FROM ${input.from}`
  return { ...input, from: scope.builder.add(body, true), order: [] }
}

/** A node that no table has keeps its id under the name of every table's key, and nothing else. */
function property(scope: TableScope, graph: MakeGraph, given: readonly Given[], column: Column): string {
  const empty = scope.dialect.null(column.type)
  const isKey = given.length === 0 || given.some(({ key }) => key === column.name)
  const cases = given.map(({ rows }, i) => {
    const own = rows.columns.find((candidate) => candidate.name === column.name)
    return `WHEN "t${i}"."$g_row" IS NOT NULL THEN ${own === undefined ? empty : `"t${i}".${own.sql}`}`
  })
  const other = isKey && column.type === graph.idType ? '"k"."$g_id"' : empty
  return cases.length === 0 ? other : `CASE ${cases.join(' ')} ELSE ${other} END`
}

/** The engine keeps the row of either table, the reference says it merges them: no answer would be sure. */
function onlyOnce(tables: number): string {
  if (tables < 2) return ''
  return ` WHERE CASE WHEN "t0"."$g_row" IS NOT NULL AND "t1"."$g_row" IS NOT NULL THEN error('make-graph: a node id is in both node tables, and which row counts is not defined: make one table of them first') ELSE true END`
}

function markComponents(
  scope: TableScope,
  graph: Extract<Graph, { kind: 'graph-mark-components' }>,
): GraphTables {
  const { builder } = scope
  const tables = renderGraph(scope, graph.input)
  const { edges, nodes } = tables
  builder.requiredFunctions.add('kql_graph_components')
  const pairs = `SELECT CAST(to_json(coalesce(list(["$g_from", "$g_to"] ORDER BY "$g_edge"), [])) AS VARCHAR) FROM ${edges.from}`
  const counted = `SELECT count(*) FROM ${nodes.from}`
  const labels = `SELECT CAST(CAST(kql_graph_components((${pairs}), (${counted}), ${graph.components === 'strong'}) AS JSON) AS BIGINT[]) AS "$l"`
  const rows = builder.add(
    `SELECT unnest("$l") AS "$g_component", unnest(range(1, len("$l") + 1)) AS "$g_node" FROM (${labels})`,
    true,
  )
  const taken = nodes.columns.map((column) => column.sql)
  const [as] = identifiers([graph.name], taken)
  const body = `SELECT "n".*, "c"."$g_component" AS ${as} FROM ${nodes.from} AS "n" JOIN ${rows} AS "c" ON "c"."$g_node" = "n"."$g_node"`
  const added = { name: graph.name, type: 'long' as const, sql: as ?? '' }
  return {
    ...tables,
    nodes: { ...nodes, from: builder.add(body, true), columns: [...nodes.columns, added] },
  }
}

/** The nodes with the number of edges that end and begin at them. */
export function withDegrees(scope: TableScope, { edges, nodes }: GraphTables): string {
  const counted = (end: string): string =>
    `(SELECT ${end} AS "$g_node", count(*) AS "$c" FROM ${edges.from} GROUP BY ${end})`
  return scope.builder.add(
    `SELECT "n".*, coalesce("i"."$c", 0) AS "$g_in", coalesce("o"."$c", 0) AS "$g_out" FROM ${nodes.from} AS "n" LEFT JOIN ${counted('"$g_to"')} AS "i" ON "i"."$g_node" = "n"."$g_node" LEFT JOIN ${counted('"$g_from"')} AS "o" ON "o"."$g_node" = "n"."$g_node"`,
    true,
  )
}

/** SQL name of a node's property in a table of nodes. */
export function nodeProperty(nodes: Relation, name: string): string {
  switch (name) {
    case NODE_ID:
      return '"$g_id"'
    case DEGREE_IN:
      return '"$g_in"'
    case DEGREE_OUT:
      return '"$g_out"'
    default:
      return columnNamed(nodes, name).sql
  }
}

/** `graph-to-table`: the nodes or the edges as they are. */
export function renderToTable(
  scope: TableScope,
  rel: Extract<GraphRel, { kind: 'graph-to-table' }>,
): Relation {
  if (rel.part === 'both')
    return refuseAt(scope, rel.span, 'graph-to-table with two results at the end', 'end with the name of one')
  const tables = renderGraph(scope, rel.graph)
  const own = rel.part === 'nodes' ? tables.nodes : tables.edges
  const ends = { node: '$g_node', source: '$g_from', target: '$g_to' }
  const names = identifiers(rel.columns.map((column) => column.name))
  const hashed = rel.ids.map(({ of }, i) => ({
    cell: `${hashOfId(scope, tables, `"k${i}"."$g_id"`)} AS ${names[i]}`,
    join: ` JOIN ${tables.nodes.from} AS "k${i}" ON "k${i}"."$g_node" = "r"."${ends[of]}"`,
  }))
  const cells = own.columns.map((column, i) => `"r".${column.sql} AS ${names[rel.ids.length + i]}`)
  const [at] = identifiers(['$m0'], names)
  const number = `"r"."${rel.part === 'nodes' ? '$g_node' : '$g_edge'}" AS ${at}`
  const select = [...hashed.map(({ cell }) => cell), ...cells, number]
  const from = scope.builder.add(
    `SELECT ${select.join(', ')} FROM ${own.from} AS "r"${hashed.map(({ join }) => join).join('')}`,
  )
  return {
    from,
    columns: rel.columns.map((column, i) => ({ ...column, sql: names[i] ?? '' })),
    extras: [at ?? ''],
    order: [ascending(at ?? '')],
    partition: undefined,
  }
}

/** hash() of the id; that of null is that of the empty text. */
function hashOfId(scope: TableScope, { idType }: GraphTables, id: string): string {
  const span = { start: 0, end: 0 }
  const hash = (arg: Expr): Expr => ({ kind: 'call', name: 'hash', args: [arg], type: 'long', span })
  const row = { ...rowless(scope), column: () => id }
  const value = renderExpr(row, hash({ kind: 'column', name: NODE_ID, type: idType }))
  if (idType === 'string') return value
  return `coalesce(${value}, ${renderExpr(row, hash({ kind: 'literal', type: 'string', value: '' }))})`
}
