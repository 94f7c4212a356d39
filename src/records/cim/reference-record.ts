import { narrowUtf16 } from './latin1.ts'
import { hashDigits, type Layout } from './layout.ts'

/** What a reference record says: which instance refers, and the namespace it lies in, in clear. */
export interface ReferencePath {
  readonly namespaceHash: string
  /** As written in the record, e.g. `ROOT\subscription`; absent when the text in front is damaged. */
  readonly namespace: string | undefined
  /** Class that declares the key of the referring instance. */
  readonly class: string
  readonly key: string
  readonly offset: number
}

/**
 * Reads the path `NS_..\KI_..\I_..` at `offset`, and backwards from it the property, class and namespace, each behind
 * its length in characters. `undefined` when the path is not whole.
 */
export function readReferencePath(
  bytes: Uint8Array,
  offset: number,
  layout: Layout,
): ReferencePath | undefined {
  const digits = hashDigits(layout)
  const length = 3 * digits + 10
  if (offset + 2 * length > bytes.length) return undefined
  const text = narrowUtf16(bytes, offset, length)
  const match = /^NS_([0-9A-F]+)\\KI_([0-9A-F]+)\\I_([0-9A-F]+)$/.exec(text)
  const [, namespaceHash, classHash, key] = match ?? []
  if (namespaceHash?.length !== digits || classHash?.length !== digits || key?.length !== digits)
    return undefined
  let end: number | undefined = offset - 4
  let namespace: string | undefined
  for (let part = 0; part < 3 && end !== undefined; part += 1) {
    const before = textEndingAt(bytes, end)
    end = before === undefined ? undefined : before.start - 4
    namespace = part === 2 ? before?.text : undefined
  }
  return { namespaceHash, namespace, class: classHash, key, offset }
}

/** Longest name that is looked for backwards. */
const MAX_NAME = 512

/** The UTF-16 text that ends at `end` and whose length in characters stands in the four bytes before it. */
function textEndingAt(bytes: Uint8Array, end: number): { text: string; start: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let length = 1; length <= MAX_NAME; length += 1) {
    const start = end - 2 * length
    if (start < 4) return undefined
    if (view.getUint32(start - 4, true) !== length) continue
    let text = ''
    for (let at = start; at < end; at += 2) text += String.fromCharCode(view.getUint16(at, true))
    return { text, start }
  }
  return undefined
}
