import type { Column, Expr, Rel } from '../../plan/expr.ts'
import { type Context, refuse } from '../context.ts'
import { literal } from '../literals.ts'
import { findColumn, readExpr, readTable, tableNamed, visible } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { isPattern, pick, wildcard } from './columns.ts'
import { parameter } from './join.ts'
import { unionOf } from './union.ts'

/** `search` and `find`: the same condition over several tables, stacked (SEMANTICS 7). */
export function readSearch(context: Context, piped: Rel | undefined, syn: Syn): Rel {
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  const branches = piped === undefined ? tablesIn(outer, syn) : [{ rel: piped, source: '' }]
  const condition = syn.child('Condition')
  const filtered = branches.flatMap(({ rel, source }) => {
    const row: Context = { front: context.front, scope: context.scope, columns: rel.columns }
    const predicate = readCondition(row, condition, parameter(syn, 'kind') === 'case_sensitive')
    const matches: Rel = { kind: 'where', input: rel, predicate, columns: rel.columns }
    return predicate.kind === 'literal' && predicate.value === false ? [] : [{ rel: matches, source }]
  })
  const union = unionOf(filtered, syn.kind === 'FindOperator' ? 'source_' : '$table')
  return syn.kind === 'FindOperator' ? findColumns(outer, union, syn) : union
}

function tablesIn(context: Context, syn: Syn): { rel: Rel; source: string }[] {
  const listed = syn.maybe('InClause')?.list('Expressions') ?? []
  const names = context.front.options.schema.tables.map((table) => table.name)
  if (listed.length === 0) return names.flatMap((name) => named(context, name))
  return listed.flatMap((node) => {
    if (isPattern(node) || node.kind === 'StarExpression') {
      const matches = wildcard(node.kind === 'StarExpression' ? '*' : node.simpleName)
      return names.filter(matches).flatMap((name) => named(context, name))
    }
    return [
      { rel: readTable(context, node), source: node.kind === 'NameReference' ? node.simpleName : node.text },
    ]
  })
}

function named(context: Context, name: string): { rel: Rel; source: string }[] {
  const rel = tableNamed(context, name)
  return rel === undefined ? [] : [{ rel, source: name }]
}

/**
 * The condition over one table. A bare string, or `* op x`, tests every column that holds text; a column that this
 * table does not have makes its comparison false.
 */
function readCondition(context: Context, syn: Syn, caseSensitive: boolean): Expr {
  switch (syn.kind) {
    case 'ParenthesizedExpression':
      return readCondition(context, syn.child('Expression'), caseSensitive)
    case 'AndExpression':
    case 'OrExpression': {
      const sides = [
        readCondition(context, syn.child('Left'), caseSensitive),
        readCondition(context, syn.child('Right'), caseSensitive),
      ]
      return boolCall(syn.kind === 'AndExpression' ? 'and' : 'or', sides, context, syn)
    }
    case 'StringLiteralExpression':
      return anyColumn(context, syn, syn, caseSensitive)
    case 'StarExpression':
      return literal('bool', true)
  }
  if (syn.kind === 'FunctionCallExpression' && /^not$/i.test(syn.child('Name').simpleName)) {
    const inner = syn.child('ArgumentList').list('Expressions')[0]
    if (inner !== undefined)
      return boolCall('not', [readCondition(context, inner, caseSensitive)], context, syn)
  }
  const left = syn.maybe('Left')
  if (left?.kind === 'StarExpression') return starComparison(context, syn)
  if (mentionsMissing(context, syn)) return literal('bool', false)
  return readExpr(context, syn)
}

function mentionsMissing(context: Context, syn: Syn): boolean {
  if (syn.symbolKind === 'ColumnSymbol' && syn.kind === 'NameReference') {
    return findColumn(context.columns, syn.simpleName) === undefined
  }
  return syn.children().some((child) => mentionsMissing(context, child))
}

function boolCall(name: string, args: readonly Expr[], context: Context, syn: Syn): Expr {
  const { unshift } = context.front
  return {
    kind: 'call',
    name,
    args,
    type: 'bool',
    span: { start: unshift(syn.start), end: unshift(syn.end) },
  }
}

