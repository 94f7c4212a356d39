import type { Column, ParseStep, Rel } from '../../plan/expr.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { findColumn, readExpr } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { parameter, parameterNode } from './join.ts'

/** `parse` and `parse-where` (SEMANTICS 9). */
export function readParse(context: Context, input: Rel, syn: Syn): Rel {
  const mode = parameter(syn, 'kind') ?? 'simple'
  if (mode !== 'simple' && mode !== 'regex' && mode !== 'relaxed')
    return refuse(context, syn, `parse kind=${mode}`)
  const steps = syn.list('Patterns').map((node) => readStep(context, node, mode === 'regex'))
  const made = steps.flatMap((step) => (step.column === undefined ? [] : [step.column]))
  return {
    kind: 'parse',
    input,
    value: readExpr(context, syn.child('Expression')),
    mode,
    flags: parameterNode(syn, 'flags')?.text ?? '',
    steps,
    filter: syn.kind === 'ParseWhereOperator',
    columns: withNew(input, made),
    span: spanOf(context, syn),
  }
}

function readStep(context: Context, node: Syn, regex: boolean): ParseStep {
  if (node.kind === 'StarExpression') return { kind: 'any' }
  if (node.kind === 'NameAndTypeDeclaration') {
    const name = node.child('Name')
    return { kind: 'column', column: { name: name.simpleName, type: name.scalar ?? 'string' } }
  }
  if (node.kind === 'NameDeclaration')
    return { kind: 'column', column: { name: node.simpleName, type: 'string' } }
  const value = readExpr(context, node)
  if (value.kind !== 'literal' || typeof value.value !== 'string')
    return refuse(context, node, 'this parse pattern')
  return { kind: regex ? 'regex' : 'text', text: value.value }
}

/** A parsed column that exists already is replaced in place, others go last. */
function withNew(input: Rel, made: readonly Column[]): Column[] {
  const kept = input.columns.map((column) => findColumn(made, column.name) ?? column)
  const added = made.filter((column) => findColumn(input.columns, column.name) === undefined)
  return [...kept, ...added]
}

export function readParseKv(context: Context, input: Rel, syn: Syn): Rel {
  const keys = syn
    .child('Keys')
    .list('Columns')
    .map(
      (column): Column => ({
        name: column.child('Name').simpleName,
        type: column.child('Name').scalar ?? 'string',
      }),
    )
  const options: Record<string, string | boolean> = {}
  for (const property of syn.maybe('WithClause')?.list('Properties') ?? []) {
    const value = property.child('Expression')
    const spelled = value.node.LiteralValue ?? value.text
    options[property.child('Name').simpleName] =
      value.kind === 'BooleanLiteralExpression' ? /true/i.test(String(spelled)) : String(spelled)
  }
  const value = readExpr(context, syn.child('Expression'))
  return {
    kind: 'parse-kv',
    input,
    value,
    keys,
    options,
    columns: withNew(input, keys),
    span: spanOf(context, syn),
  }
}
