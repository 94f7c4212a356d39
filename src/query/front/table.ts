import type { Column, Expr, Rel } from '../plan/expr.ts'
import { type Context, note, refuse } from './context.ts'
import { literal } from './literals.ts'
import { readPrint } from './operators/columns.ts'
import { readGraph, readGraphRows, readPartitionedGraph, takesGraph } from './operators/graph.ts'
import { readSearch } from './operators/search.ts'
import { readUnion } from './operators/union.ts'
import { callTable, readExpr, readOperator, tableNamed } from './read.ts'
import type { Syn } from './syntax.ts'

/** Translates a tabular expression. */
export function readTable(context: Context, syn: Syn): Rel {
  switch (syn.kind) {
    case 'PipeExpression':
      return readPipe(context, syn)
    case 'ParenthesizedExpression':
    case 'DataScopeExpression':
    case 'SimpleNamedExpression':
    case 'MvApplySubqueryExpression':
      return readTable(context, syn.child('Expression'))
    case 'MaterializeExpression': {
      const input = readTable(context, syn.child('Expression'))
      return { kind: 'materialize', input, columns: input.columns }
    }
    case 'ToTableExpression':
      return readTable(context, syn.child('Expression'))
    case 'NameReference':
      return readName(context, syn)
    case 'FunctionCallExpression':
      return readPattern(context, syn, undefined) ?? readCall(context, syn)
    case 'PathExpression':
    case 'ElementExpression':
      return readPatternPath(context, syn)
    case 'DataTableExpression':
      return readDatatable(context, syn)
    case 'ExternalDataExpression':
      return readExternalData(context, syn)
    case 'InlineExternalTableExpression':
      return readInlineExternalTable(context, syn)
    case 'RangeOperator':
      return readRange(context, syn)
    case 'PrintOperator':
      return readPrint(context, syn)
    case 'UnionOperator':
      return readUnion(context, undefined, syn)
    case 'SearchOperator':
    case 'FindOperator':
      return readSearch(context, undefined, syn)
    default:
      if (syn.kind.endsWith('Operator')) {
        const piped = context.scope.get('$input')
        if (piped?.kind === 'table') return readOperator(context, piped.rel, syn)
      }
      return refuse(context, syn, `the table expression ‘${syn.text.slice(0, 60)}’ (${syn.kind})`)
  }
}

function readPipe(context: Context, syn: Syn): Rel {
  const operator = syn.child('Operator')
  if (takesGraph(operator))
    return readGraphRows(context, readGraph(context, syn.child('Expression')), operator)
  if (operator.maybe('PartitionedByClause') !== undefined) return readPartitionedGraph(context, syn)
  if (syn.isGraph) {
    readGraph(context, syn)
    return refuse(context, operator, 'a graph as a result', 'follow it with graph-match or graph-to-table')
  }
  return readOperator(context, readTable(context, syn.child('Expression')), operator)
}

function readName(context: Context, syn: Syn): Rel {
  const name = syn.simpleName
  const binding = context.scope.get(syn.symbolName ?? name) ?? context.scope.get(name)
  if (binding?.kind === 'table') return binding.rel
  if (binding?.kind === 'function') return callTable(context, syn, binding, [])
  return tableNamed(context, name) ?? refuse(context, syn, `the table ‘${name}’`)
}

/** `country("Canada").Alberta`: the body of the pattern that these values match. */
function readPatternPath(context: Context, syn: Syn): Rel {
  const target = syn.child('Expression')
  const selector = syn.child('Selector')
  const inner = selector.kind === 'BracketedExpression' ? selector.child('Expression') : selector
  const path = String(inner.node.LiteralValue ?? inner.simpleName)
  const found = target.kind === 'FunctionCallExpression' ? readPattern(context, target, path) : undefined
  return found ?? refuse(context, syn, `the table expression ‘${syn.text.slice(0, 60)}’`)
}

function readPattern(context: Context, call: Syn, path: string | undefined): Rel | undefined {
  const binding = context.scope.get(call.child('Name').simpleName)
  if (binding?.kind !== 'pattern') return undefined
  const literalOf = (node: Syn): string => {
    const value = readExpr(context, node)
    return value.kind === 'literal'
      ? String(value.value)
      : refuse(context, node, 'a computed argument of a pattern')
  }
  const wanted = call.child('ArgumentList').list('Expressions').map(literalOf)
  const match = binding.declaration.list('Patterns').find((candidate) => {
    const values = candidate.child('ParameterValues').list('Expressions').map(literalOf)
    const own = candidate.maybe('PathValue')?.maybe('Value')
    return (
      values.join('\u0000') === wanted.join('\u0000') &&
      (own === undefined ? undefined : literalOf(own)) === path
    )
  })
  const body = match?.child('Body').maybe('Expression')
  if (body === undefined) return refuse(context, call, 'a pattern call that matches nothing')
  return readTable({ front: context.front, scope: binding.scope, columns: undefined }, body)
}

function readCall(context: Context, syn: Syn): Rel {
  const name = syn.child('Name').simpleName
  const args = syn.child('ArgumentList').list('Expressions')
  const binding = context.scope.get(name)
  if (binding?.kind === 'function') return callTable(context, syn, binding, args)
  if (name === 'table') {
    const named = args[0] === undefined ? undefined : readExpr(context, args[0])
    if (named?.kind === 'literal' && typeof named.value === 'string') {
      const found = context.scope.get(named.value)
      if (found?.kind === 'table') return found.rel
      return tableNamed(context, named.value) ?? refuse(context, syn, `the table ‘${named.value}’`)
    }
  }
  if (name === '_GetWatchlist') return readWatchlist(context, syn, args)
  if (name.toLowerCase() === 'materialize' && args[0] !== undefined) {
    const input = readTable(context, args[0])
    return { kind: 'materialize', input, columns: input.columns }
  }
  return refuse(context, syn, `the table function ${name}()`, externalHint(name))
}

