import { InputError, type Report } from '../../diagnostics/index.ts'
import { type Layout, MAPPING_FOOTER, MAPPING_SIGNATURE, NO_PAGE, PAGE_NUMBER_MASK } from './layout.ts'
import type { RepositoryFiles } from './types.ts'

/** Where the logical pages of one file lie: one section of a mapping. */
export interface PageMap {
  readonly version: number
  /** `undefined` on XP. */
  readonly generation: number | undefined
  readonly physicalPages: number
  /** Physical page of each logical page; `NO_PAGE` where there is none. */
  readonly physical: Uint32Array
  /** Generation in which each logical page was last written; `undefined` on XP. */
  readonly written: Uint32Array | undefined
  /** User data of entry 0: in the index section, the logical page of the root (Vista and later). */
  readonly userData: number
}

/** One mapping file: the state of the repository at one generation. */
export interface Mapping {
  readonly name: string
  readonly layout: Layout
  readonly version: number
  readonly generation: number | undefined
  readonly objects: PageMap
  readonly index: PageMap
}

interface Section {
  readonly map: PageMap
  readonly layout: Layout
  readonly end: number
}

interface SectionShape {
  readonly layout: Layout
  readonly headerSize: number
  readonly entrySize: number
  readonly physicalPagesAt: number
}

const SHAPES: readonly SectionShape[] = [
  { layout: 'vista', headerSize: 24, entrySize: 24, physicalPagesAt: 16 },
  { layout: 'xp', headerSize: 16, entrySize: 4, physicalPagesAt: 8 },
]

/**
 * Reads one section in one layout: `undefined` where the signature, or the footer at the place that the counts give, is not
 * there. Some writers leave out the footer of the second section: it is looked for with `mayLackFooter`.
 */
function readSection(
  bytes: Uint8Array,
  start: number,
  shape: SectionShape,
  mayLackFooter = false,
): Section | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u32 = (at: number): number | undefined =>
    at >= 0 && at + 4 <= bytes.length ? view.getUint32(at, true) : undefined
  if (u32(start) !== MAPPING_SIGNATURE) return undefined
  const count = u32(start + shape.physicalPagesAt + 4)
  if (count === undefined) return undefined
  const entriesAt = start + shape.headerSize
  const freeAt = entriesAt + count * shape.entrySize
  const free = u32(freeAt)
  if (free === undefined) return undefined
  const footerAt = freeAt + 4 + 4 * free
  const footer = u32(footerAt) === MAPPING_FOOTER
  if (!footer && (!mayLackFooter || footerAt > bytes.length)) return undefined
  const vista = shape.layout === 'vista'
  const physical = new Uint32Array(count)
  const written = vista ? new Uint32Array(count) : undefined
  for (let page = 0; page < count; page += 1) {
    const entry = entriesAt + page * shape.entrySize
    const value = view.getUint32(entry, true)
    physical[page] = value === NO_PAGE ? NO_PAGE : value & PAGE_NUMBER_MASK
    if (written !== undefined) written[page] = view.getUint32(entry + 20, true)
  }
  const map: PageMap = {
    version: u32(start + 4) ?? 0,
    generation: vista ? u32(start + 8) : undefined,
    physicalPages: u32(start + shape.physicalPagesAt) ?? 0,
    physical,
    written,
    userData: vista && count > 0 ? (u32(entriesAt + 12) ?? 0) : 0,
  }
  return { map, layout: shape.layout, end: footerAt + (footer ? 4 : 0) }
}

