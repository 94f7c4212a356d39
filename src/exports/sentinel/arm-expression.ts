import { isObject, type Json, type JsonObject } from './delta.ts'

/** What the expressions of a template may name: parameters that have a default, and variables. */
export interface ArmScope {
  readonly parameters: JsonObject
  readonly variables: JsonObject
}

export const NO_SCOPE: ArmScope = { parameters: {}, variables: {} }

export function scopeOf(template: Json): ArmScope {
  const parameters = isObject(template) && isObject(template.parameters) ? template.parameters : {}
  const defaults = Object.entries(parameters).flatMap(([name, held]): [string, Json][] =>
    isObject(held) && held.defaultValue !== undefined ? [[name, held.defaultValue]] : [],
  )
  return {
    parameters: Object.fromEntries(defaults),
    variables: isObject(template) && isObject(template.variables) ? template.variables : {},
  }
}

/** ARM reads a text from `[` to `]` as an expression, unless the bracket is doubled. */
export const isExpression = (text: string): boolean => /^\[(?!\[)[\s\S]*\]$/.test(text)

/**
 * Value of an expression over literals, `parameters()`, `variables()`, `concat()` and `format()`; `undefined` where only a
 * deployment knows it.
 */
export function evaluate(expression: string, scope: ArmScope): Json | undefined {
  const parts = parse(expression, scope)
  const [only] = parts ?? []
  if (parts?.length === 1) return only
  return parts?.some((part) => typeof part !== 'string') === false ? parts.join('') : undefined
}

/** The text behind the last slash of a name that an expression makes, where that much of it is known. */
export function lastSegment(expression: string, scope: ArmScope): string | undefined {
  const parts = parse(expression, scope) ?? [undefined]
  const unknown = parts.findLastIndex((part) => typeof part !== 'string')
  const tail = parts.slice(unknown + 1).join('')
  return tail.includes('/') || unknown < 0 ? tail.split('/').at(-1) : undefined
}

/** Pieces of the joined text, `undefined` for each that is not known; `undefined` as a whole for what is no expression. */
type Parts = readonly (Json | undefined)[]

/** Calls within calls; templates have about four. */
const MAX_DEPTH = 32

function parse(expression: string, scope: ArmScope): Parts | undefined {
  const text = expression.slice(1, -1)
  const read = term(text, skip(text, 0), scope, 0)
  return read !== undefined && skip(text, read.next) === text.length ? read.parts : undefined
}

interface Read {
  readonly parts: Parts
  readonly next: number
}

const skip = (text: string, at: number): number => at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0)

function term(text: string, at: number, scope: ArmScope, depth: number): Read | undefined {
  if (depth > MAX_DEPTH) return undefined
  const rest = text.slice(at)
  const literal = /^'((?:[^']|'')*)'/.exec(rest)
  if (literal !== null) {
    return { parts: [(literal[1] ?? '').replaceAll("''", "'")], next: at + literal[0].length }
  }
  const name = /^([A-Za-z]\w*)\s*\(/.exec(rest)
  if (name === null) return undefined
  const list: Parts[] = []
  let next = skip(text, at + name[0].length)
  while (text[next] !== ')') {
    const argument = term(text, next, scope, depth + 1)
    if (argument === undefined) return undefined
    list.push(argument.parts)
    next = skip(text, argument.next)
    if (text[next] === ',') next = skip(text, next + 1)
    else if (text[next] !== ')') return undefined
  }
  next += 1
  // What follows a call, such as `.id` or `[0]`, reaches into a value that is not known here.
  const reach = /^(?:\.\w+|\[\d+\])+/.exec(text.slice(next))
  if (reach !== null) return { parts: [undefined], next: next + reach[0].length }
  return { parts: call((name[1] ?? '').toLowerCase(), list, scope), next }
}

function call(name: string, list: readonly Parts[], scope: ArmScope): Parts {
  const [first] = list
  const key = first?.length === 1 && typeof first[0] === 'string' ? first[0] : undefined
  switch (name) {
    case 'concat':
      return list.flat()
    case 'format':
      return key === undefined
        ? [undefined]
        : key.split(/(\{\d+\})/).flatMap((piece): Parts => {
            const index = /^\{(\d+)\}$/.exec(piece)?.[1]
            return index === undefined ? [piece] : (list[Number(index) + 1] ?? [undefined])
          })
    case 'parameters':
      return [key === undefined ? undefined : named(scope.parameters, key)]
    case 'variables':
      return [key === undefined ? undefined : named(scope.variables, key)]
    default:
      return [undefined]
  }
}

/** Names of parameters are compared without case. A value that is an expression itself is not followed further. */
function named(values: JsonObject, name: string): Json | undefined {
  const found = Object.entries(values).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
  return typeof found === 'string' && isExpression(found) ? undefined : found
}
