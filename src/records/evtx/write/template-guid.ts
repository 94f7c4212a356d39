import type { WriteElement } from './tree.ts'

export interface TemplateGuid {
  readonly bytes: Uint8Array
  readonly text: string
}

const known = new WeakMap<WriteElement, TemplateGuid>()

/**
 * A GUID that depends on the template's content alone, as those of the event log service do: equal templates of
 * different chunks and files have the same. Four 32-bit mixes of its text; its first four bytes are the template id.
 */
export function templateGuid(tree: WriteElement): TemplateGuid {
  const before = known.get(tree)
  if (before !== undefined) return before
  const text = JSON.stringify(tree)
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (let part = 0; part < 4; part += 1) {
    let hash = Math.imul(part + 1, 0x9e3779b1)
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
      hash ^= hash >>> 15
    }
    view.setUint32(4 * part, hash >>> 0 || 1, true)
  }
  const guid = { bytes, text }
  known.set(tree, guid)
  return guid
}
