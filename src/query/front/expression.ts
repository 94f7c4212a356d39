import { lookupTable } from '../../bytes/index.ts'
import type { Expr } from '../plan/expr.ts'
import type { KustoType } from '../sql/types.ts'
import { isAggregate, readAggregate } from './aggregate.ts'
import { type Context, note, refuse, spanOf } from './context.ts'
import { literal, readDynamic, readLiteral } from './literals.ts'
import { elementProperty, graphFunction, wholeElement } from './operators/graph-match.ts'
import { stepColumn } from './operators/scan.ts'
import { starComparison } from './operators/search.ts'
import { call, callFunction, findColumn, readArguments, readTable, splitColumns, visible } from './read.ts'
import type { Syn } from './syntax.ts'

/** Binary operators by Microsoft's name of the node; `Cs` in a membership name means case *ins*ensitive there. */
const BINARY: Readonly<Record<string, string>> = {
  AddExpression: '+',
  SubtractExpression: '-',
  MultiplyExpression: '*',
  DivideExpression: '/',
  ModuloExpression: '%',
  LessThanExpression: '<',
  LessThanOrEqualExpression: '<=',
  GreaterThanExpression: '>',
  GreaterThanOrEqualExpression: '>=',
  EqualExpression: '==',
  NotEqualExpression: '!=',
  AndExpression: 'and',
  OrExpression: 'or',
  EqualTildeExpression: '=~',
  BangTildeExpression: '!~',
  HasExpression: 'has',
  HasCsExpression: 'has_cs',
  NotHasExpression: '!has',
  NotHasCsExpression: '!has_cs',
  HasPrefixExpression: 'hasprefix',
  HasPrefixCsExpression: 'hasprefix_cs',
  NotHasPrefixExpression: '!hasprefix',
  NotHasPrefixCsExpression: '!hasprefix_cs',
  HasSuffixExpression: 'hassuffix',
  HasSuffixCsExpression: 'hassuffix_cs',
  NotHasSuffixExpression: '!hassuffix',
  NotHasSuffixCsExpression: '!hassuffix_cs',
  LikeExpression: 'like',
  LikeCsExpression: 'like_cs',
  NotLikeExpression: '!like',
  NotLikeCsExpression: '!like_cs',
  ContainsExpression: 'contains',
  ContainsCsExpression: 'contains_cs',
  NotContainsExpression: '!contains',
  NotContainsCsExpression: '!contains_cs',
  StartsWithExpression: 'startswith',
  StartsWithCsExpression: 'startswith_cs',
  NotStartsWithExpression: '!startswith',
  NotStartsWithCsExpression: '!startswith_cs',
  EndsWithExpression: 'endswith',
  EndsWithCsExpression: 'endswith_cs',
  NotEndsWithExpression: '!endswith',
  NotEndsWithCsExpression: '!endswith_cs',
  MatchesRegexExpression: 'matches regex',
  SearchExpression: 'has',
}

const LISTS: Readonly<Record<string, string>> = {
  InExpression: 'in',
  NotInExpression: '!in',
  InCsExpression: 'in~',
  NotInCsExpression: '!in~',
  HasAnyExpression: 'has_any',
  HasAllExpression: 'has_all',
}

/** Types the engine gives where the language service says otherwise (SEMANTICS 13, seen in engine results). */
const CORRECTED_TYPES: Readonly<Record<string, KustoType>> = lookupTable({
  getyear: 'long',
  monthofyear: 'long',
  hourofday: 'long',
  datetime_part: 'long',
  ceiling: 'real',
  jaccard_index: 'real',
})

