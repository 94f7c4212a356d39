import type { Column, Rel } from '../../plan/expr.ts'
import type { Graph, GraphPattern } from '../../plan/graph.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { callGraph } from '../functions.ts'
import { findColumn, readTable } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { readMatch } from './graph-match.ts'
import { parameter, parameterNode } from './join.ts'

/** Operators that make rows of a graph. */
const ROWS: ReadonlySet<string> = new Set([
  'GraphMatchOperator',
  'GraphShortestPathsOperator',
  'GraphToTableOperator',
])

/** True where an operator needs a graph before it, so that what it is piped from is read with {@link readGraph}. */
export function takesGraph(operator: Syn): boolean {
  return ROWS.has(operator.kind)
}

/** Translates an expression whose value is a graph. */
export function readGraph(context: Context, syn: Syn): Graph {
  switch (syn.kind) {
    case 'ParenthesizedExpression':
      return readGraph(context, syn.child('Expression'))
    case 'PipeExpression': {
      const operator = syn.child('Operator')
      const input = syn.child('Expression')
      if (operator.kind === 'MakeGraphOperator')
        return readMakeGraph(context, readTable(context, input), operator)
      if (operator.kind === 'GraphMarkComponentsOperator')
        return readMarkComponents(context, readGraph(context, input), operator)
      if (operator.kind === 'GraphWhereNodesOperator' || operator.kind === 'GraphWhereEdgesOperator') {
        const name = operator.kind === 'GraphWhereNodesOperator' ? 'graph-where-nodes' : 'graph-where-edges'
        return refuse(
          context,
          operator,
          `the operator ‘${name}’`,
          'filter the edges and nodes before make-graph',
        )
      }
      break
    }
    case 'NameReference': {
      const binding = context.scope.get(syn.simpleName)
      if (binding?.kind === 'graph') return binding.graph
      if (binding?.kind === 'function') return callGraph(context, syn, binding, [], readGraph)
      break
    }
    case 'FunctionCallExpression': {
      const name = syn.child('Name').simpleName
      const binding = context.scope.get(name)
      const args = syn.child('ArgumentList').list('Expressions')
      if (binding?.kind === 'function') return callGraph(context, syn, binding, args, readGraph)
      if (name.toLowerCase() === 'graph')
        return refuse(context, syn, 'a stored graph', 'build it from tables with make-graph')
      break
    }
  }
  return refuse(context, syn, `the graph ‘${syn.text.slice(0, 60)}’ (${syn.kind})`)
}

function readMakeGraph(context: Context, edges: Rel, syn: Syn): Graph {
  if (!/^-->/.test(syn.maybe('DirectionToken')?.text ?? '-->'))
    return refuse(context, syn, 'an undirected make-graph', 'write -->, and -- in the pattern')
  const source = column(context, edges, syn.child('SourceColumn'))
  const target = column(context, edges, syn.child('TargetColumn'))
  if (source.type !== target.type)
    return refuse(context, syn, 'make-graph over ids of two types', 'convert one of them before')
  const clause = syn.maybe('WithClause')
  const nodes = (clause?.list('TablesAndKeys') ?? []).map((node) => {
    const table = readTable({ ...context, columns: undefined }, node.child('Table'))
    const key = column(context, table, node.child('Column'))
    if (key.type !== source.type)
      return refuse(context, node, `a node id of type ${key.type} where the edges have ${source.type}`)
    return { table, key: key.name }
  })
  const partition = readPartition(context, syn, edges, nodes)
  const nodeId =
    clause?.kind === 'MakeGraphWithImplicitIdClause' ? clause.child('Name').simpleName : undefined
  const nodeColumns = new Map<string, Column>(
    nodeId === undefined ? [] : [[nodeId, { name: nodeId, type: source.type }]],
  )
  for (const { table } of nodes) {
    for (const made of table.columns) {
      const known = nodeColumns.get(made.name)
      if (known !== undefined && known.type !== made.type)
        return refuse(context, syn, `node tables whose columns ‘${made.name}’ have two types`, 'rename one')
      nodeColumns.set(made.name, known ?? made)
    }
  }
  return {
    kind: 'make-graph',
    edges,
    source: source.name,
    target: target.name,
    idType: source.type,
    nodes,
    partition,
    nodeColumns: [...nodeColumns.values()],
    span: spanOf(context, syn),
  }
}

