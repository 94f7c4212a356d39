import type { Expr, Json } from '../plan/expr.ts'
import type { KustoType } from '../sql/types.ts'
import { type Context, refuse } from './context.ts'
import type { Syn } from './syntax.ts'

export type Literal = Extract<Expr, { kind: 'literal' }>

export function literal(type: KustoType, value: Json): Literal {
  return { kind: 'literal', type, value }
}

/** Ticks of 100 ns of `[-][d.]hh:mm:ss[.fffffff]`; undefined when the text has another form. */
export function timespanTicks(text: string): bigint | undefined {
  const match = /^(-)?(?:(\d+)\.)?(\d+):(\d+)(?::(\d+)(?:\.(\d{1,7}))?)?$/.exec(text.trim())
  if (match === null) return undefined
  const [, sign, days, hours, minutes, seconds, fraction] = match
  const total =
    ((BigInt(days ?? 0) * 24n + BigInt(hours ?? 0)) * 60n + BigInt(minutes ?? 0)) * 60n + BigInt(seconds ?? 0)
  const ticks = total * 10_000_000n + BigInt((fraction ?? '').padEnd(7, '0'))
  return sign === undefined ? ticks : -ticks
}

/** `time(2)` is two days; the service reads it as zero. */
function daysTicks(text: string): bigint | undefined {
  const days = /^-?\d{1,8}(\.\d+)?$/.test(text) ? Number(text) : undefined
  return days === undefined ? undefined : BigInt(Math.round(days * 864_000_000)) * 1000n
}

/** The service reads what no long holds as zero. */
function integerOf(context: Context, syn: Syn, type: 'int' | 'long', value: string): Literal {
  const digits = /^(?:(?:int|long)\s*\(\s*)?([+-]?\d+)\s*\)?$/i.exec(syn.text.trim())?.[1]
  if (digits !== undefined && BigInt(digits) !== BigInt(value))
    return refuse(context, syn, 'a number this large')
  return literal(type, hexadecimal(syn.text) ?? value)
}

/** `0x1F`, bare or in `long(…)`; the service reads it as zero. */
function hexadecimal(text: string): string | undefined {
  const digits = /^(?:(?:int|long)\s*\(\s*)?(0x[0-9a-f]{1,16})\s*\)?$/i.exec(text.trim())?.[1]
  return digits === undefined ? undefined : String(BigInt.asIntN(64, BigInt(digits)))
}

const TICKS_AT_1970 = 621_355_968_000_000_000n

