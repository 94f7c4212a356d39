import type { Column, Expr, NamedExpr } from '../../plan/expr.ts'
import {
  DEGREE_IN,
  DEGREE_OUT,
  elementsIn,
  type GraphPattern,
  NODE_ID,
  type PatternEdge,
  propertyName,
} from '../../plan/graph.ts'
import { conjuncts } from '../../plan/push.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { literal } from '../literals.ts'
import { findColumn, readExpr, visible } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { converted, readItems } from './columns.ts'

/** Longest path that a pattern may ask for: the engine takes more, but no question about evidence needs them. */
const MAX_HOPS = 1000

/** What the names of a pattern stand for while its `where` and `project` are read. */
export interface GraphElements {
  readonly nodes: ReadonlySet<string>
  readonly edges: ReadonlyMap<string, PatternEdge>
  readonly nodeColumns: readonly Column[]
  readonly edgeColumns: readonly Column[]
  readonly idType: Column['type']
  readonly clause: 'where' | 'project'
  /** Inside `all`, `any` and `map`: what a name without an element belongs to. */
  readonly each?: 'edge' | 'node'
}

interface Shape {
  readonly nodes: readonly Column[]
  readonly edges: readonly Column[]
  readonly id: Column['type']
}

interface Match {
  readonly pattern: GraphPattern
  readonly conditions: readonly Expr[]
  readonly items: readonly NamedExpr[]
  readonly columns: readonly Column[]
}

/** The pattern, `where` and `project` of graph-match and graph-shortest-paths. */
export function readMatch(context: Context, shape: Shape, syn: Syn): Match {
  const pattern = readPattern(context, syn)
  const elements = {
    nodes: new Set(pattern.nodes),
    edges: new Map(pattern.edges.map((edge) => [edge.name, edge])),
    nodeColumns: shape.nodes,
    edgeColumns: shape.edges,
    idType: shape.id,
  }
  const inside = (clause: 'where' | 'project'): Context => ({
    front: context.front,
    scope: context.scope,
    columns: undefined,
    graph: { ...elements, clause },
  })
  const where = syn.maybe('WhereClause')
  const conditions = where === undefined ? [] : conjuncts(readExpr(inside('where'), where.child('Condition')))
  if (syn.kind === 'GraphShortestPathsOperator' && conditions.some((part) => elementsIn(part).size > 1))
    return refuse(
      context,
      where ?? syn,
      'a condition of graph-shortest-paths over two elements of the pattern',
      'compare each with a constant, or filter the rows after it',
    )
  const project = syn.maybe('ProjectClause')
  if (project === undefined) return refuse(context, syn, 'a pattern without project', 'add project')
  const nodes = project.list('Expressions')
  for (const node of nodes) {
    if (node.kind !== 'SimpleNamedExpression' && !isProperty(elements, node))
      return refuse(context, node, 'a computed column without a name after a pattern', 'write name = …')
  }
  const items = readItems(inside('project'), nodes, syn.columns)
  // What is computed of a path is dynamic to the binder, and so to everything that it types after this.
  const isPath = (name: string): boolean => elements.edges.get(name)?.hops !== undefined
  const columns = items.map(({ name, expr }, i): Column => {
    const bound = [...elementsIn(expr)].some(isPath) ? syn.columns?.[i]?.type : undefined
    return { name, type: bound === 'dynamic' ? bound : expr.type }
  })
  return { pattern, conditions, items, columns }
}

/** An element or a step into one: the only expressions whose column name is sure. */
function isProperty(elements: Pick<GraphElements, 'nodes' | 'edges'>, syn: Syn): boolean {
  if (syn.kind === 'PathExpression' || syn.kind === 'ElementExpression')
    return isProperty(elements, syn.child('Expression'))
  return (
    syn.kind === 'NameReference' && (elements.nodes.has(syn.simpleName) || elements.edges.has(syn.simpleName))
  )
}

