import { createRequire } from 'node:module'
import type { Json } from '../../plan/expr.ts'
import { bag, list, type NativeRow, native, number, text, type Value } from './define.ts'

type H3 = typeof import('h3-js')

let loaded: H3 | undefined

/** Uber's H3 library, loaded at the first call. */
function h3(): H3 {
  loaded ??= createRequire(import.meta.url)('h3-js') as H3
  return loaded
}

/** The limits that Kusto's reference pages name. */
const MAX_RING = 142
const MAX_LEVELS_DOWN = 5
const DEFAULT_RESOLUTION = 6
const MAX_CELLS = 1_000_000

function cellOf(value: Value): string | undefined {
  const cell = text(value)
  return h3().isValidCell(cell) ? cell : undefined
}

function resolutionOf(value: Value, otherwise: number, least: number): number | undefined {
  const resolution = value === undefined ? otherwise : number(value)
  return Number.isInteger(resolution) && resolution >= least && resolution <= 15 ? resolution : undefined
}

function pointToCell(longitude: Value, latitude: Value, resolution: Value): string {
  const [x, y] = [number(longitude), number(latitude)]
  const level = resolutionOf(resolution, DEFAULT_RESOLUTION, 0)
  if (level === undefined || !(Math.abs(x) <= 180) || !(Math.abs(y) <= 90)) return ''
  return h3().latLngToCell(y, x, level)
}

function children(value: Value, resolution: Value): Json | undefined {
  const cell = cellOf(value)
  if (cell === undefined) return undefined
  const own = h3().getResolution(cell)
  const level = resolutionOf(resolution, own + 1, 1)
  if (level === undefined || level < own || level - own > MAX_LEVELS_DOWN) return undefined
  return h3().cellToChildren(cell, level)
}

function parent(value: Value, resolution: Value): string {
  const cell = cellOf(value)
  if (cell === undefined) return ''
  const own = h3().getResolution(cell)
  const level = resolutionOf(resolution, own - 1, 0)
  return level === undefined || level > own ? '' : h3().cellToParent(cell, level)
}

function rings(value: Value, distance: Value): string[][] | undefined {
  const cell = cellOf(value)
  const size = number(distance)
  if (cell === undefined || !Number.isInteger(size) || size < 0 || size > MAX_RING) return undefined
  return h3().gridDiskDistances(cell, size)
}

/** Around a cell the library goes in a circle; the engine names them in this order of the circle's places. */
const NEIGHBOUR_ORDER: readonly number[] = [3, 5, 4, 2, 1, 0]

function neighbours(value: Value): Json | undefined {
  const circle = rings(value, 1n)?.[1]
  // A pentagon has five neighbours.
  if (circle === undefined || circle.length < NEIGHBOUR_ORDER.length) return circle
  return NEIGHBOUR_ORDER.map((place) => circle[place] ?? null)
}

function polygon(value: Value): Json | undefined {
  const cell = cellOf(value)
  if (cell === undefined) return undefined
  return { type: 'Polygon', coordinates: [h3().cellToBoundary(cell, true)] }
}

function centre(value: Value): Json | undefined {
  const cell = cellOf(value)
  if (cell === undefined) return undefined
  const [latitude, longitude] = h3().cellToLatLng(cell)
  return { type: 'Point', coordinates: [longitude, latitude] }
}

function ringOf(value: Json | undefined): number[][] | undefined {
  const points = list(value)?.map((point) => (list(point) ?? []).map(Number))
  const isRing = points?.every((point) => point.length >= 2 && point.every(Number.isFinite)) === true
  return isRing && points.length >= 4 ? points : undefined
}

function polygonToCells(shape: Value, resolution: Value): Json | undefined {
  const level = resolutionOf(resolution, DEFAULT_RESOLUTION, 0)
  const geometry = bag(shape)
  const parts = geometry?.type === 'MultiPolygon' ? list(geometry.coordinates) : [geometry?.coordinates]
  if (level === undefined || !/^(Multi)?Polygon$/.test(text(geometry?.type))) return undefined
  const cells = new Set<string>()
  const { polygonToCells: fill, getHexagonAreaAvg } = h3()
  for (const part of parts ?? []) {
    const outlines = list(part)?.map(ringOf) ?? []
    const loops = outlines.flatMap((ring) => (ring === undefined ? [] : [ring]))
    const [outer] = loops
    if (outer === undefined || loops.length !== outlines.length) return undefined
    // A box around it bounds the work: one degree is 111.3 km at most.
    const width = extent(outer, 0) * extent(outer, 1) * 111.3 ** 2
    if (width / getHexagonAreaAvg(level, 'km2') > MAX_CELLS) return undefined
    for (const cell of fill(loops, level, true).reverse()) cells.add(cell)
  }
  return [...cells]
}

function extent(ring: readonly number[][], axis: number): number {
  const values = ring.map((point) => point[axis] ?? 0)
  return Math.max(...values) - Math.min(...values)
}

/** Cells of Uber's hexagonal grid; what is no cell, or beyond the documented limits, gives null or the empty text. */
export const h3Rows: readonly NativeRow[] = [
  native('geo_point_to_h3cell', ['real', 'real', 'long'], 'string', pointToCell),
  native('geo_h3cell_children', ['string', 'long'], 'dynamic', children),
  native('geo_h3cell_parent', ['string', 'long'], 'string', parent),
  native('geo_h3cell_level', ['string'], 'int', (value) => {
    const cell = cellOf(value)
    return cell === undefined ? undefined : h3().getResolution(cell)
  }),
  native('geo_h3cell_neighbors', ['string'], 'dynamic', neighbours),
  native('geo_h3cell_rings', ['string', 'long'], 'dynamic', rings),
  native('geo_h3cell_to_polygon', ['string'], 'dynamic', polygon),
  native('geo_h3cell_to_central_point', ['string'], 'dynamic', centre),
  native('geo_polygon_to_h3cells', ['dynamic', 'long'], 'dynamic', polygonToCells),
]
