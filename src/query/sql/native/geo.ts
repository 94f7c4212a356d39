import { lookupTable } from '../../../bytes/index.ts'
import type { Json } from '../../plan/expr.ts'
import { bag, list, type NativeRow, native, number, text, type Value } from './define.ts'

/** Points, lines and polygons on a sphere. Source of the radius: S2 geometry, EARTH_RADIUS_METERS 6371010 (checked against engine results). */

const RADIUS = 6_371_010
const RAD = Math.PI / 180
const BASE32 = '0123456789bcdefghjkmnpqrstuvwxyz'

type Vector = readonly [number, number, number]
type Point = readonly [number, number]

const valid = (lon: number, lat: number): boolean => Math.abs(lon) <= 180 && Math.abs(lat) <= 90

function vector([lon, lat]: Point): Vector {
  const [x, y] = [lon * RAD, lat * RAD]
  return [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)]
}

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const norm = (a: Vector): number => Math.sqrt(dot(a, a))
const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by]
const unit = (a: Vector): Vector => scale(a, 1 / norm(a))

/** Angle between two directions, exact for small and large ones alike. */
const angle = (a: Vector, b: Vector): number => Math.atan2(norm(cross(a, b)), dot(a, b))

function distance(a: Point, b: Point): number {
  return angle(vector(a), vector(b)) * RADIUS
}

/** Distance from a point to the shorter arc between two others, as an angle. */
function arcDistance(point: Vector, a: Vector, b: Vector): number {
  const normal = cross(a, b)
  const size = norm(normal)
  if (size < 1e-15) return angle(point, a)
  const n = scale(normal, 1 / size)
  const onArc = dot(cross(n, a), point) >= 0 && dot(cross(b, n), point) >= 0
  return onArc
    ? Math.abs(Math.asin(Math.max(-1, Math.min(1, dot(n, point)))))
    : Math.min(angle(point, a), angle(point, b))
}

function azimuth(a: Point, b: Point): number {
  const [x1, y1, x2, y2] = [a[0] * RAD, a[1] * RAD, b[0] * RAD, b[1] * RAD]
  const result = Math.atan2(
    Math.sin(x2 - x1) * Math.cos(y2),
    Math.cos(y1) * Math.sin(y2) - Math.sin(y1) * Math.cos(y2) * Math.cos(x2 - x1),
  )
  return result < 0 ? result + 2 * Math.PI : result
}

function toPoint(value: Json | undefined): Point | undefined {
  const pair = list(value)
  const [lon, lat] = [number(pair?.[0]), number(pair?.[1])]
  return pair !== undefined && valid(lon, lat) ? [lon, lat] : undefined
}

/** Lines of a GeoJSON LineString or MultiLineString. */
function linesOf(value: Value): Point[][] | undefined {
  const shape = bag(value)
  const coordinates = list(shape?.coordinates)
  if (coordinates === undefined) return undefined
  const lines =
    shape?.type === 'LineString'
      ? [coordinates]
      : shape?.type === 'MultiLineString'
        ? coordinates.map((line) => list(line) ?? [])
        : []
  const points = lines.map((line) => line.map(toPoint))
  return points.length === 0 || points.flat().includes(undefined) ? undefined : (points as Point[][])
}

/** Polygons of a GeoJSON Polygon or MultiPolygon: each a list of rings, the first the shell. */
function polygonsOf(value: Value): Point[][][] | undefined {
  const shape = bag(value)
  const coordinates = list(shape?.coordinates)
  if (coordinates === undefined) return undefined
  const polygons =
    shape?.type === 'Polygon'
      ? [coordinates]
      : shape?.type === 'MultiPolygon'
        ? coordinates.map((polygon) => list(polygon) ?? [])
        : []
  const points = polygons.map((rings) => rings.map((ring) => (list(ring) ?? []).map(toPoint)))
  if (points.length === 0 || points.flat(2).includes(undefined)) return undefined
  return (points as Point[][][]).every((rings) => rings.every(isRing)) ? (points as Point[][][]) : undefined
}

/** A ring encloses something: three different corners at least, no edge of length zero. */
function isRing(ring: readonly Point[]): boolean {
  const corners = new Set(ring.map(([lon, lat]) => `${lon},${lat}`))
  const flat = ring.some(
    (point, i) => i > 0 && point[0] === ring[i - 1]?.[0] && point[1] === ring[i - 1]?.[1],
  )
  return corners.size >= 3 && !flat
}

/** Even-odd rule on the sphere: great-circle edges crossed by the meridian north of the point. */
function inRing([lon, lat]: Point, ring: readonly Point[]): boolean {
  let inside = false
  for (let i = 0; i + 1 < ring.length; i++) {
    const [a, b] = [ring[i], ring[i + 1]]
    if (a === undefined || b === undefined) continue
    const [da, db] = [turn(a[0] - lon), turn(b[0] - lon)]
    if (da > 0 === db > 0 || Math.abs(da - db) >= 180) continue
    const normal = cross(vector(a), vector(b))
    const [x, y] = [Math.cos(lon * RAD), Math.sin(lon * RAD)]
    const crossing = Math.atan2(-(normal[0] * x + normal[1] * y), normal[2]) / RAD
    const latitude = crossing > 90 ? crossing - 180 : crossing < -90 ? crossing + 180 : crossing
    if (latitude > lat) inside = !inside
  }
  return inside
}