/** A partition is part of what makes a node that node, so every table must tell it. */
function readPartition(
  context: Context,
  syn: Syn,
  edges: Rel,
  nodes: readonly { readonly table: Rel }[],
): string | undefined {
  const clause = syn.maybe('PartitionedByClause')
  if (clause === undefined) return undefined
  const by = column(context, edges, clause.child('Entity'))
  const others = nodes.map(({ table }) => findColumn(table.columns, by.name))
  if (nodes.length === 0 || others.some((other) => other?.type !== by.type))
    return refuse(
      context,
      clause,
      `partitioned-by ‘${by.name}’ where not every node table has such a column`,
      'give node tables with this column',
    )
  return by.name
}

/** `make-graph … partitioned-by column (operator)`: no match leaves its partition, so the rows are those of one graph. */
export function readPartitionedGraph(context: Context, syn: Syn): Rel {
  const operator = syn.child('Operator')
  const graph = readMakeGraph(context, readTable(context, syn.child('Expression')), operator)
  const inside = operator.child('PartitionedByClause').child('Subquery')
  if (takesGraph(inside)) return readGraphRows(context, graph, inside)
  return refuse(
    context,
    inside,
    'partitioned-by with more than one operator inside',
    'write the others after it',
  )
}

function column(context: Context, table: Rel, syn: Syn): Column {
  return findColumn(table.columns, syn.simpleName) ?? refuse(context, syn, `the column ‘${syn.text}’`)
}

function readMarkComponents(context: Context, input: Graph, syn: Syn): Graph {
  const kind = parameter(syn, 'kind') ?? 'weak'
  if (kind !== 'weak' && kind !== 'strong')
    return refuse(context, syn, `graph-mark-components kind=${kind}`, 'write kind=weak or kind=strong')
  const name = parameterNode(syn, 'with_component_id')?.simpleName ?? 'ComponentId'
  if (findColumn(input.nodeColumns, name) !== undefined)
    return refuse(context, syn, `a component id named as a node’s property ‘${name}’`, 'name another')
  const nodeColumns: Column[] = [...input.nodeColumns, { name, type: 'long' }]
  return {
    kind: 'graph-mark-components',
    input,
    components: kind,
    name,
    nodeColumns,
    span: spanOf(context, syn),
  }
}

/** Columns of an edge: those of the table the graph was made of. */
function edgeColumns(graph: Graph): readonly Column[] {
  return graph.kind === 'make-graph' ? graph.edges.columns : edgeColumns(graph.input)
}

/** Type of the ids of a graph's nodes. */
function idType(graph: Graph): Column['type'] {
  return graph.kind === 'make-graph' ? graph.idType : idType(graph.input)
}

/** Types of ids whose hash is known to be Kusto's. */
const HASHED: ReadonlySet<Column['type']> = new Set(['string', 'int', 'long', 'datetime', 'timespan'])

/** Translates an operator that makes rows of a graph. */
export function readGraphRows(context: Context, graph: Graph, syn: Syn): Rel {
  if (syn.kind === 'GraphToTableOperator') return readToTable(context, graph, syn)
  const elements = { nodes: graph.nodeColumns, edges: edgeColumns(graph), id: idType(graph) }
  const read = readMatch(context, elements, syn)
  const common = { ...read, graph, span: spanOf(context, syn) }
  if (syn.kind === 'GraphShortestPathsOperator') {
    const output = parameter(syn, 'output') ?? 'any'
    if (output !== 'any' && output !== 'all')
      return refuse(context, syn, `graph-shortest-paths output=${output}`, 'write output=any or output=all')
    onePath(context, syn, read.pattern)
    return { kind: 'graph-shortest-paths', output, ...common }
  }
  const cycles = parameter(syn, 'cycles') ?? 'unique_edges'
  if (cycles !== 'unique_edges' && cycles !== 'none' && cycles !== 'all')
    return refuse(context, syn, `graph-match cycles=${cycles}`, 'write unique_edges, none or all')
  if (cycles === 'none') withoutCycles(context, syn, read.pattern)
  return { kind: 'graph-match', cycles, ...common }
}

