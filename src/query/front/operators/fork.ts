import type { Rel } from '../../plan/expr.ts'
import { type Context, note, refuse } from '../context.ts'
import { readExpr, readTable } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { pipedInto } from './mv.ts'

/** `fork (…) (…)`: one result per branch. As with several statements, the rows are those of the last. */
export function readFork(context: Context, input: Rel, syn: Syn): Rel {
  const branches = syn.list('Expressions')
  const last = branches.at(-1)
  if (last === undefined) return refuse(context, syn, 'fork without a branch')
  noteLast(context, syn, 'fork', branches.length)
  return readTable(pipedInto(context, input), last.child('Expression'))
}

/** `facet by a, b [with (…)]`: the counts of each column's values, and what `with` makes of the rows as the last. */
export function readFacet(context: Context, input: Rel, syn: Syn): Rel {
  const keys = syn.list('Expressions')
  const body = syn.maybe('WithClause')?.maybe('Expression')
  noteLast(context, syn, 'facet', keys.length + (body === undefined ? 0 : 1))
  if (body !== undefined) return readTable(pipedInto(context, input), body)
  const last = keys.at(-1)
  if (last === undefined) return refuse(context, syn, 'facet without a column')
  const expr = readExpr({ ...context, columns: input.columns }, last)
  const key = { name: last.simpleName, expr }
  const counted = { name: '$a0.0', type: 'long' } as const
  return {
    kind: 'summarize',
    input,
    keys: [key],
    aggregates: [{ name: 'count', args: [], columns: [counted], span: { start: 0, end: 0 } }],
    items: [
      { name: key.name, expr: { kind: 'column', name: key.name, type: expr.type } },
      { name: 'count_', expr: { ...counted, kind: 'column' } },
    ],
    columns: [
      { name: key.name, type: expr.type },
      { name: 'count_', type: 'long' },
    ],
  }
}

function noteLast(context: Context, syn: Syn, operator: string, count: number): void {
  if (count < 2) return
  note(
    context,
    'query/last-result',
    `${operator} gives ${count} results; these are the rows of the last`,
    syn,
  )
}
