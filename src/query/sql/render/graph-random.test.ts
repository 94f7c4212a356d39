import type { DuckDBConnection } from '@duckdb/node-api'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { openDuckDb, runKql } from '../../conformance/harness.suite.ts'
import { loadFront } from '../../front/index.ts'

let connection: DuckDBConnection

beforeAll(async () => {
  await loadFront()
  connection = await openDuckDb({ tables: [] })
})

interface Edge {
  readonly name: string
  readonly left: string
  readonly right: string
  readonly points: 'right' | 'left' | 'either'
  readonly hops?: readonly [number, number]
}

interface Pattern {
  readonly text: string
  readonly nodes: readonly string[]
  readonly edges: readonly Edge[]
  readonly cycles: readonly Cycles[]
}

type Cycles = 'unique_edges' | 'all' | 'none'
const ALL: readonly Cycles[] = ['unique_edges', 'all', 'none']

const right = (name: string, left: string, to: string, hops?: readonly [number, number]): Edge => ({
  name,
  left,
  right: to,
  points: 'right',
  ...(hops === undefined ? {} : { hops }),
})

const PATTERNS: readonly Pattern[] = [
  {
    text: '(a)-[p*0..3]->(b)',
    nodes: ['a', 'b'],
    edges: [right('p', 'a', 'b', [0, 3])],
    cycles: ['unique_edges', 'all'],
  },
  { text: '(a)-[p*2..4]->(a)', nodes: ['a'], edges: [right('p', 'a', 'a', [2, 4])], cycles: ALL },
  {
    text: '(a)-[p*1..3]-(b)<-[e]-(c)',
    nodes: ['a', 'b', 'c'],
    edges: [
      { ...right('p', 'a', 'b', [1, 3]), points: 'either' },
      { ...right('e', 'b', 'c'), points: 'left' },
    ],
    cycles: ALL,
  },
  {
    text: '(a)-[p*1..3]->(b)-[q*1..2]->(c)',
    nodes: ['a', 'b', 'c'],
    edges: [right('p', 'a', 'b', [1, 3]), right('q', 'b', 'c', [1, 2])],
    cycles: ALL,
  },
  {
    text: '(a)-[e]->(b), (c)<-[p*1..2]-(b)',
    nodes: ['a', 'b', 'c'],
    edges: [right('e', 'a', 'b'), { ...right('p', 'c', 'b', [1, 2]), points: 'left' }],
    cycles: ALL,
  },
  {
    text: '(a)-[e]->(b)-[p*1..3]->(a)',
    nodes: ['a', 'b'],
    edges: [right('e', 'a', 'b'), right('p', 'b', 'a', [1, 3])],
    cycles: ['unique_edges', 'all'],
  },
]

interface Walked {
  readonly edges: readonly number[]
  readonly inner: readonly number[]
  readonly end: number
}

interface Match {
  readonly nodes: Readonly<Record<string, number>>
  readonly walks: Readonly<Record<string, Walked>>
}

type Ends = readonly (readonly [number, number])[]

/** Steps from a node along one edge of the pattern, read from its left end. */
function stepsFrom(ends: Ends, edge: Edge, node: number): (readonly [edge: number, to: number])[] {
  return ends.flatMap(([from, to], i) => {
    const steps: (readonly [number, number])[] = []
    if (edge.points !== 'left' && from === node) steps.push([i, to])
    if (edge.points !== 'right' && to === node) steps.push([i, from])
    return steps
  })
}

/** Every walk of the lengths an edge allows, whatever cycles it has. */
function walksFrom(ends: Ends, edge: Edge, start: number): Walked[] {
  const [min, max] = edge.hops ?? [1, 1]
  const found: Walked[] = []
  const grow = (at: Walked): void => {
    const { length } = at.edges
    if (length >= min) found.push(at)
    if (length === max) return
    for (const [taken, to] of stepsFrom(ends, edge, at.end))
      grow({ edges: [...at.edges, taken], inner: length === 0 ? [] : [...at.inner, at.end], end: to })
  }
  grow({ edges: [], inner: [], end: start })
  return found
}

/** By the definition: all assignments, then those whose cycles are allowed. */
function matches(ends: Ends, count: number, pattern: Pattern, cycles: Cycles): Match[] {
  const ids = Array.from({ length: count }, (_x, i) => i)
  let found: Match[] = [{ nodes: {}, walks: {} }]
  for (const name of pattern.nodes)
    found = found.flatMap((match) => ids.map((id) => ({ ...match, nodes: { ...match.nodes, [name]: id } })))
  for (const edge of pattern.edges)
    found = found.flatMap((match) =>
      walksFrom(ends, edge, match.nodes[edge.left] ?? -1)
        .filter((walk) => walk.end === match.nodes[edge.right])
        .map((walk) => ({ ...match, walks: { ...match.walks, [edge.name]: walk } })),
    )
  return found.filter((match) => {
    const walks = Object.values(match.walks)
    const isDistinct = (list: readonly number[]): boolean => new Set(list).size === list.length
    if (cycles === 'all') return true
    if (cycles === 'unique_edges') return isDistinct(walks.flatMap((walk) => walk.edges))
    const closed = pattern.edges.some((edge) => edge.hops !== undefined && edge.left === edge.right)
    return !closed && isDistinct([...Object.values(match.nodes), ...walks.flatMap((walk) => walk.inner)])
  })
}

