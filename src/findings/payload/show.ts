import { defang, withoutBlobs } from './indicators.ts'

const MAX_SHOWN = 200

/** A piece of a payload for a sentence: on one line, cut, its blobs left out and its addresses defanged. */
export function show(text: string, length: number = MAX_SHOWN): string {
  // Some logs keep the backslashes of source text doubled.
  const line = defang(
    withoutBlobs(text)
      .replace(/(?<=[\w:)])\\\\/g, '\\')
      .replace(/\s+/g, ' ')
      .trim(),
  )
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}