/** A mapping file with both sections. Throws `cim/bad-mapping`. */
export function readMapping(name: string, bytes: Uint8Array, source: string): Mapping {
  const bad = (what: string, offset: number): InputError =>
    new InputError('cim/bad-mapping', `${name}: ${what}`, {
      in: 'bytes',
      source: `${source}/${name}`,
      offset,
    })
  const readings = SHAPES.flatMap((shape) => {
    const objects = readSection(bytes, 0, shape)
    if (objects === undefined) return []
    return [{ objects, index: readSection(bytes, objects.end, shape, true) }]
  })
  // Nothing in the file names its layout, and a small table can pass for the other one's by the values it holds: the
  // reading that accounts for the whole file is right, else one that finds both sections.
  const whole = readings.find(({ index }) => index?.end === bytes.length)
  const { objects, index } =
    whole ?? readings.find((reading) => reading.index !== undefined) ?? readings[0] ?? {}
  if (objects === undefined) throw bad('the section of OBJECTS.DATA is damaged or cut', 0)
  if (index === undefined) throw bad('the section of INDEX.BTR is damaged or cut', objects.end)
  return joined(name, objects, index)
}

function joined(name: string, objects: Section, index: Section): Mapping {
  const { layout, map } = objects
  return { name, layout, version: map.version, generation: map.generation, objects: map, index: index.map }
}

/** XP keeps OBJECTS.MAP and INDEX.MAP, one section each, beside or instead of the joint files. */
function readSeparateMaps(files: RepositoryFiles): Mapping | undefined {
  const section = (name: string): Section | undefined => {
    const file = files.mappings.find((mapping) => baseName(mapping.name) === name)
    if (file === undefined) return undefined
    const readings = SHAPES.flatMap((shape) => readSection(file.bytes, 0, shape) ?? [])
    return readings.find(({ end }) => end === file.bytes.length) ?? readings[0]
  }
  const objects = section('OBJECTS.MAP')
  const index = section('INDEX.MAP')
  if (objects === undefined || index === undefined) return undefined
  return joined('OBJECTS.MAP + INDEX.MAP', objects, index)
}

function baseName(name: string): string {
  return (name.split(/[\\/]/).pop() ?? name).toUpperCase()
}

/**
 * The usable mappings, the current one first: by highest generation, then version (Vista and later); as MAPPING.VER
 * says, else by version (XP). A damaged file is reported and left out.
 */
export function readMappings(files: RepositoryFiles, report: Report): Mapping[] {
  const mappings: Mapping[] = []
  let active: number | undefined
  for (const file of files.mappings) {
    const name = baseName(file.name)
    if (name === 'OBJECTS.MAP' || name === 'INDEX.MAP') continue
    if (name === 'MAPPING.VER') {
      active = file.bytes[0]
      continue
    }
    try {
      mappings.push(readMapping(name, file.bytes, files.source))
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      report(error.toDiagnostic('warning'))
    }
  }
  const separate = readSeparateMaps(files)
  if (separate !== undefined) mappings.push(separate)
  const wrapped = generationsWrap(mappings)
  const rank = (mapping: Mapping): number => {
    if (active !== undefined && mapping.name === `MAPPING${active}.MAP`) return Number.MAX_SAFE_INTEGER
    const generation = mapping.generation ?? 0
    return wrapped && generation < 2 ** 31 ? generation + 2 ** 32 : generation
  }
  return mappings.sort((a, b) => rank(b) - rank(a) || b.version - a.version || a.name.localeCompare(b.name))
}

/** The files are successive generations, so values at both ends of the u32 range mean that the counter wrapped. */
function generationsWrap(mappings: readonly Mapping[]): boolean {
  const values = mappings.flatMap((mapping) => mapping.generation ?? [])
  return values.length > 1 && Math.max(...values) - Math.min(...values) > 2 ** 31
}

/** True when two logical pages name one physical page, or a page lies outside the file. */
export function mapProblems(map: PageMap, fileSize: number, pageSize: number): string | undefined {
  const seen = new Set<number>()
  let outside = 0
  let shared = 0
  for (const page of map.physical) {
    if (page === NO_PAGE) continue
    if ((page + 1) * pageSize > fileSize) outside += 1
    if (seen.has(page)) shared += 1
    seen.add(page)
  }
  if (outside === 0 && shared === 0) return undefined
  return [
    outside > 0 ? `${outside} logical pages lie beyond the end of the file` : '',
    shared > 0 ? `${shared} logical pages share a physical page with another` : '',
  ]
    .filter((part) => part !== '')
    .join('; ')
}