const turn = (degrees: number): number =>
  degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees

function inPolygons(point: Point, polygons: readonly Point[][][]): boolean {
  return polygons.some(
    ([shell, ...holes]) =>
      shell !== undefined && inRing(point, shell) && !holes.some((hole) => inRing(point, hole)),
  )
}

function lengthOf(line: readonly Point[]): number {
  let total = 0
  for (let i = 0; i + 1 < line.length; i++) {
    const [a, b] = [line[i], line[i + 1]]
    if (a !== undefined && b !== undefined) total += distance(a, b)
  }
  return total
}

/** Distance in metres from a point to the nearest of some lines. */
function toLines(point: Point, lines: readonly (readonly Point[])[]): number {
  let best = Number.POSITIVE_INFINITY
  const at = vector(point)
  for (const line of lines) {
    for (let i = 0; i + 1 < line.length; i++) {
      const [a, b] = [line[i], line[i + 1]]
      if (a !== undefined && b !== undefined) best = Math.min(best, arcDistance(at, vector(a), vector(b)))
    }
  }
  return best * RADIUS
}

function geohash(lon: number, lat: number, precision: number): string {
  if (!valid(lon, lat) || !(precision >= 1 && precision <= 18)) return ''
  const ranges = [
    [-180, 180],
    [-90, 90],
  ]
  let result = ''
  let [bits, count] = [0, 0]
  for (let turn = 0; result.length < precision; turn = 1 - turn) {
    const range = ranges[turn] as [number, number]
    const middle = (range[0] + range[1]) / 2
    const upper = (turn === 0 ? lon : lat) >= middle
    bits = bits * 2 + (upper ? 1 : 0)
    range[upper ? 0 : 1] = middle
    count += 1
    if (count === 5) {
      result += BASE32.charAt(bits)
      ;[bits, count] = [0, 0]
    }
  }
  return result
}

function geohashBox(hash: string): { west: number; east: number; south: number; north: number } | undefined {
  const box = { west: -180, east: 180, south: -90, north: 90 }
  let even = true
  if (hash === '' || hash.length > 18) return undefined
  for (const char of hash.toLowerCase()) {
    const bits = BASE32.indexOf(char)
    if (bits < 0) return undefined
    for (let bit = 4; bit >= 0; bit--) {
      const upper = ((bits >> bit) & 1) === 1
      if (even) box[upper ? 'west' : 'east'] = (box.west + box.east) / 2
      else box[upper ? 'south' : 'north'] = (box.south + box.north) / 2
      even = !even
    }
  }
  return box
}

function neighbors(hash: string): Json | undefined {
  const box = geohashBox(hash)
  if (box === undefined) return undefined
  const [width, height] = [box.east - box.west, box.north - box.south]
  const [x, y] = [(box.west + box.east) / 2, (box.south + box.north) / 2]
  const wrap = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180
  // West, then counter-clockwise: the engine's order.
  const steps = [
    [-1, 0],
    [-1, -1],
    [0, -1],
    [1, -1],
    [1, 1],
    [1, 0],
    [0, 1],
    [-1, 1],
  ] as const
  return steps
    .map(([dx, dy]) => geohash(wrap(x + dx * width), y + dy * height, hash.length))
    .filter((item) => item !== '')
}