function externalHint(name: string): string | undefined {
  if (/^(workspace|cluster|database|app|resource|arg|adx|external_table)$/i.test(name)) {
    return 'data outside this case cannot be reached: load it as a table and name that table here'
  }
  return undefined
}

/** Columns every watchlist has; the rest come from the file the user gives. */
export const WATCHLIST_COLUMNS: readonly Column[] = [
  { name: '_DTItemId', type: 'string' },
  { name: 'LastUpdatedTimeUTC', type: 'datetime' },
  { name: 'SearchKey', type: 'string' },
  { name: 'WatchlistItem', type: 'dynamic' },
]

function readWatchlist(context: Context, syn: Syn, args: readonly Syn[]): Rel {
  const alias = args[0] === undefined ? undefined : readExpr(context, args[0])
  const name = alias?.kind === 'literal' ? String(alias.value) : undefined
  const known = context.front.options.schema.watchlists?.find((list) => list.name === name)
  if (known !== undefined) {
    return { kind: 'table', name: known.name, sqlName: known.sqlName ?? known.name, columns: known.columns }
  }
  note(context, 'query/stand-in', `the watchlist ‘${name ?? '?'}’ is not given, so it is empty here`, syn)
  return { kind: 'values', columns: WATCHLIST_COLUMNS, rows: [] }
}

function schemaColumns(syn: Syn): Column[] {
  return syn
    .child('Schema')
    .list('Columns')
    .map((column) => ({
      name: column.child('Name').simpleName,
      type: column.child('Name').scalar ?? 'dynamic',
    }))
}

function readDatatable(context: Context, syn: Syn): Rel {
  const columns = syn.columns ?? schemaColumns(syn)
  const values = syn.list('Values').map((value) => readExpr(context, value))
  const rows: Expr[][] = []
  for (let i = 0; i + columns.length <= values.length; i += columns.length) {
    rows.push(columns.map((column, k) => asColumn(values[i + k], column)))
  }
  return { kind: 'values', columns, rows }
}

/** A datatable cell takes its column's type: `long` cells for a real column, `"2020-01-01"` for a datetime. */
function asColumn(value: Expr | undefined, column: Column): Expr {
  if (value === undefined || (value.kind === 'literal' && value.value === null)) {
    return literal(column.type, column.type === 'string' ? '' : null)
  }
  if (value.type === column.type) return value
  const name = `to${column.type === 'real' ? 'double' : column.type}`
  return { kind: 'call', name, args: [value], type: column.type, span: { start: 0, end: 0 } }
}

function readExternalData(context: Context, syn: Syn): Rel {
  return external(context, syn, 'externaldata', syn.list('URIs'), propertiesOf(syn))
}

/** Other people's storage read as a table: files of the same names stand in for it, as for `externaldata`. */
function readInlineExternalTable(context: Context, syn: Syn): Rel {
  const kind = syn.child('KindParameter').child('Value').text.toLowerCase()
  const hint = 'write externaldata with the columns of the files'
  if (kind !== 'storage') return refuse(context, syn, `inline_external_table kind=${kind}`, hint)
  if (syn.maybe('PartitionClause') !== undefined || syn.maybe('PathFormat') !== undefined)
    return refuse(context, syn, 'inline_external_table with columns taken from paths', hint)
  const { includeHeaders = 'None', encoding: _text, ...others } = propertiesOf(syn)
  if (Object.keys(others).length > 0 || !/^(all|none)$/i.test(includeHeaders))
    return refuse(
      context,
      syn,
      'inline_external_table with these properties',
      "only includeHeaders='All' is read",
    )
  const format = syn.child('DataFormatParameter').child('Value').text.toLowerCase()
  const ignoreFirstRecord = String(/^all$/i.test(includeHeaders))
  const uris = syn.child('ConnectionStrings').list('ConnectionStrings')
  return external(context, syn, 'inline_external_table', uris, { format, ignoreFirstRecord })
}

function propertiesOf(syn: Syn): Record<string, string> {
  const properties: Record<string, string> = {}
  for (const property of syn.maybe('WithClause')?.list('Properties') ?? []) {
    const value = property.child('Expression')
    properties[property.child('Name').simpleName] = String(value.node.LiteralValue ?? value.text)
  }
  return properties
}

function external(
  context: Context,
  syn: Syn,
  name: string,
  addresses: readonly Syn[],
  properties: Readonly<Record<string, string>>,
): Rel {
  const columns = syn.columns ?? schemaColumns(syn)
  const uris = addresses.map((uri) => {
    const value = readExpr(context, uri)
    return value.kind === 'literal'
      ? String(value.value)
      : refuse(context, uri, `an address of ${name} that is computed`)
  })
  const sqlName = `$external_${context.front.externals.length}`
  context.front.externals.push({ sqlName, columns, uris, properties })
  note(
    context,
    'query/stand-in',
    `${name} never reads from the network: ${uris.join(', ')} is read from the folder given with --external, or is empty`,
    syn,
  )
  return { kind: 'table', name: sqlName, sqlName, columns: columns.map((column) => ({ ...column })) }
}

function readRange(context: Context, syn: Syn): Rel {
  const columns = syn.columns ?? []
  const [from, to, step] = ['From', 'To', 'Step'].map((part) => readExpr(context, syn.child(part)))
  if (from === undefined || to === undefined || step === undefined) return refuse(context, syn, 'this range')
  const { start, end } = { start: context.front.unshift(syn.start), end: context.front.unshift(syn.end) }
  return { kind: 'range', columns, from, to, step, span: { start, end } }
}
