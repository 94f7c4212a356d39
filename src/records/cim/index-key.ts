/** The place of a record as an index key names it: logical page, record id, record size. */
export interface RecordPlace {
  readonly page: number
  readonly id: number
  readonly size: number
}

/** What an index key says. Hashes stay hexadecimal text. */
export type IndexKey =
  | {
      readonly kind: 'class'
      readonly namespace: string
      readonly class: string
      readonly place: RecordPlace
    }
  | {
      readonly kind: 'instance' | 'keyed-instance'
      readonly namespace: string
      readonly class: string
      readonly key: string
      readonly place: RecordPlace
    }
  | {
      readonly kind: 'reference'
      readonly namespace: string
      readonly class: string
      readonly key: string
      readonly referrer: string
      readonly place: RecordPlace
    }
  | {
      readonly kind: 'subclass'
      readonly namespace: string
      readonly class: string
      readonly subclass: string
    }
  | { readonly kind: 'class-reference'; readonly namespace: string; readonly class: string }

const MAX_U32 = 0xffffffff

/** A decimal number of at most ten digits that fits 32 bits, between two positions. */
function decimal(text: string, from: number, to: number): number | undefined {
  if (to <= from || to - from > 10) return undefined
  let value = 0
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (!(digit >= 0 && digit <= 9)) return undefined
    value = value * 10 + digit
  }
  return value > MAX_U32 ? undefined : value
}

/** Splits `name.P.I.L` from `start` on; `undefined` when a part is missing, not decimal or beyond 32 bits. */
function splitPlace(text: string, start: number): { name: string; place: RecordPlace } | undefined {
  const first = text.indexOf('.', start)
  const second = first < 0 ? -1 : text.indexOf('.', first + 1)
  const third = second < 0 ? -1 : text.indexOf('.', second + 1)
  if (third < 0) return undefined
  const page = decimal(text, first + 1, second)
  const id = decimal(text, second + 1, third)
  const size = decimal(text, third + 1, text.length)
  if (page === undefined || id === undefined || size === undefined) return undefined
  return { name: text.slice(start, first), place: { page, id, size } }
}

/** Parses a key of INDEX.BTR; `undefined` for one of no known shape. */
export function parseIndexKey(key: string): IndexKey | undefined {
  const second = key.indexOf('\\') + 1
  if (second === 0 || !key.startsWith('NS_')) return undefined
  const namespace = key.slice(3, second - 1)
  const third = key.indexOf('\\', second) + 1
  const kind = key.slice(second, second + 3)
  if (kind === 'CD_') {
    const split = third === 0 ? splitPlace(key, second + 3) : undefined
    return split && { kind: 'class', namespace, class: split.name, place: split.place }
  }
  if (third === 0) return undefined
  const className = key.slice(second + 3, third - 1)
  const fourth = key.indexOf('\\', third) + 1
  if (kind === 'KI_' && fourth > 0) return parseReference(key, namespace, className, third, fourth)
  if (fourth > 0) return undefined
  if (kind === 'CR_') {
    if (key.startsWith('C_', third))
      return { kind: 'subclass', namespace, class: className, subclass: key.slice(third + 2) }
    return key.startsWith('R_', third) ? { kind: 'class-reference', namespace, class: className } : undefined
  }
  const own = kind === 'CI_' && key.startsWith('IL_', third)
  if (!own && !(kind === 'KI_' && key.startsWith('I_', third))) return undefined
  const split = splitPlace(key, third + (own ? 3 : 2))
  if (split === undefined) return undefined
  const { name, place } = split
  return { kind: own ? 'instance' : 'keyed-instance', namespace, class: className, key: name, place }
}

function parseReference(
  key: string,
  namespace: string,
  className: string,
  third: number,
  fourth: number,
): IndexKey | undefined {
  const more = key.indexOf('\\', fourth) >= 0
  if (more || !key.startsWith('IR_', third) || !key.startsWith('R_', fourth)) return undefined
  const split = splitPlace(key, fourth + 2)
  return (
    split && {
      kind: 'reference',
      namespace,
      class: className,
      key: key.slice(third + 3, fourth - 1),
      referrer: split.name,
      place: split.place,
    }
  )
}
