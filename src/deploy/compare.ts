import { isObject, type Json, type JsonObject } from '../exports/index.ts'

/**
 * Paths at which what is there is not what was wanted. What the service adds is no difference; line ends and a closing
 * one neither, nor an absent list or text where an empty one was sent.
 */
export function notAsWanted(wanted: Json, there: Json | undefined, at = ''): string[] {
  if (isObject(wanted)) {
    const held: JsonObject = isObject(there) ? there : {}
    return Object.entries(wanted).flatMap(([key, value]) =>
      notAsWanted(value, held[key], at === '' ? key : `${at}.${key}`),
    )
  }
  if (Array.isArray(wanted)) {
    const held: readonly Json[] = Array.isArray(there) ? there : []
    if (held.length !== wanted.length) return [at]
    return wanted.flatMap((item: Json, index) => notAsWanted(item, held[index], `${at}[${index}]`))
  }
  if (typeof wanted === 'string')
    return plain(wanted) === (typeof there === 'string' ? plain(there) : '') ? [] : [at]
  return wanted === (there ?? null) ? [] : [at]
}

const plain = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd()
