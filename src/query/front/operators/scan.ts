import type { Column, Expr, Rel, ScanStep } from '../../plan/expr.ts'
import { stateName } from '../../plan/scan.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { literal } from '../literals.ts'
import { readExpr } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { converted } from './columns.ts'

/** A run of one query advances row by row; more steps than this no query needs. */
const MAX_STEPS = 16

/** `scan`: steps with conditions and assignments over the input row and the state of earlier steps. */
export function readScan(context: Context, input: Rel, syn: Syn): Rel {
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  const nodes = syn.list('Steps')
  if (nodes.length > MAX_STEPS) return refuse(context, syn, `scan with more than ${MAX_STEPS} steps`)
  const declared = (syn.maybe('DeclareClause')?.list('Declarations') ?? []).map((node) => {
    const name = node.child('NameAndType').child('Name')
    const type = name.scalar ?? 'dynamic'
    const given = node.maybe('DefaultValue')?.maybe('Value')
    const fallback =
      given === undefined
        ? literal(type, type === 'string' ? '' : null)
        : converted(readExpr(outer, given), type, spanOf(context, given))
    return { name: name.simpleName, type, fallback }
  })
  if (declared.some(({ name }) => input.columns.some((column) => column.name === name)))
    return refuse(context, syn, 'scan that declares a column of its input', 'declare another name')
  const row: Context = {
    ...context,
    columns: [...input.columns, ...declared],
    steps: new Set(nodes.map((node) => node.child('Name').simpleName)),
  }
  const steps = nodes.map((node): ScanStep => {
    const assignments = node.maybe('ComputationClause')?.list('Assignments') ?? []
    const output = /=\s*(all|last|none)$/.exec(node.maybe('ScanStepOutput')?.text ?? '')?.[1]
    return {
      name: node.child('Name').simpleName,
      output: output === 'last' || output === 'none' ? output : 'all',
      condition: readExpr(row, node.child('Condition')),
      assignments: assignments.map((assignment) => {
        const name = assignment.child('Name').simpleName
        const type = declared.find((column) => column.name === name)?.type
        const expr = readExpr(row, assignment.child('Expression'))
        if (type === undefined)
          return refuse(context, assignment, 'assigning to a column that is not declared')
        return { name, expr: converted(expr, type, spanOf(context, assignment)) }
      }),
    }
  })
  const matchId = syn
    .list('Parameters')
    .find((node) => node.child('Name').simpleName === 'with_match_id')
    ?.child('Expression').simpleName
  const columns: Column[] = [
    ...input.columns,
    ...declared.map(({ name, type }) => ({ name, type })),
    ...(matchId === undefined ? [] : [{ name: matchId, type: 'long' as const }]),
  ]
  return { kind: 'scan', input, steps, declared, matchId, columns, span: spanOf(context, syn) }
}

/** `step.column` inside scan: the value that the step's state holds. */
export function stepColumn(context: Context, target: Syn, selector: Syn): Expr | undefined {
  const step = target.kind === 'NameReference' ? target.simpleName : ''
  if (context.steps?.has(step) !== true) return undefined
  const name = selector.kind === 'NameReference' ? selector.simpleName : selector.text
  const column = context.columns?.find((candidate) => candidate.name === name)
  if (column === undefined) return refuse(context, selector, `the column ‘${name}’ of a scan step`)
  return { kind: 'column', name: stateName(step, name), type: column.type }
}
