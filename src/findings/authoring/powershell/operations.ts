import {
  type PsValue,
  referenceTo,
  stringValue,
  UNKNOWN,
  type WmiObject,
  wholeText,
  wmiFromPath,
} from './value.ts'

/** A script that puts together longer texts than this asks for too much. */
export const MAX_STRING = 200_000

/** Thrown to leave a script that asks for too much; what was found until then stands. */
export class Enough extends Error {}

export function add(left: PsValue, right: PsValue): PsValue {
  if (left.kind === 'list')
    return {
      kind: 'list',
      items: [...left.items.slice(0, 10_000), ...(right.kind === 'list' ? right.items : [right])],
    }
  if (left.kind === 'number' && right.kind === 'number')
    return { kind: 'number', value: left.value + right.value }
  const [a, b] = [textOf(left), textOf(right)]
  if (a === undefined && b === undefined) return UNKNOWN
  if ((a?.length ?? 0) + (b?.length ?? 0) > MAX_STRING) throw new Enough()
  const partial = a === undefined || b === undefined || isPartial(left) || isPartial(right)
  return stringValue(`${a ?? '…'}${b ?? '…'}`, partial, true)
}

function isPartial(value: PsValue): boolean {
  return value.kind === 'string' && value.partial
}

function textOf(value: PsValue): string | undefined {
  if (value.kind === 'string') return value.text
  return value.kind === 'number' ? String(value.value) : undefined
}

export function join(value: PsValue, separator: string): PsValue {
  if (value.kind !== 'list') return value
  const parts = value.items.map(textOf)
  if (!parts.every((part) => part !== undefined)) return UNKNOWN
  return stringValue(parts.join(separator), value.items.some(isPartial), true)
}

export function format(template: PsValue, values: readonly PsValue[]): PsValue {
  const text = textOf(template)
  if (text === undefined) return UNKNOWN
  let partial = isPartial(template)
  const filled = text.replace(/\{(\d+)[^}]*\}/g, (whole, index: string) => {
    const value = values[Number(index)]
    const known = value === undefined ? undefined : textOf(value)
    if (known === undefined || (value !== undefined && isPartial(value))) partial = true
    return known ?? whole
  })
  if (filled.length > MAX_STRING) throw new Enough()
  return stringValue(filled, partial, true)
}

/** `-replace` with a plain text; a pattern is not evaluated. */
export function replaceText(value: PsValue, from: string | undefined, to: string | undefined): PsValue {
  const text = textOf(value)
  if (
    text === undefined ||
    from === undefined ||
    from === '' ||
    to === undefined ||
    /[\\^$.|?*+()[\]{}]/.test(from)
  )
    return UNKNOWN
  const replaced = text.replaceAll(from, () => to)
  if (replaced.length > MAX_STRING) throw new Enough()
  return stringValue(replaced, isPartial(value), true)
}

export function cast(type: string, value: PsValue): PsValue {
  if (
    type === 'wmiclass' ||
    type === 'wmi' ||
    type === 'management.managementclass' ||
    type === 'management.managementobject'
  ) {
    const text = textOf(value)
    const object: WmiObject | undefined =
      text === undefined ? undefined : wmiFromPath(text, value.kind === 'string' && value.built)
    return object === undefined ? UNKNOWN : { kind: 'wmi', object }
  }
  if (type === 'char' && value.kind === 'number')
    return stringValue(String.fromCharCode(value.value), false, true)
  if (type === 'char[]' && value.kind === 'list')
    return { kind: 'list', items: value.items.map((item) => cast('char', item)) }
  if (type === 'string' && value.kind === 'list') return join(value, ' ')
  return value
}

export function member(value: PsValue, name: string): PsValue {
  const lower = name.toLowerCase()
  if (value.kind === 'table') return value.entries.get(lower)?.value ?? UNKNOWN
  if (value.kind !== 'wmi') return UNKNOWN
  if (/^(?:psbase|properties_?|value|clone)$/.test(lower)) return value
  if (/^(?:__path|__relpath|path|relativepath|path_)$/.test(lower)) {
    const reference = referenceTo(value.object)
    return reference === undefined ? value : stringValue(reference)
  }
  return [...value.object.properties].find(([key]) => key.toLowerCase() === lower)?.[1] ?? UNKNOWN
}

export function indexed(value: PsValue, index: PsValue): PsValue {
  if (value.kind === 'table' || value.kind === 'wmi') {
    const name = wholeText(index)
    return name === undefined
      ? UNKNOWN
      : value.kind === 'wmi' && index.kind === 'number'
        ? value
        : member(value, name)
  }
  const positions = index.kind === 'list' ? index.items : [index]
  const picked = positions.map((position): PsValue => {
    if (position.kind !== 'number') return UNKNOWN
    if (value.kind === 'string') {
      const char = value.text.at(position.value)
      return char === undefined ? UNKNOWN : stringValue(char, value.partial, true)
    }
    return value.kind === 'list' ? (value.items.at(position.value) ?? UNKNOWN) : UNKNOWN
  })
  return index.kind === 'list' ? { kind: 'list', items: picked } : (picked[0] ?? UNKNOWN)
}
