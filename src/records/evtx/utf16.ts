/** Reads `length` UTF-16LE units at `at`. Unpaired surrogates stay as they are. */
export type ReadUtf16 = (bytes: Uint8Array, at: number, length: number) => string

interface HostBuffer {
  readonly prototype: { readonly ucs2Slice?: (this: Uint8Array, start: number, end: number) => string }
}

/** Below this a loop over code units is faster than any call out of JavaScript. */
const SHORT = 12
/** Most arguments of one `fromCharCode` call; engines fail on much larger ones. */
const PIECE = 4096

const scratch = new Uint16Array(PIECE)
const scratchBytes = new Uint8Array(scratch.buffer)

function readInScript(bytes: Uint8Array, at: number, length: number): string {
  let text = ''
  for (let done = 0; done < length; done += PIECE) {
    const units = Math.min(PIECE, length - done)
    const start = at + 2 * done
    // Copied, because a Uint16Array cannot lie over an odd offset, and half of all values do.
    scratchBytes.set(bytes.subarray(start, start + 2 * units))
    text += String.fromCharCode.apply(null, scratch.subarray(0, units) as unknown as number[])
  }
  return text
}

/**
 * The host's own UTF-16 slice where it has one (Node), else JavaScript. `TextDecoder` is no choice: it is slower on
 * short text and turns unpaired surrogates, which evidence has, into U+FFFD.
 */
function hostReader(): ReadUtf16 {
  const slice = (globalThis as { Buffer?: HostBuffer }).Buffer?.prototype.ucs2Slice
  if (slice === undefined) return readInScript
  return (bytes, at, length) => slice.call(bytes, at, at + 2 * length)
}

const readLong = hostReader()

export const readUtf16: ReadUtf16 = (bytes, at, length) => {
  if (length > SHORT) return readLong(bytes, at, length)
  let text = ''
  for (let index = at; index < at + 2 * length; index += 2) {
    text += String.fromCharCode((bytes[index] ?? 0) | ((bytes[index + 1] ?? 0) << 8))
  }
  return text
}

/** True when the UTF-16 text at `at` is `text`, without making a string of it. */
export function equalsUtf16(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = (bytes[at + 2 * index] ?? 0) | ((bytes[at + 2 * index + 1] ?? 0) << 8)
    if (unit !== text.charCodeAt(index)) return false
  }
  return true
}
