import { expect, test } from 'vitest'
import { h3Rows } from './h3.ts'

function run(name: string, ...args: (string | number | bigint | null)[]): unknown {
  const row = h3Rows.find((candidate) => candidate.name === name)
  const answer = row?.native.run(...args)
  return row?.native.returns === 'dynamic' && typeof answer === 'string' ? JSON.parse(answer) : answer
}

test('up and down the grid: the parent of every child is the cell, and there are seven a level', () => {
  const cell = run('geo_point_to_h3cell', 13.4, 52.5, 4n)
  const children = run('geo_h3cell_children', String(cell), 6n) as string[]
  expect(children).toHaveLength(49)
  for (const child of children) {
    expect(run('geo_h3cell_level', child)).toBe(6)
    expect(run('geo_h3cell_parent', child, 4n)).toBe(cell)
  }
})

test('a cell’s neighbours are its first ring; the twelve pentagons have five', () => {
  const cell = String(run('geo_point_to_h3cell', 13.4, 52.5, null))
  const neighbours = run('geo_h3cell_neighbors', cell) as string[]
  const rings = run('geo_h3cell_rings', cell, 1n) as string[][]
  expect([...neighbours].sort()).toEqual([...(rings[1] ?? [])].sort())
  // The first pentagon of level 0, as H3's documentation lists them.
  const pentagon = run('geo_h3cell_neighbors', '8009fffffffffff') as string[]
  expect(new Set(pentagon).size).toBe(5)
})

test('what is no cell, no point or beyond a limit is null or empty, and never takes long', () => {
  expect(run('geo_h3cell_children', '862a1072fffffff', 12n)).toBeNull()
  expect(run('geo_h3cell_children', '862a1072fffffff', 3n)).toBeNull()
  expect(run('geo_h3cell_rings', '862a1072fffffff', 143n)).toBeNull()
  expect(run('geo_h3cell_rings', 'x', 1n)).toBeNull()
  expect(run('geo_h3cell_level', '')).toBeNull()
  expect(run('geo_point_to_h3cell', 181, 0, 5n)).toBe('')
  const world = '{"type":"Polygon","coordinates":[[[-179,-89],[179,-89],[179,89],[-179,89],[-179,-89]]]}'
  expect(run('geo_polygon_to_h3cells', world, 15n)).toBeNull()
  expect(
    run('geo_polygon_to_h3cells', '{"type":"Polygon","coordinates":[[["a",{}],[1],[2,3],[4,5]]]}', 3n),
  ).toBeNull()
  expect(run('geo_polygon_to_h3cells', '{"type":"Point","coordinates":[1,1]}', 3n)).toBeNull()
})