/** Translates a scalar expression. Throws `query/unsupported` for syntax outside what we translate. */
export function readExpr(context: Context, syn: Syn): Expr {
  const { kind } = syn
  const binary = BINARY[kind]
  if (binary !== undefined) {
    if (syn.maybe('Left')?.kind === 'StarExpression') return starComparison(context, syn)
    const sides = [operand(context, syn, 'Left'), operand(context, syn, 'Right')]
    return call(context, syn, binary, sides, binaryType(syn, binary, sides))
  }
  const list = LISTS[kind]
  if (list !== undefined) return readList(context, syn, list)
  if (kind.endsWith('LiteralExpression') && kind !== 'TypeOfLiteralExpression') {
    return kind === 'CompoundStringLiteralExpression' || syn.node.LiteralValue !== undefined
      ? readLiteral(context, syn)
      : refuse(context, syn, 'this literal')
  }
  switch (kind) {
    case 'ParenthesizedExpression':
    case 'SimpleNamedExpression':
    case 'OrderedExpression':
    case 'DataScopeExpression':
      return readExpr(context, syn.child('Expression'))
    case 'DynamicExpression':
      return readDynamic(context, syn)
    case 'NameReference':
      return readName(context, syn)
    case 'UnaryMinusExpression': {
      const inner = readExpr(context, syn.child('Expression'))
      if (inner.kind === 'literal' && typeof inner.value === 'number')
        return literal(inner.type, -inner.value)
      if (inner.kind === 'literal' && inner.type !== 'datetime' && typeof inner.value === 'string') {
        const negated = inner.value.startsWith('-') ? inner.value.slice(1) : `-${inner.value}`
        return literal(inner.type, inner.value === 'NaN' ? 'NaN' : negated)
      }
      return call(context, syn, 'negate', [inner], syn.scalar ?? inner.type)
    }
    case 'UnaryPlusExpression':
      return readExpr(context, syn.child('Expression'))
    case 'BetweenExpression':
    case 'NotBetweenExpression':
      return readBetween(context, syn)
    case 'PathExpression':
    case 'ElementExpression':
      return readMember(context, syn)
    case 'FunctionCallExpression':
      return readCall(context, syn)
    case 'ToScalarExpression':
      return readScalarOf(context, syn)
    case 'TypeOfLiteralExpression':
      return literal('string', syn.symbolName ?? syn.text.replace(/^typeof\s*\(\s*|\s*\)$/g, ''))
    default:
      return refuse(context, syn, `the expression ‘${syn.text.slice(0, 60)}’ (${kind})`)
  }
}

/** `toscalar` of a table; of a scalar it is that scalar. */
function readScalarOf(context: Context, syn: Syn): Expr {
  const inner = syn.child('Expression')
  if (inner.columns === undefined && !/Operator$|^PipeExpression$/.test(inner.kind))
    return readExpr(context, inner)
  const table = readTable(context, inner)
  return { kind: 'scalar-of', table, type: table.columns[0]?.type ?? syn.scalar ?? 'dynamic' }
}

function operand(context: Context, syn: Syn, name: string): Expr {
  return readExpr(context, syn.child(name))
}

/** The binder's type, or the operands' where it does not know a column. */
function binaryType(syn: Syn, operator: string, sides: readonly Expr[]): KustoType {
  if (!syn.isUnknown || !['+', '-', '*', '/', '%'].includes(operator)) return syn.scalar ?? 'bool'
  const types = sides.map((side) => side.type)
  if (types.includes('datetime')) return operator === '-' && types[0] === types[1] ? 'timespan' : 'datetime'
  if (types.includes('timespan')) return operator === '/' && types[0] === types[1] ? 'real' : 'timespan'
  if (types.includes('real') || types.includes('dynamic')) return 'real'
  return types.includes('decimal') ? 'decimal' : 'long'
}

function readName(context: Context, syn: Syn): Expr {
  const whole = wholeElement(context, syn)
  if (whole !== undefined) return whole
  const name = syn.simpleName
  const column = findColumn(context.columns, name)
  if (syn.symbolKind === 'ColumnSymbol' || (column !== undefined && syn.symbolKind !== 'VariableSymbol')) {
    if (column !== undefined) return { kind: 'column', name, type: column.type }
    const halves = splitColumns(context.columns ?? [], name).map((half) => `‘${half.name}’`)
    if (halves.length > 0) {
      const hint = `list the tables by name rather than by pattern, and name ${halves.join(' or ')}`
      return refuse(context, syn, `the column ‘${name}’, which has several types here`, hint)
    }
    // A column the binder only assumed, because the table is open (an unknown watchlist, bag_unpack): it is not there.
    return literal('dynamic', null)
  }
  const binding = context.scope.get(syn.symbolName ?? name)
  if (binding?.kind === 'scalar') return binding.expr
  if (binding?.kind === 'function') return callFunction(context, syn, binding, [])
  if (column !== undefined) return { kind: 'column', name, type: column.type }
  return refuse(context, syn, `the name ‘${name}’ as a scalar`)
}

