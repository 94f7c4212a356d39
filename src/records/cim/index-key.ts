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

const PLACE = /^(.*?)\.(\d{1,10})\.(\d{1,10})\.(\d{1,10})$/
const MAX_U32 = 0xffffffff

/** Splits `name.P.I.L`; `undefined` when a part is missing, not decimal or beyond 32 bits. */
function splitPlace(part: string): { name: string; place: RecordPlace } | undefined {
  const match = PLACE.exec(part)
  if (match === null) return undefined
  const [page, id, size] = [Number(match[2]), Number(match[3]), Number(match[4])]
  if (page > MAX_U32 || id > MAX_U32 || size > MAX_U32) return undefined
  return { name: match[1] ?? '', place: { page, id, size } }
}

/** Parses a key of INDEX.BTR; `undefined` for one of no known shape. */
export function parseIndexKey(key: string): IndexKey | undefined {
  const [ns, second, third, fourth, ...more] = key.split('\\')
  if (ns === undefined || second === undefined || !ns.startsWith('NS_') || more.length > 0) return undefined
  const namespace = ns.slice(3)
  const kind = second.slice(0, 3)
  if (kind === 'CD_') {
    const split = third === undefined ? splitPlace(second.slice(3)) : undefined
    return split && { kind: 'class', namespace, class: split.name, place: split.place }
  }
  const className = second.slice(3)
  if (third === undefined) return undefined
  if (kind === 'CR_' && fourth === undefined) {
    if (third.startsWith('C_'))
      return { kind: 'subclass', namespace, class: className, subclass: third.slice(2) }
    if (third.startsWith('R_')) return { kind: 'class-reference', namespace, class: className }
    return undefined
  }
  if (kind === 'CI_' && third.startsWith('IL_') && fourth === undefined) {
    const split = splitPlace(third.slice(3))
    return split && { kind: 'instance', namespace, class: className, key: split.name, place: split.place }
  }
  if (kind !== 'KI_') return undefined
  if (third.startsWith('I_') && fourth === undefined) {
    const split = splitPlace(third.slice(2))
    return (
      split && { kind: 'keyed-instance', namespace, class: className, key: split.name, place: split.place }
    )
  }
  if (!third.startsWith('IR_') || fourth === undefined || !fourth.startsWith('R_')) return undefined
  const split = splitPlace(fourth.slice(2))
  return (
    split && {
      kind: 'reference',
      namespace,
      class: className,
      key: third.slice(3),
      referrer: split.name,
      place: split.place,
    }
  )
}