function readPattern(context: Context, syn: Syn): GraphPattern {
  const nodes = new Set<string>()
  const edges: PatternEdge[] = []
  let unnamed = 0
  const nameOf = (node: Syn): string => node.maybe('Name')?.simpleName ?? `\u0001${unnamed++}`
  for (const sequence of syn.list('Patterns')) {
    let left: string | undefined
    let edge: Syn | undefined
    for (const part of sequence.list('PatternElements')) {
      if (part.kind === 'GraphMatchPatternEdge') {
        edge = part
        continue
      }
      const right = nameOf(part)
      nodes.add(right)
      if (left !== undefined && edge !== undefined)
        edges.push({ name: nameOf(edge), left, right, points: points(edge), hops: readHops(context, edge) })
      left = right
      edge = undefined
    }
    if (left === undefined || edge !== undefined)
      return refuse(context, sequence, 'a pattern that does not begin and end with a node')
  }
  const names = edges.map((edge) => edge.name)
  for (const [i, name] of names.entries())
    if (nodes.has(name) || names.indexOf(name) !== i)
      return refuse(context, syn, `a pattern in which ‘${name}’ names two elements`, 'name one of them anew')
  if (!isConnected([...nodes], edges))
    return refuse(context, syn, 'a pattern of unconnected parts', 'match each by itself and join the rows')
  return { nodes: [...nodes], edges }
}

function points(edge: Syn): PatternEdge['points'] {
  const { text } = edge
  if (text.startsWith('<')) return 'left'
  return text.endsWith('>') ? 'right' : 'either'
}

function readHops(context: Context, edge: Syn): PatternEdge['hops'] {
  const range = edge.maybe('Range')
  if (range === undefined) return undefined
  const [min, max] = ['RangeStart', 'RangeEnd'].map((end) => {
    const value = readExpr({ ...context, columns: undefined }, range.child(end))
    const known = value.kind === 'literal' && (value.type === 'long' || value.type === 'int')
    return known && value.value !== null ? Number(value.value) : -1
  })
  if (min === undefined || max === undefined || min < 0 || max < min || max > MAX_HOPS)
    return refuse(context, range, `the path length ‘${range.text}’`, `write *1..5, at most *0..${MAX_HOPS}`)
  return { min, max }
}

function isConnected(nodes: readonly string[], edges: readonly PatternEdge[]): boolean {
  const reached = new Set(nodes.slice(0, 1))
  for (let size = 0; size < reached.size; ) {
    size = reached.size
    for (const { left, right } of edges) {
      if (reached.has(left)) reached.add(right)
      else if (reached.has(right)) reached.add(left)
    }
  }
  return reached.size === nodes.length
}

/** `node.property`, `edge.property`, `path.property`; undefined where the target is no element of a pattern. */
export function elementProperty(context: Context, target: Syn, selector: Syn): Expr | undefined {
  const { graph } = context
  if (graph === undefined || target.kind !== 'NameReference' || isOwnColumn(context, target)) return undefined
  const element = target.simpleName
  const edge = graph.edges.get(element)
  if (edge === undefined && !graph.nodes.has(element)) return undefined
  const name = String(
    selector.kind === 'BracketedExpression'
      ? (selector.child('Expression').node.LiteralValue ?? '')
      : selector.simpleName,
  )
  const column = findColumn(edge === undefined ? graph.nodeColumns : graph.edgeColumns, name)
  if (column === undefined) return refuse(context, selector, `the property ‘${name}’ of ‘${element}’`)
  if (edge?.hops === undefined)
    return { kind: 'column', name: propertyName(element, name), type: column.type }
  return onPath(context, target, edge, { kind: 'column', name, type: column.type })
}

/** Inside `all`, `any` and `map`, a property of the edge or inner node hides an element of the same name. */
function isOwnColumn(context: Context, syn: Syn): boolean {
  return context.graph?.each !== undefined && findColumn(context.columns, syn.simpleName) !== undefined
}

function onPath(context: Context, syn: Syn, edge: PatternEdge, each: Expr): Expr {
  if (context.graph?.clause !== 'project' || context.graph.each !== undefined)
    return refuse(context, syn, `a property of the path ‘${edge.name}’ here`, 'use all(), any() or map()')
  return { kind: 'along', name: 'map', edge: edge.name, over: 'edges', each, type: 'dynamic' }
}

