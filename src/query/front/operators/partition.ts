import type { Rel } from '../../plan/expr.ts'
import { type Context, refuse } from '../context.ts'
import { readExpr, readTable } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { pipedInto } from './mv.ts'

/** `partition by key (subquery)`: the subquery runs once for each value of the key. */
export function readPartition(context: Context, input: Rel, syn: Syn): Rel {
  const operand = syn.child('Operand')
  const body = operand.maybe('Subquery')
  if (body === undefined || operand.kind !== 'PartitionSubquery') {
    return refuse(
      context,
      syn,
      'partition with a query in braces',
      'use the form partition by key (operators)',
    )
  }
  context.front.counter += 1
  const id = context.front.counter
  const leaf: Rel = { kind: 'apply-input', id, columns: input.columns }
  const sub = readTable(pipedInto(context, leaf), body)
  return {
    kind: 'partition',
    input,
    by: readExpr(context, syn.child('ByExpression')),
    id,
    sub,
    columns: sub.columns,
  }
}
