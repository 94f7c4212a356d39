import type { Json } from '../../plan/expr.ts'
import { list, type NativeRow, native, number, type Value } from './define.ts'

/** Nodes 1 … n and edges as pairs of them, as the engine counts them. */
interface Links {
  readonly count: number
  readonly from: Int32Array
  readonly to: Int32Array
}

function linksOf(edges: Value, nodes: Value): Links {
  const count = Math.max(number(nodes) || 0, 0)
  const isNode = (end: Json | undefined): end is number =>
    Number.isInteger(end) && Number(end) >= 1 && Number(end) <= count
  const [from, to]: [number[], number[]] = [[], []]
  for (const edge of list(edges) ?? []) {
    const [start, end] = list(edge) ?? []
    if (!isNode(start) || !isNode(end)) continue
    from.push(start)
    to.push(end)
  }
  return { count, from: Int32Array.from(from), to: Int32Array.from(to) }
}

/** Component of each node when directions do not matter, numbered from 0 in the order of their first nodes. */
function weak({ count, from, to }: Links): number[] {
  const above = Int32Array.from({ length: count + 1 }, (_x, node) => node)
  const root = (node: number): number => {
    let at = node
    while (above[at] !== at) {
      above[at] = above[above[at] ?? 0] ?? 0
      at = above[at] ?? 0
    }
    return at
  }
  for (let i = 0; i < from.length; i++) {
    const [a, b] = [root(from[i] ?? 0), root(to[i] ?? 0)]
    above[Math.max(a, b)] = Math.min(a, b)
  }
  const numbers = new Map<number, number>()
  return Array.from({ length: count }, (_x, i) => {
    const of = root(i + 1)
    const known = numbers.get(of) ?? numbers.size
    numbers.set(of, known)
    return known
  })
}

/** The ends of a node's edges lie between `starts[node]` and `starts[node + 1]` of `ends`, in the order of the edges. */
function followers({ count, from, to }: Links): { starts: Int32Array; ends: Int32Array } {
  const starts = new Int32Array(count + 2)
  for (const node of from) starts[node + 1] = (starts[node + 1] ?? 0) + 1
  for (let node = 1; node < starts.length; node++)
    starts[node] = (starts[node] ?? 0) + (starts[node - 1] ?? 0)
  const next = starts.slice()
  const ends = new Int32Array(to.length)
  for (let i = 0; i < to.length; i++) {
    const node = from[i] ?? 0
    const at = next[node] ?? 0
    ends[at] = to[i] ?? 0
    next[node] = at + 1
  }
  return { starts, ends }
}

/**
 * Component of each node when each must reach the other along the edges: Tarjan's algorithm with a stack of its own, since
 * a chain of edges may be longer than the call stack. Numbers come in the order in which components are complete, which
 * is the order seen in engine results.
 */
function strong(links: Links): number[] {
  const { count } = links
  const { starts, ends } = followers(links)
  const [index, low, next] = [new Int32Array(count + 1), new Int32Array(count + 1), starts.slice()]
  const component = new Int32Array(count + 1).fill(-1)
  const [path, open]: [number[], number[]] = [[], []]
  let [visited, components] = [0, 0]
  const enter = (node: number): void => {
    visited += 1
    index[node] = visited
    low[node] = visited
    path.push(node)
    open.push(node)
  }
  const lower = (node: number, to: number): void => {
    low[node] = Math.min(low[node] ?? 0, to)
  }
  for (let start = 1; start <= count; start++) {
    if (index[start] === 0) enter(start)
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const at = next[node] ?? 0
      if (at < (starts[node + 1] ?? 0)) {
        next[node] = at + 1
        const to = ends[at] ?? 0
        if (index[to] === 0) enter(to)
        else if (component[to] === -1) lower(node, index[to] ?? 0)
        continue
      }
      path.pop()
      const before = path.at(-1)
      if (before !== undefined) lower(before, low[node] ?? 0)
      if (low[node] !== index[node]) continue
      for (let member = open.pop(); member !== undefined; member = member === node ? undefined : open.pop())
        component[member] = components
      components += 1
    }
  }
  return Array.from(component.subarray(1))
}

export const graphRows: readonly NativeRow[] = [
  native('graph_components', ['dynamic', 'long', 'bool'], 'dynamic', (edges, nodes, isStrong) => {
    const links = linksOf(edges, nodes)
    return isStrong === true ? strong(links) : weak(links)
  }),
]