/** ISO text with microseconds of .NET ticks (100 ns since 0001-01-01): the seventh digit is cut (S0.4). */
export function isoOfTicks(ticks: bigint): string {
  const sinceEpoch = ticks - TICKS_AT_1970
  const micros = sinceEpoch >= 0n ? sinceEpoch / 10n : -((-sinceEpoch + 9n) / 10n)
  const millis = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n)
  const rest = micros - millis * 1000n
  const iso = new Date(Number(millis)).toISOString()
  return `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}

/** Defaults of declared columns are not analysed by the binder, so that the node alone tells the type. */
const LITERAL_TYPES: Readonly<Record<string, KustoType>> = {
  BooleanLiteralExpression: 'bool',
  IntLiteralExpression: 'int',
  LongLiteralExpression: 'long',
  RealLiteralExpression: 'real',
  DecimalLiteralExpression: 'decimal',
  DateTimeLiteralExpression: 'datetime',
  TimespanLiteralExpression: 'timespan',
  GuidLiteralExpression: 'guid',
}

/** Reads a literal node. The service gives the value; only its classes for numbers and times need unwrapping. */
export function readLiteral(context: Context, syn: Syn): Literal {
  // A term of `search` is a predicate to the binder; it is still a text.
  const type: KustoType = syn.kind.includes('StringLiteral')
    ? 'string'
    : (syn.scalar ?? LITERAL_TYPES[syn.kind] ?? 'dynamic')
  const value = syn.node.LiteralValue
  if (value === null || value === undefined) return literal(type, null)
  switch (type) {
    case 'bool':
      // The service reads `bool(1)` as false.
      return literal(
        type,
        String(value).toLowerCase() === 'true' || /^bool\w*\s*\(\s*1\s*\)$/i.test(syn.text),
      )
    case 'int':
    case 'long':
      return integerOf(context, syn, type, String(value))
    case 'real':
      return literal(type, realOf(syn.text, String(value)))
    case 'decimal':
      return literal(type, String(value))
    case 'string':
      return literal(type, String(value))
    case 'guid':
      return literal(type, String(value).toLowerCase())
    case 'timespan': {
      // The service reads `time(1.02:03:04)` as zero; the text has it right.
      const inner = /^(?:time|timespan)\s*\(\s*(["']?)([^)]*?)\1\s*\)$/i.exec(syn.text)?.[2]
      const ticks = timespanTicks(inner ?? '') ?? daysTicks(inner ?? '') ?? timespanTicks(String(value))
      return ticks === undefined || (ticks === 0n && inner !== undefined && /[1-9]/.test(inner))
        ? refuse(context, syn, 'this timespan literal')
        : literal(type, String(ticks))
    }
    case 'datetime': {
      const ticks = withFraction(dateTimeTicks(value), syn.text)
      return ticks === undefined
        ? refuse(context, syn, 'this datetime literal')
        : literal(type, isoOfTicks(ticks))
    }
    default:
      return literal('dynamic', null)
  }
}

function realOf(text: string, value: string): number | string {
  const inner = /\(([^)]*)\)/.exec(text)?.[1]?.trim() ?? text
  if (/^nan$/i.test(inner)) return 'NaN'
  if (/^\+?inf(inity)?$/i.test(inner)) return 'Infinity'
  if (/^-inf(inity)?$/i.test(inner)) return '-Infinity'
  const number = Number(inner)
  return Number.isFinite(number) && inner !== '' ? number : Number(value)
}

/** The service keeps milliseconds; the digits after them are read from the text. */
function withFraction(ticks: bigint | undefined, source: string): bigint | undefined {
  const digits = /:\d{2}\.(\d{1,7})/.exec(source)?.[1]
  if (ticks === undefined || digits === undefined) return ticks
  return ticks - (ticks % 10_000_000n) + BigInt(digits.padEnd(7, '0'))
}

interface BridgeRuntime {
  readonly Bridge?: { unbox(value: unknown): unknown }
  readonly System?: { readonly DateTime?: { getTicks(date: unknown): unknown } }
}

function dateTimeTicks(value: unknown): bigint | undefined {
  const { Bridge, System } = globalThis as BridgeRuntime
  if (Bridge === undefined || System?.DateTime === undefined) return undefined
  const text = String(System.DateTime.getTicks(Bridge.unbox(value)))
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined
}

/** Reads `dynamic(...)`: JSON whose leaves may be any KQL literal. Depth is bounded by the parser's own. */
export function readDynamic(context: Context, syn: Syn): Literal {
  return literal('dynamic', jsonOf(context, syn.child('Expression')))
}

function jsonOf(context: Context, syn: Syn): Json {
  switch (syn.kind) {
    case 'JsonArrayExpression':
      return syn.list('Values').map((item) => jsonOf(context, item))
    case 'JsonObjectExpression': {
      const entries = syn
        .list('Pairs')
        .map((pair): [string, Json] => [
          String(pair.child('Name').node.LiteralValue ?? unquote(pair.child('Name').text)),
          jsonOf(context, pair.child('Value')),
        ])
      return Object.fromEntries(entries)
    }
    case 'NullLiteralExpression':
      return null
    case 'UnaryMinusExpression': {
      const inner = jsonOf(context, syn.child('Expression'))
      return typeof inner === 'number' ? -inner : refuse(context, syn, 'this part of a dynamic literal')
    }
    case 'DynamicExpression':
      return jsonOf(context, syn.child('Expression'))
    case 'ParenthesizedExpression':
      return jsonOf(context, syn.child('Expression'))
  }
  if (!/Literal/.test(syn.kind)) return refuse(context, syn, 'this part of a dynamic literal')
  const { type, value } = readLiteral(context, syn)
  if (value === null || type === 'bool' || type === 'string' || type === 'guid') return value
  if (type === 'datetime') return String(value).replace(/(\.\d{6})Z$/, '$10Z')
  if (type === 'timespan') return timespanText(BigInt(String(value)))
  if ((type === 'long' || type === 'int') && !Number.isSafeInteger(Number(value)))
    return refuse(context, syn, 'a number this large inside a dynamic literal', 'write it as a string')
  return Number(value)
}

/** `[-][d.]hh:mm:ss[.fffffff]` of ticks. */
export function timespanText(ticks: bigint): string {
  const size = ticks < 0n ? -ticks : ticks
  const pad = (part: bigint, width = 2): string => String(part).padStart(width, '0')
  const seconds = size / 10_000_000n
  const days = seconds / 86_400n
  const fraction = size % 10_000_000n
  return [
    ticks < 0n ? '-' : '',
    days > 0n ? `${days}.` : '',
    `${pad((seconds / 3600n) % 24n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`,
    fraction > 0n ? `.${pad(fraction, 7)}` : '',
  ].join('')
}

function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    // Not JSON: a name in single quotes, whose only escape in practice is none.
    return text.replace(/^['"]|['"]$/g, '')
  }
}
