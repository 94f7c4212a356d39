import type { Json } from '../../plan/expr.ts'
import type { KustoType, NativeFunction, NativeValue } from '../types.ts'

/** A value inside a native function: dynamic arrives parsed, an integer as bigint, missing as undefined. */
export type Value = Json | bigint | undefined

/** A KQL function that runs in JavaScript, with the name KQL knows it by. */
export interface NativeRow {
  readonly name: string
  readonly aliases: readonly string[]
  readonly native: NativeFunction
}

interface Options {
  readonly rest?: KustoType
  readonly aliases?: readonly string[]
}

/** Defines a function: arguments are decoded by their declared types, the result is encoded by `returns`. */
export function native(
  name: string,
  parameters: readonly KustoType[],
  returns: KustoType,
  run: (...args: Value[]) => Value,
  options: Options = {},
): NativeRow {
  const typeOf = (index: number): KustoType => parameters[index] ?? options.rest ?? 'string'
  return {
    name,
    aliases: options.aliases ?? [],
    native: {
      name: `kql_${name}`,
      parameters,
      returns,
      ...(options.rest === undefined ? {} : { rest: options.rest }),
      run: (...args) => {
        try {
          return encode(run(...args.map((arg, i) => decode(arg, typeOf(i)))), returns)
        } catch (error) {
          // Out of the function's domain (bad base64, a bag where an array must be): KQL's answer is null.
          if (
            error instanceof RangeError ||
            error instanceof TypeError ||
            error instanceof SyntaxError ||
            error instanceof URIError
          )
            return null
          throw error
        }
      },
    },
  }
}

function decode(value: NativeValue, type: KustoType): Value {
  if (value === null || value === undefined) return undefined
  return type === 'dynamic' ? (JSON.parse(String(value)) as Json) : value
}

function encode(value: Value, returns: KustoType): NativeValue {
  if (value === undefined || value === null) return returns === 'string' ? '' : null
  switch (returns) {
    case 'dynamic':
      return JSON.stringify(value, (_key, item: unknown) =>
        typeof item === 'bigint' ? Number(item) : finite(item),
      )
    case 'long':
    case 'timespan':
    case 'datetime':
      return typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value)))
    case 'int':
    case 'real':
      return Number(value)
    case 'bool':
      return value === true
    default:
      return String(value)
  }
}

/** JSON has no NaN and infinities; Kusto writes their names. */
function finite(item: unknown): unknown {
  return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item
}

export function text(value: Value): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function list(value: Value): readonly Json[] | undefined {
  return Array.isArray(value) ? (value as readonly Json[]) : undefined
}

export function bag(value: Value): Readonly<Record<string, Json>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : undefined
}

/** Builds a bag whatever its keys are called: `__proto__` is a key like any other. */
export function makeBag(entries: Iterable<readonly [string, Json]>): Record<string, Json> {
  const result: Record<string, Json> = {}
  for (const [key, value] of entries) {
    Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return result
}

/** NaN where the value is none; `Number` throws on a bag such as `{"valueOf":0,"toString":0}`. */
export function number(value: Value): number {
  return value === undefined || value === null || typeof value === 'object' ? Number.NaN : Number(value)
}