function textColumns(context: Context): Column[] {
  return visible(context.columns ?? [])
}

/** A term is looked for in the text of every column, whatever its type, as `search` does. */
function anyColumn(context: Context, syn: Syn, term: Syn, caseSensitive: boolean): Expr {
  const needle = readExpr(context, term)
  if (needle.kind !== 'literal' || typeof needle.value !== 'string')
    return refuse(context, syn, 'this search term')
  const suffix = caseSensitive ? '_cs' : ''
  const { operator, text } = termOperator(needle.value)
  const parts = textColumns(context).map((column) =>
    boolCall(
      operator === 'matches regex' ? operator : `${operator}${suffix}`,
      [asText(context, syn, column), literal('string', text)],
      context,
      syn,
    ),
  )
  return oneOf(parts, context, syn)
}

/** `"ab*"` is a prefix, `"*ab"` a suffix, `"*ab*"` a substring, `"a*b"` a pattern. */
function termOperator(term: string): { operator: string; text: string } {
  const bare = term.replace(/^\*|\*$/g, '')
  if (bare.includes('*')) {
    const regex = bare
      .split('*')
      .map((piece) => piece.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'))
      .join('.*')
    return { operator: 'matches regex', text: `(?is)${regex}` }
  }
  if (term.startsWith('*') && term.endsWith('*') && term.length > 1)
    return { operator: 'contains', text: bare }
  if (term.endsWith('*')) return { operator: 'hasprefix', text: bare }
  if (term.startsWith('*')) return { operator: 'hassuffix', text: bare }
  return { operator: 'has', text: bare }
}

/** `* has "x"`: any column of the operand's type; text is looked for in text and dynamic columns. */
export function starComparison(context: Context, syn: Syn): Expr {
  const right = readExpr({ ...context }, syn.child('Right'))
  const name = OPERATORS[syn.kind]
  if (name === undefined) return refuse(context, syn, `search with ‘${syn.text}’`)
  const parts = textColumns(context)
    .filter((column) => right.type !== 'string' || column.type === 'string' || column.type === 'dynamic')
    .filter((column) => right.type === 'string' || column.type === right.type)
    .map((column) => boolCall(name, [{ ...column, kind: 'column' }, right], context, syn))
  return oneOf(parts, context, syn)
}

const OPERATORS: Readonly<Record<string, string>> = {
  EqualExpression: '==',
  HasExpression: 'has',
  HasCsExpression: 'has_cs',
  ContainsExpression: 'contains',
  ContainsCsExpression: 'contains_cs',
  StartsWithExpression: 'startswith',
  EndsWithExpression: 'endswith',
  EqualTildeExpression: '=~',
  MatchesRegexExpression: 'matches regex',
  SearchExpression: 'has',
}

function asText(context: Context, syn: Syn, column: Column): Expr {
  const ref: Expr = { kind: 'column', name: column.name, type: column.type }
  if (column.type === 'string' || column.type === 'dynamic') return ref
  const { unshift } = context.front
  const span = { start: unshift(syn.start), end: unshift(syn.end) }
  return { kind: 'call', name: 'tostring', args: [ref], type: 'string', span }
}

function oneOf(parts: readonly Expr[], context: Context, syn: Syn): Expr {
  const [first, ...rest] = parts
  if (first === undefined) return literal('bool', false)
  return rest.reduce((a, b) => boolCall('or', [a, b], context, syn), first)
}

/** `find … project a, b`: those columns; without it, the columns common to all tables and the rest packed. */
function findColumns(context: Context, union: Rel, syn: Syn): Rel {
  const wanted = syn
    .maybe('Project')
    ?.list('Columns')
    .map((node) =>
      node.kind === 'PackExpression' ? refuse(context, node, 'find with pack()') : node.simpleName,
    )
  const bound = syn.columns?.map((column) => column.name) ?? []
  const names = wanted === undefined ? bound : ['source_', ...wanted.filter((name) => name !== 'source_')]
  const picked = names.flatMap((name) => {
    const column = findColumn(union.columns, name)
    return column === undefined ? [] : [{ name, column }]
  })
  return picked.length === 0 ? union : pick(union, picked)
}