function onePath(context: Context, syn: Syn, { nodes, edges }: GraphPattern): void {
  const [path, second] = edges
  if (path?.hops === undefined || second !== undefined || nodes.length !== 2)
    refuse(
      context,
      syn,
      'graph-shortest-paths over anything but one edge of variable length between two nodes',
      'write (a)-[path*1..5]->(b), and follow other edges with graph-match',
    )
}

/** What nobody has seen an engine do when cycles are forbidden. */
function withoutCycles(context: Context, syn: Syn, { edges }: GraphPattern): void {
  const hint = 'say cycles=unique_edges and compare the nodes in where'
  if (edges.some(({ left, right, hops }) => left === right && hops === undefined))
    refuse(context, syn, 'cycles=none with an edge from a node to the same node', hint)
  const paths = edges.filter((edge) => edge.hops !== undefined)
  if (paths.some((edge) => edge.hops?.min === 0))
    refuse(context, syn, 'cycles=none with a path that may have no edge', hint)
  if (paths.length > 1 && syn.list('Patterns').length > 1)
    refuse(context, syn, 'cycles=none with several paths in several sequences', hint)
  const ends = edges.map(({ left, right }) => [left, right].sort().join('\u0000'))
  const twice = edges.filter((_edge, i) => ends.indexOf(ends[i] ?? '') !== ends.lastIndexOf(ends[i] ?? ''))
  if (twice.length > 0 && !opposite(twice))
    refuse(context, syn, 'cycles=none with two edges between the same two nodes', hint)
}

function opposite(edges: GraphPattern['edges']): boolean {
  const [a, b, third] = edges
  if (a === undefined || b === undefined || third !== undefined) return false
  if (a.hops !== undefined || b.hops !== undefined || a.points === 'either' || b.points === 'either')
    return false
  const from = (edge: typeof a): string => (edge.points === 'right' ? edge.left : edge.right)
  return from(a) !== from(b)
}

function readToTable(context: Context, graph: Graph, syn: Syn): Rel {
  const outputs = syn.list('OutputClause').map((output) => {
    const rel = readOutput(context, graph, output)
    const name = output.maybe('AsClause')?.child('Name').simpleName
    if (name !== undefined) context.scope.set(name, { kind: 'table', rel, name })
    return rel
  })
  const [only, second] = outputs
  if (only !== undefined && second === undefined) return only
  return { kind: 'graph-to-table', graph, part: 'both', ids: [], columns: [], span: spanOf(context, syn) }
}

const ID_PARAMETERS = [
  ['node', 'with_node_id'],
  ['source', 'with_source_id'],
  ['target', 'with_target_id'],
] as const

function readOutput(context: Context, graph: Graph, syn: Syn): Rel {
  const part = /^nodes/i.test(syn.text) ? 'nodes' : 'edges'
  const ids = ID_PARAMETERS.flatMap(([of, name]) => {
    const given = parameterNode(syn, name)
    return given === undefined ? [] : [{ of, name: given.simpleName }]
  })
  if (ids.length > 0 && !HASHED.has(idType(graph)))
    return refuse(
      context,
      syn,
      `the hash of a node id of type ${idType(graph)}`,
      'make the graph of tostring() of the ids',
    )
  const own = part === 'nodes' ? graph.nodeColumns : edgeColumns(graph)
  for (const { name } of ids)
    if (findColumn(own, name) !== undefined)
      return refuse(context, syn, `an id column named as the column ‘${name}’`, 'name another')
  const columns: Column[] = [...ids.map(({ name }) => ({ name, type: 'long' as const })), ...own]
  return { kind: 'graph-to-table', graph, part, ids, columns, span: spanOf(context, syn) }
}