const CONDITIONS: readonly (readonly [text: string, holds: (match: Match) => boolean])[] = [
  ["a.id == 'n0'", ({ nodes }) => nodes.a === 0],
  ["a.id in ('n1', 'n2')", ({ nodes }) => nodes.a === 1 || nodes.a === 2],
  ["b.id != 'n1'", ({ nodes }) => nodes.b !== 1],
  ["b.id == 'n2'", ({ nodes }) => nodes.b === 2],
  ['all(p, w % 3 != 0)', ({ walks }) => walks.p?.edges.every((edge) => edge % 3 !== 0) === true],
  ['any(p, w % 2 == 0)', ({ walks }) => walks.p?.edges.some((edge) => edge % 2 === 0) === true],
  ["all(inner_nodes(p), id != 'n1')", ({ walks }) => walks.p?.inner.every((node) => node !== 1) === true],
  ['a.id != b.id', ({ nodes }) => nodes.a !== nodes.b],
]

const COUNT = 4
const anyEnds = fc.array(fc.tuple(fc.nat(COUNT - 1), fc.nat(COUNT - 1)), { minLength: 1, maxLength: 7 })

/** Nodes n0 … n3, whether or not they have edges; edges with their number. */
async function run(ends: Ends, operator: string): Promise<string[]> {
  const nodes = Array.from({ length: COUNT }, (_x, i) => `'n${i}'`)
  const edges = ends.map(([from, to], i) => `'n${from}', 'n${to}', ${i}`)
  const text = `let N = datatable(id:string)[${nodes}]; datatable(s:string, t:string, w:long)[${edges}] | make-graph s --> t with N on id | ${operator}`
  const { rows } = await runKql(connection, text, { tables: [] })
  return rows.map((row) => JSON.stringify(row)).sort()
}

test('graph-match finds just the matches of the definition, whatever the graph, pattern, cycles and conditions', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyEnds,
      fc.constantFrom(...PATTERNS),
      fc.constantFrom(...ALL),
      fc.subarray([...CONDITIONS], { maxLength: 3 }),
      async (ends, pattern, asked, picked) => {
        const cycles = pattern.cycles.includes(asked) ? asked : 'unique_edges'
        const conditions = picked.filter(([text]) => pattern.nodes.includes('b') || !text.includes('b.'))
        const where = conditions.length === 0 ? '' : `where ${conditions.map(([text]) => text).join(' and ')}`
        const items = [
          ...pattern.nodes.map((node) => `${node}.id`),
          ...pattern.edges.map(({ name, hops }) =>
            hops === undefined ? `${name}.w` : `${name} = map(${name}, w)`,
          ),
        ]
        const found = await run(
          ends,
          `graph-match cycles=${cycles} ${pattern.text} ${where} project ${items.join(', ')}`,
        )
        const expected = matches(ends, COUNT, pattern, cycles)
          .filter((match) => conditions.every(([, holds]) => holds(match)))
          .map(({ nodes, walks }) => [
            ...pattern.nodes.map((node) => `n${nodes[node]}`),
            ...pattern.edges.map(({ name, hops }) =>
              hops === undefined ? walks[name]?.edges[0] : walks[name]?.edges,
            ),
          ])
        expect(found).toEqual(expected.map((row) => JSON.stringify(row)).sort())
      },
    ),
    { numRuns: 40 },
  )
})

test('graph-shortest-paths finds just the shortest paths of the definition', async () => {
  const conditions = CONDITIONS.filter(([text]) => !text.includes('a.id != b.id'))
  await fc.assert(
    fc.asyncProperty(
      anyEnds,
      fc.constantFrom<readonly [number, number]>([1, 4], [0, 2], [2, 3]),
      fc.constantFrom<Edge['points']>('right', 'left', 'either'),
      fc.subarray([...conditions], { maxLength: 3 }),
      async (ends, hops, points, picked) => {
        const edge: Edge = { name: 'p', left: 'a', right: 'b', points, hops }
        const path = `[p*${hops[0]}..${hops[1]}]`
        const text = { right: `-${path}->`, left: `<-${path}-`, either: `-${path}-` }[points]
        const where = picked.length === 0 ? 'true' : picked.map(([condition]) => condition).join(' and ')
        const found = await run(
          ends,
          `graph-shortest-paths output=all (a)${text}(b) where ${where} project a.id, b.id, x = map(p, w)`,
        )
        const eligible = matches(
          ends,
          COUNT,
          { text: '', nodes: ['a', 'b'], edges: [edge], cycles: [] },
          'all',
        )
          .filter(({ nodes, walks }) => {
            const met =
              walks.p === undefined
                ? []
                : [nodes.a, ...walks.p.inner, ...(walks.p.edges.length > 0 ? [nodes.b] : [])]
            return new Set(met).size === met.length
          })
          .filter((match) => picked.every(([, holds]) => holds(match)))
        const length = (match: Match): number => match.walks.p?.edges.length ?? 0
        const pair = ({ nodes }: Match): string => `${nodes.a} ${nodes.b}`
        const expected = eligible
          .filter((match) =>
            eligible.every((other) => pair(other) !== pair(match) || length(other) >= length(match)),
          )
          .map(({ nodes, walks }) => [`n${nodes.a}`, `n${nodes.b}`, walks.p?.edges])
        expect(found).toEqual(expected.map((row) => JSON.stringify(row)).sort())
      },
    ),
    { numRuns: 40 },
  )
})