/** A whole element: a bag of the properties that are not empty. Undefined where the name is no element. */
export function wholeElement(context: Context, syn: Syn): Expr | undefined {
  const { graph } = context
  if (graph === undefined || isOwnColumn(context, syn)) return undefined
  const element = syn.simpleName
  const edge = graph.edges.get(element)
  if (edge === undefined && !graph.nodes.has(element)) return undefined
  const columns = visible(edge === undefined ? graph.nodeColumns : graph.edgeColumns)
  if (columns.length === 0 || columns.some((column) => column.type === 'dynamic'))
    return refuse(context, syn, `the whole of ‘${element}’`, 'name its properties')
  const nameOf = (name: string): string => (edge?.hops === undefined ? propertyName(element, name) : name)
  const args = columns.flatMap(({ name, type }): Expr[] => [
    literal('string', name),
    { kind: 'column', name: nameOf(name), type },
  ])
  const span = spanOf(context, syn)
  const bag: Expr = { kind: 'call', name: 'bag_pack_not_null', args, type: 'dynamic', span }
  return edge?.hops === undefined ? bag : onPath(context, syn, edge, bag)
}

/** `all`, `any`, `map`, degrees, ids and labels; undefined for any other function. */
export function graphFunction(
  context: Context,
  syn: Syn,
  name: string,
  args: readonly Syn[],
): Expr | undefined {
  const { graph } = context
  if (graph === undefined) return undefined
  switch (name) {
    case 'all':
    case 'any':
    case 'map':
      return along(context, graph, syn, name, args)
    case 'inner_nodes':
      return refuse(context, syn, 'inner_nodes() outside all(), any() and map()')
    case 'node_degree_in':
    case 'node_degree_out': {
      const property = name === 'node_degree_in' ? DEGREE_IN : DEGREE_OUT
      return { kind: 'column', name: ofNode(context, graph, syn, args, property), type: 'long' }
    }
    case 'node_id': {
      const id: Expr = {
        kind: 'column',
        name: ofNode(context, graph, syn, args, NODE_ID),
        type: graph.idType,
      }
      return converted(id, 'string', spanOf(context, syn))
    }
    case 'labels':
      // Only stored graphs have labels; these are made of tables.
      return literal('dynamic', [])
    default:
      return undefined
  }
}

/** The node a function is asked about: a variable, or without an argument the inner node at hand. */
function ofNode(
  context: Context,
  graph: GraphElements,
  syn: Syn,
  args: readonly Syn[],
  property: string,
): string {
  const [node] = args
  if (node === undefined && graph.each === 'node') return propertyName('', property)
  if (node?.kind === 'NameReference' && graph.nodes.has(node.simpleName))
    return propertyName(node.simpleName, property)
  return refuse(context, syn, `‘${syn.text}’ of anything but a node`)
}

function along(
  context: Context,
  graph: GraphElements,
  syn: Syn,
  name: 'all' | 'any' | 'map',
  args: readonly Syn[],
): Expr {
  const [first, each] = args
  if (first === undefined || each === undefined) return refuse(context, syn, `${name}() in this form`)
  if (graph.each !== undefined) return refuse(context, syn, `${name}() inside all(), any() or map()`)
  const inner = first.kind === 'FunctionCallExpression' && first.child('Name').simpleName === 'inner_nodes'
  const named = inner ? first.child('ArgumentList').list('Expressions')[0] : first
  const edge = named?.kind === 'NameReference' ? graph.edges.get(named.simpleName) : undefined
  if (edge?.hops === undefined)
    return refuse(context, first, `${name}() over anything but an edge of variable length`)
  const row: Context = {
    ...context,
    columns: inner ? graph.nodeColumns : graph.edgeColumns,
    graph: { ...graph, each: inner ? 'node' : 'edge' },
  }
  return {
    kind: 'along',
    name,
    edge: edge.name,
    over: inner ? 'inner-nodes' : 'edges',
    each: readExpr(row, each),
    type: name === 'map' ? 'dynamic' : 'bool',
  }
}
