import { beforeAll, expect, test } from 'vitest'
import { loadFront } from '../../front/index.ts'
import { compileKql } from '../compile.ts'

const SCHEMA = { tables: [] }

beforeAll(loadFront)

const EDGES = 'datatable(s:string, t:string, w:long, d:dynamic)[] | make-graph s --> t with_node_id=id | '

test.each([
  ['graph-match (a)-[p*1..2]->(b) where p.w > 1 project a.id', 'a property of the path ‘p’ here'],
  ['graph-match (a)-[p*2..1]->(b) project a.id', '‘*2..1’'],
  ['graph-match (a)-->(b), (c)-->(d) project a.id', 'unconnected parts'],
  ['graph-match (a)-[a]->(b) project b.id', 'names two elements'],
  ['graph-match (a)-->(b)', 'without project'],
  ['graph-match (a)-->(b) project strlen(a.id)', 'without a name'],
  ['graph-match (a)-[e]->(b) project e', 'the whole of ‘e’'],
  ['graph-match (a)-[e]->(b) project x = map(e, w)', 'variable length'],
  ['graph-match cycles=none (a)-[p*0..2]->(b) project a.id', 'no edge'],
  ['graph-match cycles=none (a)-->(b), (a)-->(b) project a.id', 'same two nodes'],
  ['graph-match cycles=none (a)-->(a) project a.id', 'same node'],
  ['graph-shortest-paths (a)-->(b) project a.id', 'one edge of variable length'],
  ['graph-shortest-paths (a)-[p*1..3]->(b) where a.id == b.id project a.id', 'over two elements'],
  ['graph-to-table nodes as N, edges as M', 'two results'],
  ['graph-mark-components with_component_id=id | graph-to-table nodes', 'named as a node’s property'],
  ['graph-where-nodes true | graph-match (a) project a.id', 'graph-where-nodes'],
])('%s is refused by name', (operator, message) => {
  expect(() => compileKql(EDGES + operator, { schema: SCHEMA })).toThrow(message)
})

test.each([
  ['datatable(s:string, t:string)[] | make-graph s --> t', 'a graph as a result'],
  ['datatable(s:string, t:long)[] | make-graph s --> t | graph-to-table edges', 'ids of two types'],
  ['datatable(s:dynamic, t:dynamic)[] | make-graph s --> t | graph-to-table edges', 'KS240'],
  ['datatable(s:string, t:string)[] | make-graph s -- t | graph-to-table edges', 'undirected'],
  [
    'datatable(s:string, t:string)[] | make-graph s --> t with (datatable(id:long)[]) on id | graph-to-table edges',
    'a node id of type long',
  ],
  [
    'datatable(s:string, t:string, k:string)[] | make-graph s --> t with_node_id=id partitioned-by k (graph-match (a) project a.id)',
    'partitioned-by',
  ],
  [
    'datatable(s:guid, t:guid)[] | make-graph s --> t with_node_id=id | graph-to-table nodes with_node_id=h',
    'hash of a node id of type guid',
  ],
])('%s is refused by name', (text, message) => {
  expect(() => compileKql(text, { schema: SCHEMA })).toThrow(message)
})

test('graphs on ClickHouse are refused by name', () => {
  expect(() => compileKql(`${EDGES}graph-to-table nodes`, { schema: SCHEMA, dialect: 'clickhouse' })).toThrow(
    'a graph on clickhouse',
  )
})
