import { InputError } from '../../diagnostics/index.ts'
import type { Expr, Json } from '../plan/expr.ts'
import type { KustoType } from '../sql/types.ts'
import { type Context, refuse, spanOf } from './context.ts'
import { literal, timespanTicks } from './literals.ts'
import { readGraph } from './operators/graph.ts'
import { readExpr, readTable } from './read.ts'
import type { Syn } from './syntax.ts'

/** Takes in a statement that defines names: `let`, `declare query_parameters`, `set`, `alias`, `restrict`. */
export function readStatement(context: Context, syn: Syn): void {
  switch (syn.kind) {
    case 'LetStatement':
      readLet(context, syn)
      return
    case 'QueryParametersStatement':
      for (const parameter of syn.list('Parameters')) readParameter(context, parameter)
      return
    case 'PatternStatement': {
      const declaration = syn.maybe('Pattern')
      // Without a body it only lets names pass that an application will replace.
      if (declaration === undefined) refuse(context, syn, 'a pattern without a body')
      context.scope.set(syn.child('Name').simpleName, { kind: 'pattern', declaration, scope: context.scope })
      return
    }
    case 'SetOptionStatement':
      readOption(context, syn)
      return
    default:
      refuse(context, syn, `the statement ‘${syn.text.slice(0, 40)}’ (${syn.kind})`)
  }
}

/** Options tune the service (`set notruncation`) and change no rows, but for the two that bin_auto() goes by. */
function readOption(context: Context, syn: Syn): void {
  const name = syn.child('Name').simpleName
  const value = syn.maybe('ValueClause')?.maybe('Expression')
  if (/^query_bin_auto_(size|at)$/.test(name) && value !== undefined)
    context.scope.set(`$${name}`, { kind: 'scalar', expr: readExpr(context, value) })
}

function readLet(context: Context, syn: Syn): void {
  const name = syn.child('Name').simpleName
  const value = syn.child('Expression')
  if (value.kind === 'FunctionDeclaration') {
    context.scope.set(name, { kind: 'function', declaration: value, scope: context.scope })
  } else if (value.isGraph) {
    context.scope.set(name, { kind: 'graph', graph: readGraph(context, value) })
  } else if (value.columns !== undefined) {
    context.scope.set(name, { kind: 'table', rel: readTable(context, value), name })
  } else {
    context.scope.set(name, { kind: 'scalar', expr: readExpr(context, value) })
  }
}

function readParameter(context: Context, syn: Syn): void {
  const declared = syn.child('NameAndType')
  const name = declared.child('Name').simpleName
  const type: KustoType = declared.child('Name').scalar ?? 'string'
  const given = context.front.options.parameters?.[name]
  const fallback = syn.maybe('DefaultValue')?.maybe('Value')
  const { start, end } = spanOf(context, syn)
  const at = { in: 'text', source: context.front.options.source ?? 'query', start, end } as const
  if (given === undefined && fallback === undefined) {
    throw new InputError('query/parameter', `the query parameter ‘${name}’ (${type}) has no value`, at, {
      hint: `give one: --param ${name}=VALUE`,
    })
  }
  const expr = given === undefined ? readExpr(context, fallback ?? syn) : parameterValue(type, given)
  if (expr === undefined) {
    throw new InputError(
      'query/parameter',
      `‘${given}’ is not a ${type}, the type of parameter ‘${name}’`,
      at,
    )
  }
  context.scope.set(name, { kind: 'scalar', expr })
}

/** A parameter's text as a literal: data, whatever it spells; it never becomes part of the query. */
function parameterValue(type: KustoType, text: string): Expr | undefined {
  switch (type) {
    case 'string':
      return literal(type, text)
    case 'int':
    case 'long':
      return /^-?\d{1,19}$/.test(text) ? literal(type, text) : undefined
    case 'real':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? literal(type, Number(text)) : undefined
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? literal(type, text) : undefined
    case 'bool':
      return /^(true|false)$/i.test(text) ? literal(type, /^true$/i.test(text)) : undefined
    case 'guid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
        ? literal(type, text.toLowerCase())
        : undefined
    case 'timespan': {
      const ticks = timespanTicks(text) ?? shortTimespan(text)
      return ticks === undefined ? undefined : literal(type, String(ticks))
    }
    case 'datetime': {
      const time = Date.parse(/Z|[+-]\d\d:\d\d$/.test(text) || !/T|\s/.test(text) ? text : `${text}Z`)
      return Number.isNaN(time) ? undefined : literal(type, new Date(time).toISOString())
    }
    case 'dynamic':
      return dynamicParameter(text)
  }
}

function dynamicParameter(text: string): Expr | undefined {
  try {
    return literal('dynamic', JSON.parse(text) as Json)
  } catch {
    // Not JSON: the caller names the parameter and its type.
    return undefined
  }
}

const UNIT_TICKS: Readonly<Record<string, bigint>> = {
  d: 864_000_000_000n,
  h: 36_000_000_000n,
  m: 600_000_000n,
  s: 10_000_000n,
  ms: 10_000n,
}

function shortTimespan(text: string): bigint | undefined {
  const match = /^(-?\d+)(d|h|m|s|ms)$/.exec(text.trim())
  const unit = UNIT_TICKS[match?.[2] ?? '']
  return match?.[1] === undefined || unit === undefined ? undefined : BigInt(match[1]) * unit
}
