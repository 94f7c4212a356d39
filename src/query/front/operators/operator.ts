import type { Expr, Rel, SortKey } from '../../plan/expr.ts'
import { filterBeforeUnique } from '../../plan/push.ts'
import { type Context, note, refuse } from '../context.ts'
import { callTable, readExpr } from '../read.ts'
import type { Syn } from '../syntax.ts'
import {
  readDistinct,
  readExtend,
  readGetSchema,
  readProject,
  readProjectAway,
  readProjectByNames,
  readProjectKeep,
  readProjectRename,
  readProjectReorder,
} from './columns.ts'
import { readEvaluate } from './evaluate.ts'
import { readFacet, readFork } from './fork.ts'
import { readInvokeBuiltIn } from './invoke.ts'
import { readJoin, readLookup } from './join.ts'
import { readMakeSeries } from './make-series.ts'
import { readMvApply, readMvExpand } from './mv.ts'
import { readParse, readParseKv } from './parse.ts'
import { readPartition } from './partition.ts'
import { readScan } from './scan.ts'
import { readSearch } from './search.ts'
import { readSummarize, readTopNested } from './summarize.ts'
import { readUnion } from './union.ts'

/** Translates one operator of a pipe. `render` and `as` leave the rows as they are. */
export function readOperator(context: Context, input: Rel, syn: Syn): Rel {
  const row: Context = { front: context.front, scope: context.scope, columns: input.columns }
  const { columns } = input
  switch (syn.kind) {
    case 'FilterOperator': {
      const predicate = readExpr(row, syn.child('Condition'))
      return { kind: 'where', input: filterBeforeUnique(input, predicate), predicate, columns }
    }
    case 'ExtendOperator':
      return readExtend(row, input, syn)
    case 'ProjectOperator':
      return readProject(row, input, syn)
    case 'ProjectAwayOperator':
      return readProjectAway(row, input, syn)
    case 'ProjectByNamesOperator':
      return readProjectByNames(row, input, syn)
    case 'ProjectKeepOperator':
      return readProjectKeep(row, input, syn)
    case 'ProjectRenameOperator':
      return readProjectRename(row, input, syn)
    case 'ProjectReorderOperator':
      return readProjectReorder(row, input, syn)
    case 'DistinctOperator':
      return readDistinct(row, input, syn)
    case 'SummarizeOperator':
      return readSummarize(row, input, syn)
    case 'CountOperator': {
      const name = syn.columns?.[0]?.name ?? 'Count'
      const column = { name: '$a0.0', type: 'long' } as const
      const span = { start: 0, end: 0 }
      return {
        kind: 'summarize',
        input,
        keys: [],
        aggregates: [{ name: 'count', args: [], columns: [column], span }],
        items: [{ name, expr: { ...column, kind: 'column' } }],
        columns: [{ name, type: 'long' }],
      }
    }
    case 'SortOperator':
      return { kind: 'sort', input, by: syn.list('Expressions').map((key) => readSortKey(row, key)), columns }
    case 'TopOperator': {
      const count = readExpr(context, syn.child('Expression'))
      return { kind: 'top', input, by: [readSortKey(row, syn.child('ByExpression'))], count, columns }
    }
    case 'TakeOperator':
      return { kind: 'take', input, count: readExpr(context, syn.child('Expression')), columns }
    case 'SampleOperator':
      return { kind: 'sample', input, count: readExpr(context, syn.child('Expression')), columns }
    case 'SampleDistinctOperator': {
      const of = syn.child('OfExpression')
      const name = syn.columns?.[0]?.name ?? of.resultName ?? 'Column1'
      const expr = readExpr(row, of)
      const count = readExpr(context, syn.child('Expression'))
      return {
        kind: 'sample-distinct',
        input,
        count,
        of: { name, expr },
        columns: [{ name, type: expr.type }],
      }
    }
    case 'TopNestedOperator':
      return readTopNested(row, input, syn)
    case 'JoinOperator':
      return readJoin(row, input, syn)
    case 'LookupOperator':
      return readLookup(row, input, syn)
    case 'UnionOperator':
      return readUnion(context, input, syn)
    case 'MvExpandOperator':
      return readMvExpand(row, input, syn)
    case 'MvApplyOperator':
      return readMvApply(row, input, syn)
    case 'ParseOperator':
    case 'ParseWhereOperator':
      return readParse(row, input, syn)
    case 'ParseKvOperator':
      return readParseKv(row, input, syn)
    case 'MakeSeriesOperator':
      return readMakeSeries(row, input, syn)
    case 'SerializeOperator': {
      const serialized: Rel = { kind: 'serialize', input, columns }
      return readExtend(row, serialized, syn)
    }
    case 'PartitionOperator':
      return readPartition(row, input, syn)
    case 'ForkOperator':
      return readFork(context, input, syn)
    case 'FacetOperator':
      return readFacet(context, input, syn)
    case 'GetSchemaOperator':
      return readGetSchema(input)
    case 'EvaluateOperator':
      return readEvaluate(row, input, syn)
    case 'InvokeOperator':
      return readInvoke(row, input, syn)
    case 'ScanOperator':
      return readScan(row, input, syn)
    case 'SearchOperator':
      return readSearch(row, input, syn)
    case 'AsOperator': {
      context.scope.set(syn.child('Name').simpleName, {
        kind: 'table',
        rel: input,
        name: syn.child('Name').simpleName,
        marked: true,
      })
      return input
    }
    case 'RenderOperator':
      note(context, 'query/render-ignored', 'render is kept as a hint; the rows are complete', syn)
      return input
    case 'ConsumeOperator':
      return { kind: 'values', columns: [], rows: [] }
    default:
      return refuse(context, syn, `the operator ‘${operatorName(syn)}’`, operatorHint(syn.kind))
  }
}

function operatorName(syn: Syn): string {
  return /^[a-z-]+/i.exec(syn.text)?.[0] ?? syn.kind
}

const OPERATOR_HINTS: Readonly<Record<string, string>> = {
  ReduceByOperator: 'group by a pattern you extract yourself, e.g. replace_regex() of digits',
}

function operatorHint(kind: string): string | undefined {
  return OPERATOR_HINTS[kind]
}

/** `sort`: descending unless told; nulls come first ascending and last descending (SEMANTICS 10). */
export function readSortKey(context: Context, syn: Syn): SortKey {
  let inner = syn
  if (inner.kind === 'SimpleNamedExpression') inner = inner.child('Expression')
  const ordering = inner.kind === 'OrderedExpression' ? inner.maybe('Ordering') : undefined
  const words = ordering?.text.toLowerCase() ?? ''
  const descending = !/^asc\b/.test(words)
  const nullsFirst = /nulls\s+first/.test(words) || (!descending && !/nulls\s+last/.test(words))
  const expr: Expr = readExpr(context, inner.kind === 'OrderedExpression' ? inner.child('Expression') : inner)
  return { expr, descending, nullsFirst }
}

function readInvoke(context: Context, input: Rel, syn: Syn): Rel {
  const called = syn.child('Function')
  const name = called.child('Name').simpleName
  const binding = context.scope.get(name)
  const args = called.child('ArgumentList').list('Expressions')
  const outer: Context = { front: context.front, scope: context.scope, columns: undefined }
  if (binding?.kind === 'function') return callTable(outer, called, binding, args, input)
  return readInvokeBuiltIn(context, input, called, name, args)
}
