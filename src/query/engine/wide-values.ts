/** A 128-bit integer in two halves, as DuckDB stores UUID and DECIMAL(38,18). */
export interface WideParts {
  readonly low: bigint
  readonly high: bigint
}

/** A guid as DuckDB stores it: a hugeint whose top bit is flipped, so that it sorts as text does. */
export function guidParts(text: string): WideParts | undefined {
  const hex = text.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) return undefined
  const high = BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`) ^ (1n << 63n))
  return { low: BigInt.asIntN(64, BigInt(`0x${hex.slice(16)}`)), high }
}

const SCALE = 18

/** A decimal text as DECIMAL(38,18); `undefined` when it needs more than 20 digits before or 18 after the point. */
export function decimalParts(text: string): WideParts | undefined {
  const match = /^([+-]?)(\d{1,20})(?:\.(\d{1,18}))?$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '0', fraction = ''] = match
  const magnitude = BigInt(whole + fraction.padEnd(SCALE, '0'))
  const value = sign === '-' ? -magnitude : magnitude
  return { low: BigInt.asIntN(64, value), high: BigInt.asIntN(64, value >> 64n) }
}

/** Decimal text without trailing zeros, from a scaled integer. */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}