function readList(context: Context, syn: Syn, name: string): Expr {
  const value = operand(context, syn, 'Left')
  const right = syn.child('Right')
  const span = spanOf(context, syn)
  const items = right.kind === 'ExpressionList' ? right.list('Expressions') : [right]
  const first = items[0]
  if (items.length === 1 && first !== undefined && first.columns !== undefined) {
    return { kind: 'in-table', name, value, table: readTable(context, first), type: 'bool', span }
  }
  return {
    kind: 'list',
    name,
    value,
    items: items.map((item) => readExpr(context, item)),
    type: 'bool',
    span,
  }
}

function readBetween(context: Context, syn: Syn): Expr {
  const value = operand(context, syn, 'Left')
  const couple = syn.child('Right')
  const low = readExpr(context, couple.child('First'))
  let high = readExpr(context, couple.child('Second'))
  // `t between (x .. 1h)` means up to x + 1h (SEMANTICS 11).
  if (low.type === 'datetime' && high.type === 'timespan')
    high = call(context, syn, '+', [low, high], 'datetime')
  const name = syn.kind === 'NotBetweenExpression' ? '!between' : 'between'
  return call(context, syn, name, [value, low, high], 'bool')
}

function readMember(context: Context, syn: Syn): Expr {
  const target = syn.child('Expression')
  const selector = syn.child('Selector')
  const state = elementProperty(context, target, selector) ?? stepColumn(context, target, selector)
  if (state !== undefined) return state
  if (target.symbolKind === 'TupleSymbol') {
    const side = target.symbolName
    const columns = target.simpleName === '$right' || side === '$right' ? context.right : context.columns
    const name = selectorName(selector)
    const column = findColumn(columns, name)
    if (column === undefined) return refuse(context, syn, `the column ‘${syn.text}’`)
    return { kind: 'column', name, type: column.type }
  }
  const of = readTarget(context, target)
  const key = memberKey(context, selector)
  if (typeof key === 'object') return call(context, syn, 'member', [of, key], 'dynamic')
  return { kind: 'member', of, key, type: 'dynamic' }
}

/** A function with several results indexed as an array: `array_sort_asc(a, b)[1]`. */
function readTarget(context: Context, target: Syn): Expr {
  if (target.kind !== 'FunctionCallExpression' || target.columns === undefined)
    return readExpr(context, target)
  const name = target.child('Name').simpleName.toLowerCase()
  const args = readArguments(context, target.child('ArgumentList').list('Expressions'))
  return call(context, target, `${name}$tuple`, args, 'dynamic')
}

function memberKey(context: Context, selector: Syn): string | number | Expr {
  if (selector.kind !== 'BracketedExpression') return selectorName(selector)
  const inner = readExpr(context, selector.child('Expression'))
  if (inner.kind !== 'literal' || inner.value === null) return inner
  if (inner.type === 'string') return String(inner.value)
  if (inner.type === 'int' || inner.type === 'long') return Number(inner.value)
  return inner
}

function selectorName(selector: Syn): string {
  if (selector.kind === 'BracketedExpression') {
    return String(selector.child('Expression').node.LiteralValue ?? selector.text)
  }
  return selector.simpleName
}

function readCall(context: Context, syn: Syn): Expr {
  const name = syn.child('Name').simpleName
  const args = syn.child('ArgumentList').list('Expressions')
  const binding = context.scope.get(name)
  if (binding?.kind === 'function') return callFunction(context, syn, binding, args)
  const lower = name.toLowerCase()
  const graph = graphFunction(context, syn, lower, args)
  if (graph !== undefined) return graph
  if (context.aggregates !== undefined && isAggregate(lower))
    return readAggregate(context, syn, context.aggregates)
  return readBuiltIn(context, syn, lower, args)
}

/** Functions whose result has the type of their values. */
const CHOICES: ReadonlySet<string> = new Set([
  'iff',
  'iif',
  'case',
  'coalesce',
  'max_of',
  'min_of',
  'abs',
  'bin',
])

function choice(context: Context, syn: Syn, name: string, nodes: readonly Syn[]): Expr {
  const args = readArguments(context, nodes)
  const first = name === 'iff' || name === 'iif' || name === 'case' ? args[1] : args[0]
  return call(context, syn, name, args, first?.type ?? 'dynamic')
}

