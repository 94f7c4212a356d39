import { InputError } from '../../../diagnostics/index.ts'
import { type ClassDefinition, readClassDefinition } from '../class-definition.ts'
import { layOver, type Schema } from '../class-schema.ts'
import { readEmbeddedObject } from '../instance.ts'
import { knownSchemas } from '../known-schemas.ts'
import { type Layout, MAX_CLASS_DEPTH, PAGE_SIZE } from '../layout.ts'
import { nameHash, utf16 } from '../name-hash.ts'
import { readRecordTable } from '../object-store.ts'

/** Bytes of candidate class definitions that are tried on one page; ten consumer classes on one are less. */
const MAX_PAGE_WORK = 16 * PAGE_SIZE

/**
 * Class definitions found in OBJECTS.DATA without the index: those that record tables list, on pages of any kind,
 * and those of classes derived from `__EventConsumer` anywhere, by the text they begin with.
 */
export class ClassRemains {
  readonly #definitions = new Map<string, ClassDefinition[]>()
  readonly #layout: Layout

  constructor(bytes: Uint8Array, source: string, layout: Layout) {
    this.#layout = layout
    for (let start = 0; start < bytes.length; start += PAGE_SIZE) {
      let budget = 2 * PAGE_SIZE
      for (const entry of readRecordTable(bytes, start)) {
        // Entries of a real page do not overlap; a hostile one must not be read a thousand times.
        budget -= Math.min(entry.size, PAGE_SIZE)
        if (budget < 0) break
        this.#add(
          bytes.subarray(start + entry.offset, start + entry.offset + entry.size),
          source,
          start + entry.offset,
        )
      }
    }
    let budget = 0
    let budgetPage = -1
    for (const offset of consumerClassTexts(bytes)) {
      const page = Math.floor(offset / PAGE_SIZE)
      const record = bytes.subarray(offset, (page + 1) * PAGE_SIZE)
      // Bait may begin everywhere and reach to the end of its page each time.
      budget = (page === budgetPage ? budget : MAX_PAGE_WORK) - record.length
      budgetPage = page
      if (budget > 0) this.#add(record, source, offset)
    }
  }

  #add(bytes: Uint8Array, source: string, base: number): void {
    // The name's length comes first: an instance begins with a digit's code and a zero, far beyond any name.
    if (bytes.length < 40 || (bytes[1] ?? 0) !== 0 || (bytes[2] ?? 0) !== 0 || (bytes[3] ?? 0) !== 0) return
    try {
      const definition = readClassDefinition({ bytes, source, base }, readEmbeddedObject)
      const hash = nameHash(definition.name, this.#layout)
      const list = this.#definitions.get(hash) ?? []
      this.#definitions.set(hash, list)
      if (!list.some((other) => other.heap.base === base)) list.push(definition)
    } catch (error) {
      // Most records are no class definitions; that one does not parse says nothing about damage.
      if (!(error instanceof InputError)) throw error
    }
  }

  /** Layouts that definitions of this class give, with ancestors by name; the known layout last. */
  schemas(classHash: string): { schema: Schema; filetime: bigint | undefined }[] {
    const found: { schema: Schema; filetime: bigint | undefined }[] = []
    for (const definition of this.#definitions.get(classHash) ?? []) {
      const schema = this.#resolve(definition)
      if (schema !== undefined && schema.problem === undefined)
        found.push({ schema, filetime: definition.filetime })
    }
    const known = knownSchemas(this.#layout).get(classHash)
    if (known !== undefined) found.push({ schema: known, filetime: undefined })
    return found
  }

  #resolve(definition: ClassDefinition): Schema | undefined {
    const chain = [definition]
    for (let next = definition.superclass; next !== ''; ) {
      const ancestor = this.#definitions.get(nameHash(next, this.#layout))?.[0]
      if (ancestor === undefined || chain.length >= MAX_CLASS_DEPTH) return undefined
      chain.push(ancestor)
      next = ancestor.superclass
    }
    let schema: Schema | undefined
    for (const level of chain.reverse()) schema = layOver(level, schema)
    return schema
  }
}

const CONSUMER_TEXT = (() => {
  const name = utf16('__EventConsumer')
  const bytes = new Uint8Array(4 + name.length)
  bytes[0] = 15
  bytes.set(name, 4)
  return bytes
})()

/** Offsets where a definition of a direct subclass of `__EventConsumer` begins: its length and its name. */
function* consumerClassTexts(bytes: Uint8Array): Generator<number> {
  // Every 16th byte hits the 30 bytes of the name at least once, at a letter or at a zero between letters.
  for (let at = 16; at < bytes.length; at += 16) {
    const code = bytes[at] === 0 ? bytes[at + 1] : bytes[at]
    if (code === undefined || code < 0x43 || code > 0x76) continue
    for (let shift = 4; shift < CONSUMER_TEXT.length; shift += 1) {
      if (CONSUMER_TEXT[shift] !== bytes[at]) continue
      const start = at - shift
      if (start >= 0 && CONSUMER_TEXT.every((byte, index) => bytes[start + index] === byte)) {
        yield start
        break
      }
    }
  }
}
