import type { Column, Expr, NamedExpr, Rel, Span } from './expr.ts'
import { partsOf } from './parts.ts'

/**
 * A graph: what stands between `make-graph` and the operator that makes rows of it. Every row of `edges` is an edge; the
 * nodes are the ids of the node tables and of both ends of the edges (docs/kql-semantics.md S14).
 */
export type Graph =
  | {
      readonly kind: 'make-graph'
      readonly edges: Rel
      /** Columns of `edges` with the ids of the two ends. */
      readonly source: string
      readonly target: string
      /** Type of all ids. */
      readonly idType: Column['type']
      readonly nodes: readonly { readonly table: Rel; readonly key: string }[]
      /** Column of all these tables: each of its values has nodes and edges of its own. */
      readonly partition: string | undefined
      /** Properties of a node. Without node tables it is the id under the name of `with_node_id`, or nothing. */
      readonly nodeColumns: readonly Column[]
      readonly span: Span
    }
  | {
      readonly kind: 'graph-mark-components'
      readonly input: Graph
      readonly components: 'weak' | 'strong'
      readonly name: string
      readonly nodeColumns: readonly Column[]
      readonly span: Span
    }

/** One edge of a pattern, from one node variable to another as it is read from left to right. */
export interface PatternEdge {
  readonly name: string
  readonly left: string
  readonly right: string
  /** Whether the edge points to the right, to the left, or either way. */
  readonly points: 'right' | 'left' | 'either'
  /** Fewest and most edges of a path; undefined for a single edge. */
  readonly hops: { readonly min: number; readonly max: number } | undefined
}

/** Node and edge variables; unnamed ones have names that no query can spell. */
export interface GraphPattern {
  readonly nodes: readonly string[]
  readonly edges: readonly PatternEdge[]
}

/** What both operators have that look for a pattern. */
interface Patterned {
  readonly graph: Graph
  readonly pattern: GraphPattern
  /** What must hold of a match: all of them. */
  readonly conditions: readonly Expr[]
  readonly items: readonly NamedExpr[]
  readonly columns: readonly Column[]
  readonly span: Span
}

interface GraphMatch extends Patterned {
  readonly kind: 'graph-match'
  readonly cycles: 'unique_edges' | 'none' | 'all'
}

/** Its pattern is one path between two nodes. */
interface GraphShortestPaths extends Patterned {
  readonly kind: 'graph-shortest-paths'
  readonly output: 'any' | 'all'
}

/** The operators that make rows of a graph. */
export type GraphRel =
  | GraphMatch
  | GraphShortestPaths
  | {
      readonly kind: 'graph-to-table'
      readonly graph: Graph
      /** `both` names two tables for later statements and is none itself. */
      readonly part: 'nodes' | 'edges' | 'both'
      /** Columns put before the others: the hash of the node's id, or of the id at one end of the edge. */
      readonly ids: readonly { readonly of: 'node' | 'source' | 'target'; readonly name: string }[]
      readonly columns: readonly Column[]
      readonly span: Span
    }

/** `all`, `any` or `map` of an expression over the edges of a path, or over the nodes between them. */
export interface AlongPath {
  readonly kind: 'along'
  readonly name: 'all' | 'any' | 'map'
  /** The edge variable of the path. */
  readonly edge: string
  readonly over: 'edges' | 'inner-nodes'
  /** Names without an element are properties of the edge or inner node at hand. */
  readonly each: Expr
  readonly type: Column['type']
}

/** Properties every node has besides its columns. */
export const NODE_ID = '$id'
export const DEGREE_IN = '$in'
export const DEGREE_OUT = '$out'

/** How a plan names a property of an element of the pattern: a column name that no query can spell. */
export function propertyName(element: string, property: string): string {
  return `\u0000${element}\u0000${property}`
}

/** Element and property of such a name; the element of the edge or inner node at hand is ''. */
export function propertyOf(name: string): { readonly element: string; readonly property: string } {
  const [before, element, property] = name.split('\u0000')
  if (before === '' && element !== undefined && property !== undefined) return { element, property }
  return { element: '', property: name }
}

/** Elements of the pattern that an expression reads. */
export function elementsIn(expr: Expr): Set<string> {
  return new Set(propertiesIn(expr).map((name) => propertyOf(name).element))
}

/** Names of all properties that an expression reads; those along a path count with the path's name. */
export function propertiesIn(expr: Expr): string[] {
  if (expr.kind === 'column') return [expr.name]
  if (expr.kind !== 'along') return partsOf(expr).flatMap(propertiesIn)
  const others = propertiesIn(expr.each).filter((name) => propertyOf(name).element !== '')
  return [propertyName(expr.edge, ''), ...others]
}