function readBuiltIn(context: Context, syn: Syn, name: string, args: readonly Syn[]): Expr {
  const type = CORRECTED_TYPES[name] ?? syn.scalar ?? 'dynamic'
  if (syn.isUnknown && CHOICES.has(name)) return choice(context, syn, name, args)
  switch (name) {
    case 'column_ifexists':
    case 'columnifexists':
      return readColumnIfExists(context, syn, args)
    case 'geo_info_from_ip_address':
      note(
        context,
        'query/stand-in',
        'geo_info_from_ip_address() knows only the GeoIP data given; other addresses are an empty bag',
        syn,
      )
      return call(context, syn, name, readArguments(context, args), type)
    case 'ingestion_time':
      return readIngestionTime(context, syn)
    case 'bin_auto': {
      // bin_at() with the width and the fixed point that `set` gave [reference, bin-auto-function].
      const option = (part: string): Expr | undefined => {
        const binding = context.scope.get(`$query_bin_auto_${part}`)
        return binding?.kind === 'scalar' ? binding.expr : undefined
      }
      const [size, at] = [option('size'), option('at')]
      if (size === undefined) return refuse(context, syn, 'bin_auto() without `set query_bin_auto_size`')
      const value = readArguments(context, args)
      return at === undefined
        ? call(context, syn, 'bin', [...value, size], type)
        : call(context, syn, 'bin_at', [...value, size, at], type)
    }
    case 'replace': {
      // The older spelling of replace_regex: replace(regex, rewrite, text) [reference, replace-function].
      const [regex, rewrite, text] = readArguments(context, args)
      if (regex === undefined || rewrite === undefined || text === undefined)
        return refuse(context, syn, 'replace() with so few arguments')
      return call(context, syn, 'replace_regex', [text, regex, rewrite], type)
    }
    case 'pack_all':
    case 'bag_pack_columns':
      return readPack(context, syn, name, args)
    case 'column_names_of': {
      const table = args[0]
      const names = table === undefined ? [] : visible(readTable(context, table).columns)
      return literal(
        'dynamic',
        names.map((column) => column.name),
      )
    }
    case 'toscalar':
      return args[0] === undefined
        ? refuse(context, syn, 'toscalar() without a table')
        : { kind: 'scalar-of', table: readTable(context, args[0]), type }
    default:
      return call(context, syn, name, readArguments(context, args), type)
  }
}

/** `column_ifexists(name, default)`: settled here, since the columns are known (SEMANTICS 12). */
function readColumnIfExists(context: Context, syn: Syn, args: readonly Syn[]): Expr {
  const [name, fallback] = args
  if (name === undefined || fallback === undefined)
    return refuse(context, syn, 'column_ifexists() in this form')
  const wanted = readExpr(context, name)
  const spelled =
    wanted.kind === 'literal' && wanted.type === 'string' ? String(wanted.value) : name.simpleName
  const column = findColumn(context.columns, spelled)
  if (column !== undefined) return { kind: 'column', name: column.name, type: column.type }
  return readExpr(context, fallback)
}

/** Reception times are not kept in evidence: the event's own time stands in, and a note says so. */
function readIngestionTime(context: Context, syn: Syn): Expr {
  note(
    context,
    'query/stand-in',
    'ingestion_time() is not in the evidence: the time of the event stands in for it',
    syn,
  )
  for (const name of ['_TimeReceived', 'Timestamp', 'TimeGenerated']) {
    const column = findColumn(context.columns, name)
    if (column?.type === 'datetime') return { kind: 'column', name, type: 'datetime' }
  }
  return literal('datetime', null)
}

function readPack(context: Context, syn: Syn, name: string, args: readonly Syn[]): Expr {
  const columns: Expr[] =
    name === 'pack_all'
      ? visible(context.columns ?? []).map((column): Expr => ({ ...column, kind: 'column' }))
      : readArguments(context, args)
  const pairs = columns.flatMap((column) =>
    column.kind === 'column' ? [literal('string', column.name), column] : [],
  )
  const ignoreNulls = name === 'pack_all' && args[0] !== undefined && /^true$/i.test(args[0].text)
  return call(context, syn, ignoreNulls ? 'bag_pack_not_null' : 'bag_pack', pairs, 'dynamic')
}