function geohashPolygon(hash: string): Json | undefined {
  const box = geohashBox(hash)
  if (box === undefined) return undefined
  const { west, east, south, north } = box
  return {
    type: 'Polygon',
    coordinates: [
      [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    ],
  }
}

const WKT_NAMES = lookupTable({
  POINT: 'Point',
  LINESTRING: 'LineString',
  POLYGON: 'Polygon',
  MULTIPOINT: 'MultiPoint',
  MULTILINESTRING: 'MultiLineString',
  MULTIPOLYGON: 'MultiPolygon',
})

/** WKT as GeoJSON. */
function fromWkt(source: string): Json | undefined {
  const match = /^\s*([A-Z]+)\s*(\(.*\))\s*$/is.exec(source)
  const kind = match?.[1]?.toUpperCase() ?? ''
  const body = match?.[2] ?? ''
  if (kind === 'GEOMETRYCOLLECTION') {
    const parts = topLevel(body.slice(1, -1))
    const geometries = parts.map(fromWkt)
    return geometries.includes(undefined)
      ? undefined
      : { type: 'GeometryCollection', geometries: geometries as Json[] }
  }
  const type = WKT_NAMES[kind]
  if (type === undefined) return undefined
  const nested = body
    .replaceAll(/(-?[\d.]+(?:[eE][-+]?\d+)?)\s+(-?[\d.]+(?:[eE][-+]?\d+)?)/g, '[$1,$2]')
    .replaceAll('(', '[')
    .replaceAll(')', ']')
  const coordinates = JSON.parse(nested) as Json
  if (type === 'Point') return { type, coordinates: list(coordinates)?.[0] ?? null }
  if (type === 'MultiPoint')
    return {
      type,
      coordinates: (list(coordinates) ?? []).map((item) =>
        Array.isArray(list(item)?.[0]) ? (list(item)?.[0] ?? null) : item,
      ),
    }
  return { type, coordinates }
}

function topLevel(source: string): string[] {
  const parts: string[] = []
  let [depth, from] = [0, 0]
  for (const [i, char] of [...source].entries()) {
    if (char === '(') depth += 1
    if (char === ')') depth -= 1
    if (char === ',' && depth === 0) {
      parts.push(source.slice(from, i))
      from = i + 1
    }
  }
  return [...parts, source.slice(from)]
}

const pointOf = (lon: Value, lat: Value): Point | undefined => {
  const [x, y] = [number(lon), number(lat)]
  return valid(x, y) ? [x, y] : undefined
}

export const geoRows: readonly NativeRow[] = [
  native('geo_distance_2points', ['real', 'real', 'real', 'real'], 'real', (a, b, c, d) => {
    const [p, q] = [pointOf(a, b), pointOf(c, d)]
    return p === undefined || q === undefined ? undefined : distance(p, q)
  }),
  native('geo_azimuth', ['real', 'real', 'real', 'real'], 'real', (a, b, c, d) => {
    const [p, q] = [pointOf(a, b), pointOf(c, d)]
    return p === undefined || q === undefined || distance(p, q) === 0 ? undefined : azimuth(p, q)
  }),
  native('geo_angle', ['real', 'real', 'real', 'real', 'real', 'real'], 'real', (a, b, c, d, e, f) => {
    const [p, q, r] = [pointOf(a, b), pointOf(c, d), pointOf(e, f)]
    if (p === undefined || q === undefined || r === undefined) return undefined
    if (distance(p, q) === 0 || distance(q, r) === 0) return undefined
    const [u, v, w] = [vector(p), vector(q), vector(r)]
    const at = angle(unit(cross(v, u)), unit(cross(v, w)))
    return dot(cross(v, u), w) >= 0 ? 2 * Math.PI - at : at
  }),
  native('geo_point_in_circle', ['real', 'real', 'real', 'real', 'real'], 'bool', (a, b, c, d, radius) => {
    const [p, q] = [pointOf(a, b), pointOf(c, d)]
    return p === undefined || q === undefined || number(radius) < 0
      ? undefined
      : distance(p, q) <= number(radius)
  }),
  native('geo_point_in_polygon', ['real', 'real', 'dynamic'], 'bool', (a, b, shape) => {
    const [p, polygons] = [pointOf(a, b), polygonsOf(shape)]
    return p === undefined || polygons === undefined ? undefined : inPolygons(p, polygons)
  }),
  native('geo_distance_point_to_line', ['real', 'real', 'dynamic'], 'real', (a, b, shape) => {
    const [p, lines] = [pointOf(a, b), linesOf(shape)]
    return p === undefined || lines === undefined ? undefined : toLines(p, lines)
  }),
  native('geo_distance_point_to_polygon', ['real', 'real', 'dynamic'], 'real', (a, b, shape) => {
    const [p, polygons] = [pointOf(a, b), polygonsOf(shape)]
    if (p === undefined || polygons === undefined) return undefined
    return inPolygons(p, polygons) ? 0 : toLines(p, polygons.flat())
  }),
  native('geo_line_length', ['dynamic'], 'real', (shape) =>
    linesOf(shape)?.reduce((sum, line) => sum + lengthOf(line), 0),
  ),
  native('geo_polygon_perimeter', ['dynamic'], 'real', (shape) =>
    polygonsOf(shape)
      ?.flat()
      .reduce((sum, ring) => sum + lengthOf(ring), 0),
  ),
  native('geo_point_to_geohash', ['real', 'real', 'long'], 'string', (a, b, precision) =>
    geohash(number(a), number(b), precision === undefined ? 5 : number(precision)),
  ),
  native('geo_geohash_to_central_point', ['string'], 'dynamic', (hash) => {
    const box = geohashBox(text(hash))
    if (box === undefined) return undefined
    return { type: 'Point', coordinates: [(box.west + box.east) / 2, (box.south + box.north) / 2] }
  }),
  native('geo_geohash_neighbors', ['string'], 'dynamic', (hash) => neighbors(text(hash))),
  native('geo_geohash_to_polygon', ['string'], 'dynamic', (hash) => geohashPolygon(text(hash))),
  native('geo_from_wkt', ['string'], 'dynamic', (source) => fromWkt(text(source))),
]
