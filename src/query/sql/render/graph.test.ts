import type { DuckDBConnection } from '@duckdb/node-api'
import { beforeAll, expect, test } from 'vitest'
import { openDuckDb, runKql } from '../../conformance/harness.suite.ts'
import { loadFront } from '../../front/index.ts'
import { compileKql } from '../compile.ts'

let connection: DuckDBConnection
const SCHEMA = { tables: [] }

beforeAll(async () => {
  await loadFront()
  connection = await openDuckDb(SCHEMA)
})

/** Rows in the order of their text: a pattern’s matches come in none. */
const rows = async (text: string): Promise<unknown[]> => {
  const found = (await runKql(connection, text, SCHEMA)).rows
  return [...found].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** `A>B,B>C` as a table of edges with their position, and a graph of it. */
function graph(edges: string, operator: string, nodes = ''): Promise<unknown[]> {
  const cells = edges
    .split(',')
    .map((edge, i) => `${edge.split('>').map((id) => `'${id}'`)}, ${i + 1}`)
    .join(', ')
  const making = nodes === '' ? 'with_node_id=id' : `with N on id`
  return rows(
    `let E = datatable(s:string, t:string, w:long)[${cells}]; ${nodes === '' ? '' : `let N = ${nodes};`} E | make-graph s --> t ${making} | ${operator}`,
  )
}

/** Logons between devices: a way in at LAPTOP, a loop between the servers, an account that leads nowhere, a logon to self. */
const LOGONS = `let Logons = datatable(Account:string, From:string, To:string, Type:string)[
  'mallory', 'LAPTOP', 'FILE01', 'Network',
  'mallory', 'FILE01', 'APP01', 'RemoteInteractive',
  'svc', 'APP01', 'FILE01', 'Network',
  'admin', 'APP01', 'DC01', 'Network',
  'admin', 'FILE01', 'DC01', 'Network',
  'admin', 'FILE01', 'DC01', 'RemoteInteractive',
  'bob', 'PC7', 'PRINT', 'Network',
  'local', 'DC01', 'DC01', 'Interactive'];
let Devices = datatable(Name:string, Tier:long)['LAPTOP', 2, 'FILE01', 1, 'APP01', 1, 'DC01', 0, 'OLD', 1, 'DC01', 9];
Logons | make-graph From --> To with Devices on Name`

test('graph-match finds the ways from a laptop to the domain controller, no logon taken twice', async () => {
  expect(
    await rows(`${LOGONS}
| graph-match (start)-[logons*1..4]->(goal)
  where start.Name == 'LAPTOP' and goal.Tier == 0
  project Accounts = map(logons, Account), By = map(inner_nodes(logons), Name), Last = map(logons, Type)[-1]`),
  ).toEqual([
    [['mallory', 'admin', 'local'], ['FILE01', 'DC01'], 'Interactive'],
    [['mallory', 'admin', 'local'], ['FILE01', 'DC01'], 'Interactive'],
    [['mallory', 'admin'], ['FILE01'], 'Network'],
    [['mallory', 'admin'], ['FILE01'], 'RemoteInteractive'],
    [['mallory', 'mallory', 'admin', 'local'], ['FILE01', 'APP01', 'DC01'], 'Interactive'],
    [['mallory', 'mallory', 'admin'], ['FILE01', 'APP01'], 'Network'],
    [['mallory', 'mallory', 'svc', 'admin'], ['FILE01', 'APP01', 'FILE01'], 'Network'],
    [['mallory', 'mallory', 'svc', 'admin'], ['FILE01', 'APP01', 'FILE01'], 'RemoteInteractive'],
  ])
})

test('cycles=none meets no device twice; a condition on the last device alone is walked backwards', async () => {
  const ways = (where: string): Promise<unknown[]> =>
    rows(`${LOGONS}
| graph-match cycles=none (start)-[logons*1..4]->(goal)
  where ${where}
  project start.Name, By = strcat_array(map(inner_nodes(logons), Name), '>'), Ws = array_length(map(logons, Type))`)
  expect(await ways("goal.Tier == 0 and all(logons, Type != 'RemoteInteractive')")).toEqual([
    ['APP01', '', 1],
    ['APP01', 'FILE01', 2],
    ['FILE01', '', 1],
    ['LAPTOP', 'FILE01', 2],
  ])
  expect(await ways("goal.Tier == 0 and all(inner_nodes(logons), Name != 'FILE01')")).toEqual([
    ['APP01', '', 1],
    ['FILE01', '', 1],
    ['FILE01', '', 1],
    ['FILE01', 'APP01', 2],
  ])
})

test('several sequences share their nodes, and no edge stands for two', async () => {
  expect(
    await rows(`${LOGONS}
| graph-match (a)-[one]->(dc), (b)-[two]->(dc)
  where dc.Tier == 0 and a.Name == 'FILE01' and two.Type == 'Network'
  project a.Name, one.Type, b.Name, two.Account`),
  ).toEqual([
    ['FILE01', 'Network', 'APP01', 'admin'],
    ['FILE01', 'RemoteInteractive', 'APP01', 'admin'],
    ['FILE01', 'RemoteInteractive', 'FILE01', 'admin'],
  ])
})

test('an id that no node table has is a node of its id alone; one given twice is its first row; one without edges is a node', async () => {
  expect(await rows(`${LOGONS} | graph-match (n) project n.Name, n.Tier`)).toEqual([
    ['APP01', 1],
    ['DC01', 0],
    ['FILE01', 1],
    ['LAPTOP', 2],
    ['OLD', 1],
    ['PC7', null],
    ['PRINT', null],
  ])
  expect(await rows(`${LOGONS} | graph-to-table nodes | count`)).toEqual([[7]])
  expect(await rows(`${LOGONS} | graph-to-table edges | where isempty(Type) | count`)).toEqual([[0]])
})

test('a null id is a node that joins, and so is the empty text', async () => {
  const long =
    'let E = datatable(s:long, t:long)[1,2, long(null),3, 4,long(null)]; E | make-graph s --> t with_node_id=id'
  expect(await rows(`${long} | graph-match (a)-->(b)-->(c) project a.id, b.id, c.id`)).toEqual([[4, null, 3]])
  expect(await rows(`${long} | graph-to-table nodes | summarize count(), countif(isnull(id))`)).toEqual([
    [5, 1],
  ])
  expect(await graph('A>,>B', 'graph-match (a)-[p*2..2]->(b) project a.id, b.id')).toEqual([['A', 'B']])
  expect(
    await rows(`${long} | graph-to-table nodes with_node_id=h | where isnull(id) | project h == hash('')`),
  ).toEqual([[true]])
})

test('graphs used through let, functions and parentheses are the same graph', async () => {
  const made = "let E = datatable(s:string, t:string)['A','B', 'B','C'];"
  const match = 'graph-match (a)-->(b) project a.id, b.id'
  for (const use of [
    `${made} let G = E | make-graph s --> t with_node_id=id; G | ${match}`,
    `${made} let G = () { E | make-graph s --> t with_node_id=id }; G() | ${match}`,
    `${made} let G = (T:(s:string, t:string)) { T | make-graph s --> t with_node_id=id }; G(E) | ${match}`,
    `${made} (E | make-graph s --> t with_node_id=id) | ${match}`,
  ])
    expect(await rows(use), use).toEqual([
      ['A', 'B'],
      ['B', 'C'],
    ])
})

test('an edge in either direction matches both ways, a logon to self twice, and is still one edge', async () => {
  expect(await graph('A>A', 'graph-match (a)--(b) project a.id, b.id')).toEqual([
    ['A', 'A'],
    ['A', 'A'],
  ])
  const twice = '(a)--(b)--(c) project a.id, b.id, c.id'
  expect(await graph('A>B', `graph-match ${twice}`)).toEqual([])
  expect(await graph('A>B', `graph-match cycles=all ${twice}`)).toEqual([
    ['A', 'B', 'A'],
    ['B', 'A', 'B'],
  ])
  expect(await graph('A>B,C>B', 'graph-match (a)-[p*2..2]-(b) project a.id, x = map(p, w), b.id')).toEqual([
    ['A', [1, 2], 'C'],
    ['C', [2, 1], 'A'],
  ])
  expect(await graph('A>B', 'graph-match (a)<--(b) project a.id, b.id')).toEqual([['B', 'A']])
})

test('unique edges count across the whole pattern; cycles=all takes an edge again', async () => {
  const pattern = '(a)-[e]->(b)-[p*1..3]->(c) project a.id, e.w, map = p.w, c.id'
  expect(await graph('A>B,B>A', `graph-match ${pattern}`)).toEqual([
    ['A', 1, [2], 'A'],
    ['B', 2, [1], 'B'],
  ])
  expect(
    await graph('A>B,B>A', "graph-match cycles=all (a)-[p*1..4]->(b) where a.id == 'A' project p.w"),
  ).toEqual([[[1, 2, 1, 2]], [[1, 2, 1]], [[1, 2]], [[1]]])
})

test('cycles=none: other variables are other nodes, a variable that comes again may close a ring', async () => {
  expect(await graph('A>B,B>A', 'graph-match cycles=none (a)-->(b)-->(c) project a.id')).toEqual([])
  expect(await graph('A>B,B>C,C>A', 'graph-match cycles=none (a)-->(b)-->(c)-->(a) project a.id')).toEqual([
    ['A'],
    ['B'],
    ['C'],
  ])
  expect(await graph('A>B,B>A', 'graph-match cycles=none (a)-[p*1..3]->(a) project a.id')).toEqual([])
  const inner = '(x)-->(a)-[p*2..2]->(b) project x.id, b.id'
  expect(await graph('X>A,A>X,X>B', `graph-match cycles=none ${inner}`)).toEqual([])
  expect(await graph('X>A,A>X,X>B', `graph-match ${inner}`)).toEqual([['X', 'B']])
})

test('a path without an edge: every node, all() holds, any() does not, map() is empty', async () => {
  expect(
    await graph(
      'A>B',
      'graph-match (a)-[p*0..0]->(b) project a.id, x = all(p, w > 5), y = any(p, w > 0), m = map(p, w)',
      "datatable(id:string)['A', 'B', 'Q']",
    ),
  ).toEqual([
    ['A', true, false, []],
    ['B', true, false, []],
    ['Q', true, false, []],
  ])
})

test('a null condition counts as false in all() and in any(), and map() keeps null', async () => {
  expect(
    await rows(
      "let E = datatable(s:string, t:string, w:long)['A','B',long(null), 'B','C',1]; E | make-graph s --> t with_node_id=id | graph-match (a)-[p*1..2]->(b) project a.id, b.id, x = all(p, w > 0), y = any(p, w > 0), z = all(p, not(w > 0)), m = map(p, w)",
    ),
  ).toEqual([
    ['A', 'B', false, false, false, [null]],
    ['A', 'C', false, true, false, [null, 1]],
    ['B', 'C', true, true, false, [1]],
  ])
})

test('conditions along a path may read other elements, lets and degrees', async () => {
  expect(
    await rows(
      "let most = 2; let E = datatable(s:string, t:string, w:long)['A','B',1, 'B','C',2, 'C','D',3]; E | make-graph s --> t with_node_id=id | graph-match (a)-[p*1..most]->(b) where all(p, w < most + 1 and s != b.id) and a.id != 'B' project a.id, b.id",
    ),
  ).toEqual([
    ['A', 'B'],
    ['A', 'C'],
  ])
  expect(
    await graph(
      'A>B,B>C,B>D,C>D',
      'graph-match (a)-[p*2..3]->(b) where any(inner_nodes(p), node_degree_out() == 2 and id != a.id) project a.id, b.id, n = map(inner_nodes(p), strcat(id, node_degree_in(), a.id))',
    ),
  ).toEqual([
    ['A', 'C', ['B1A']],
    ['A', 'D', ['B1A', 'C1A']],
    ['A', 'D', ['B1A']],
  ])
  expect(
    await graph(
      'A>B,A>B,A>A,C>A',
      'graph-match (n) project n.id, i = node_degree_in(n), o = node_degree_out(n)',
    ),
  ).toEqual([
    ['A', 2, 3],
    ['B', 2, 0],
    ['C', 0, 1],
  ])
})

test('rows come in the order of nodes and edges, the same every time', async () => {
  const text =
    "let E = datatable(s:string, t:string)['C','A', 'A','B', 'B','C', 'A','C']; E | make-graph s --> t with_node_id=id | graph-match (a)-[p*1..2]->(b) where b.id != 'B' project a.id, b.id, n = array_length(p)"
  const { columns, rows: found } = await runKql(connection, text, SCHEMA)
  expect(columns.map(({ name, type }) => `${name}:${type}`)).toEqual([
    'a_id:string',
    'b_id:string',
    'n:dynamic',
  ])
  expect(found).toEqual([
    ['C', 'C', 2],
    ['C', 'A', 1],
    ['A', 'C', 2],
    ['A', 'C', 1],
    ['A', 'A', 2],
    ['B', 'C', 1],
    ['B', 'A', 2],
  ])
})

test('a whole element is a bag of what is not empty', async () => {
  expect(
    await graph(
      'A>B',
      'graph-match (a)-[e]->(b) project a, e, b',
      "datatable(id:string, nm:string, z:long, b:bool, age:long)['A', '', 0, false, long(null)]",
    ),
  ).toEqual([[{ id: 'A', z: 0, b: false }, { s: 'A', t: 'B', w: 1 }, { id: 'B' }]])
})

test('shortest paths: every pair of ends, no node twice, the length asked for, conditions first', async () => {
  const path = (edges: string, hops: string, where: string, output = 'any'): Promise<unknown[]> =>
    graph(
      edges,
      `graph-shortest-paths output=${output} (a)-[p*${hops}]->(b) where ${where} project a.id, b.id, x = map(p, w), y = map(inner_nodes(p), id)`,
    )
  expect(await path('A>B,B>A,A>C', '3..5', "a.id == 'A' and b.id == 'C'")).toEqual([])
  expect(await path('A>B,B>C,A>C', '2..5', "a.id == 'A' and b.id == 'C'")).toEqual([
    ['A', 'C', [1, 2], ['B']],
  ])
  expect(await path('A>B,B>A,B>C,C>D', '1..5', "a.id == 'A'")).toEqual([
    ['A', 'B', [1], []],
    ['A', 'C', [1, 3], ['B']],
    ['A', 'D', [1, 3, 4], ['B', 'C']],
  ])
  expect(await path('A>B,B>D,A>C,C>E,E>D', '1..5', "b.id == 'D' and all(p, w != 2)")).toEqual([
    ['A', 'D', [3, 4, 5], ['C', 'E']],
    ['C', 'D', [4, 5], ['E']],
    ['E', 'D', [5], []],
  ])
  expect(await path('A>B,B>D,A>C,C>E,E>D', '1..5', "a.id == 'A' and b.id == 'D' and any(p, w == 4)")).toEqual(
    [['A', 'D', [3, 4, 5], ['C', 'E']]],
  )
  expect(
    await path('A>B,B>D,A>C,C>D', '1..5', "a.id == 'A' and b.id == 'D' and all(inner_nodes(p), id != 'B')"),
  ).toEqual([['A', 'D', [3, 4], ['C']]])
  expect(await path('A>B,A>B,B>C', '1..5', "a.id == 'A' and b.id == 'C'", 'all')).toEqual([
    ['A', 'C', [1, 3], ['B']],
    ['A', 'C', [2, 3], ['B']],
  ])
  expect(await path('A>B,A>B,B>C', '1..5', "a.id == 'A' and b.id == 'C'")).toEqual([
    ['A', 'C', [1, 3], ['B']],
  ])
  expect(await path('A>B', '0..2', 'true')).toEqual([
    ['A', 'A', [], []],
    ['A', 'B', [1], []],
    ['B', 'B', [], []],
  ])
})

test('shortest paths against the direction and in either direction', async () => {
  const path = (edge: string): Promise<unknown[]> =>
    graph('A>B,C>B', `graph-shortest-paths (a)${edge}(b) where a.id == 'C' project b.id, x = map(p, w)`)
  expect(await path('<-[p*1..3]-')).toEqual([])
  expect(await path('-[p*1..3]->')).toEqual([['B', [2]]])
  expect(await path('-[p*1..3]-')).toEqual([
    ['A', [2, 1]],
    ['B', [2]],
  ])
})

test('the search in breadth and the walk of every path find the same shortest paths', async () => {
  // A ring with chords: i → i+1 and i → i+3 of 11, more than one shortest path between many pairs.
  const edges = Array.from({ length: 11 }, (_x, i) => [`n${i}>n${(i + 1) % 11}`, `n${i}>n${(i + 3) % 11}`])
  const find = (where: string): Promise<unknown[]> =>
    graph(
      edges.flat().join(','),
      `graph-shortest-paths output=all (a)-[p*1..5]->(b) where ${where} project a.id, b.id, x = map(p, w)`,
    )
  const broad = await find("a.id in ('n0', 'n4') and all(p, w != 7)")
  const walked = await find("a.id in ('n0', 'n4') and not(any(p, w == 7))")
  expect(broad.length).toBeGreaterThan(20)
  expect(broad).toEqual(walked)
  expect(await find("b.id == 'n9' and all(p, w != 7)")).toEqual(
    await find("b.id == 'n9' and not(any(p, w == 7))"),
  )
})

test('components: weak ones in order of their first node, strong ones as they are complete', async () => {
  const mark = (kind: string): Promise<unknown[]> =>
    graph('A>B,B>A,B>C,D>E', `graph-mark-components ${kind} with_component_id=c | graph-to-table nodes`)
  expect(await mark('')).toEqual([
    ['A', 0],
    ['B', 0],
    ['C', 0],
    ['D', 1],
    ['E', 1],
  ])
  expect(await mark('kind=strong')).toEqual([
    ['A', 1],
    ['B', 1],
    ['C', 0],
    ['D', 3],
    ['E', 2],
  ])
})

test('strong components of a chain longer than the call stack, closed into one ring', async () => {
  const ring = 'range i from 0 to 49999 step 1 | extend j = (i + 1) % 50000'
  expect(
    await rows(
      `${ring} | make-graph i --> j with_node_id=n | graph-mark-components kind=strong | graph-to-table nodes | summarize count(), dcount(ComponentId)`,
    ),
  ).toEqual([[50_000, 1]])
  expect(
    await rows(
      `${ring} | where i != 7 | make-graph i --> j with_node_id=n | graph-mark-components kind=strong | graph-to-table nodes | summarize count(), dcount(ComponentId)`,
    ),
  ).toEqual([[50_000, 50_000]])
})

test('two node tables: an id in one is its row, an id in none has every key, an id in both is an error', async () => {
  const two = (second: string): string =>
    `let E = datatable(s:string, t:string)['A','Z']; let P = datatable(pid:string, v:long)['A', 10]; let C = datatable(cid:string, size:long)['${second}', 99]; E | make-graph s --> t with P on pid, C on cid | graph-to-table nodes`
  expect(await rows(two('X'))).toEqual([
    ['', null, 'X', 99],
    ['A', 10, '', null],
    ['Z', null, 'Z', null],
  ])
  await expect(rows(two('A'))).rejects.toThrow('in both node tables')
})

test('the end of a graph names the rows that a later statement reads', async () => {
  expect(
    await rows(
      "let E = datatable(s:string, t:string)['A','B']; E | make-graph s --> t with_node_id=id | graph-to-table nodes as N, edges as M with_source_id=h; M | where h == hash('A') | join kind=inner (N) on $left.t == $right.id | project s, id",
    ),
  ).toEqual([['A', 'B']])
})

test('a partition is part of what makes a node: no way leads from one tenant to another', async () => {
  const text = (operator: string): string =>
    `let E = datatable(s:string, t:string, tenant:string)['A','B','one', 'B','C','two', 'B','D','one']; let N = datatable(id:string, tenant:string, v:long)['A','one',1, 'B','one',2, 'B','two',3, 'C','two',4]; E | make-graph s --> t with N on id partitioned-by tenant (${operator})`
  expect(await rows(text('graph-match (a)-[p*1..3]->(b) project a.id, a.v, b.id, b.v, b.tenant'))).toEqual([
    ['A', 1, 'B', 2, 'one'],
    ['A', 1, 'D', null, ''],
    ['B', 2, 'D', null, ''],
    ['B', 3, 'C', 4, 'two'],
  ])
  expect(() => compileKql(text('graph-match (a)-->(b) project a.id | take 1'), { schema: SCHEMA })).toThrow(
    'more than one operator inside',
  )
})
