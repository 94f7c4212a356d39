/**
 * KQL text → typed plan. Microsoft's parser and binder give names, types and error messages; nothing of their tree
 * leaves this folder. Loaded only when a query must be compiled.
 */
import { type Diagnostic, InputError } from '../../diagnostics/index.ts'
import type { Rel } from '../plan/expr.ts'
import { refusal } from '../plan/refusal.ts'
import type { CompileOptions, ExternalTable, RenderHint } from '../sql/types.ts'
import { type Context, type Front, note, Scope } from './context.ts'
import { readExpr } from './expression.ts'
import { callFunction, callTable } from './functions.ts'
import { globalsFor } from './globals.ts'
import { type KustoCode, kusto } from './language.ts'
import { readOperator } from './operators/operator.ts'
import { ProbeNeeded } from './probe.ts'
import { readStatement } from './statements.ts'
import { Syn } from './syntax.ts'
import { readTable } from './table.ts'

export { loadFront } from './language.ts'
export { timespanText } from './literals.ts'

/** One tabular statement, understood. `question` instead of `root` when columns depend on the data. */
export interface ReadQuery {
  readonly root: Rel | undefined
  readonly question: Rel | undefined
  readonly notes: readonly Diagnostic[]
  readonly externals: readonly ExternalTable[]
  readonly render: RenderHint | undefined
}

/**
 * Parses, binds and reads a query. Throws `InputError`: `query/invalid` with Microsoft's code and message,
 * `query/unsupported` with the construct and its place, `query/parameter`.
 */
export function readQuery(text: string, options: CompileOptions): ReadQuery {
  const source = options.source ?? 'query'
  const edited = quoteFileProfileColumns(text)
  const code = analyze(edited.text, options)
  throwErrors(code, edited, source)
  const root = new Syn(code.Syntax)
  const front: Front = {
    readers: {
      expr: readExpr,
      table: readTable,
      operator: readOperator,
      statement: readStatement,
      callFunction,
      callTable,
    },
    options,
    notes: [],
    externals: [],
    unshift: edited.unshift,
    depth: 0,
    counter: 0,
    evaluations: 0,
  }
  const context: Context = { front, scope: new Scope(), columns: undefined }
  let render: RenderHint | undefined
  let result: Rel | undefined
  let question: Rel | undefined
  try {
    for (const statement of root.list('Statements')) {
      if (statement.kind !== 'ExpressionStatement') {
        readStatement(context, statement)
        continue
      }
      const expression = statement.child('Expression')
      if (result !== undefined) {
        note(
          context,
          'query/last-result',
          'several statements give rows; these are the rows of the last',
          statement,
        )
      }
      render = renderHint(expression)
      result = isTabular(expression) ? readTable(context, expression) : undefined
      if (result === undefined) {
        throw refusal(
          'a statement that is not a table',
          spanAt(front, expression),
          source,
          'write print … before it',
        )
      }
    }
  } catch (error) {
    if (!(error instanceof ProbeNeeded)) throw error
    question = error.question
  }
  if (result === undefined && question === undefined) {
    const at = { in: 'text', source, start: 0, end: text.length } as const
    throw new InputError('query/invalid', 'the query has no tabular statement, so it has no result', at)
  }
  return {
    root: question === undefined ? result : undefined,
    question,
    notes: front.notes,
    externals: front.externals,
    render,
  }
}

interface Edited {
  readonly text: string
  readonly unshift: (position: number) => number
}

function spanAt(front: Front, syn: Syn): { start: number; end: number } {
  return { start: front.unshift(syn.start), end: front.unshift(syn.end) }
}

function isTabular(syn: Syn): boolean {
  return syn.columns !== undefined || /Operator$|^PipeExpression$/.test(syn.kind)
}

function analyze(text: string, options: CompileOptions): KustoCode {
  try {
    return kusto().Language.KustoCode.ParseAndAnalyze(text, globalsFor(options.schema, text))
  } catch (error) {
    // The service is one 4 MB line; only the message of what it throws is fit to show.
    const message = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure'
    const at = { in: 'text', source: options.source ?? 'query', start: 0, end: text.length } as const
    throw new InputError(
      'query/invalid',
      `Microsoft’s KQL service could not analyse this text: ${message}`,
      at,
    )
  }
}

/** Functions of the services that reach other data than this case. */
const CLOUD_FUNCTIONS = /^(arg|adx|workspace|app|resource|cluster|database|external_table)$/i

/** Errors the binder reports about queries that the services accept. */
function isFalseAlarm(code: string, before: string, after: string): boolean {
  // bag_unpack has four arguments, three of which may be given by name; the binder knows two, by position.
  if (code === 'KS119' && /^bag_unpack\b/.test(after)) return true
  if (code === 'KS107' && /\bbag_unpack\s*\([^()]*,\s*(\w+\s*=\s*)?$/.test(before)) return true
  // The services take count(x) for any x, where the binder wants a predicate; and parse_json() of what is dynamic already,
  // which the binder lets pass only while it does not know that it is an array.
  if (code === 'KS107') return /\b(count|parse_?json|todynamic|toobject)\s*\(\s*$/.test(before)
  // Seconds of make_timespan may have a fraction.
  if (code === 'KS134') return /\bmake_timespan\s*\([^()]*$/.test(before)
  // It sees a node with one property as that property's value, and then not the property's name along a path.
  if (code === 'KS142' && /\binner_nodes\s*\(\s*\w+\s*\)\s*,[^|;]*$/.test(before)) return true
  // The services take a path of a graph's pattern for the array it is: array_length(path).
  if (code === 'KS234') {
    const path = /^\w+/.exec(after)?.[0]
    return path !== undefined && new RegExp(`\\[\\s*${path}\\s*\\*[^|;]*$`).test(before)
  }
  // A pattern that no table matches is nothing, in a fuzzy union.
  return code === 'KS142' && /\bunion\b[^|;]*\bisfuzzy\s*=\s*true\b[^|;]*$/.test(before)
}

function throwErrors(code: KustoCode, edited: Edited, source: string): void {
  const { text, unshift } = edited
  const found = code.GetDiagnostics()
  const errors: { code: string; message: string; start: number; end: number }[] = []
  for (let i = 0; i < found.Count; i++) {
    const item = found.getItem(i)
    if (
      item.Severity !== 'Error' ||
      isFalseAlarm(item.Code, text.slice(0, item.Start), text.slice(item.Start))
    )
      continue
    const start = unshift(item.Start)
    errors.push({
      code: item.Code,
      message: item.Message,
      start,
      end: Math.max(start, unshift(item.Start + item.Length)),
    })
  }
  const cloud = errors.find(
    (error) => error.code === 'KS211' && CLOUD_FUNCTIONS.test(text.slice(error.start, error.end)),
  )
  if (cloud !== undefined) {
    const hint = 'data outside this case cannot be reached: load it as a table and name that table here'
    throw refusal(`the function ${text.slice(cloud.start, cloud.end)}()`, cloud, source, hint)
  }
  const [first, ...rest] = errors.sort((a, b) => a.start - b.start)
  if (first === undefined) return
  const hint = rest.slice(0, 10).map((error) => `${error.code} at ${error.start}: ${error.message}`)
  throw new InputError(
    'query/invalid',
    `${first.code}: ${first.message}`,
    { in: 'text', source, start: first.start, end: first.end },
    hint.length === 0 ? {} : { hint: `also ${hint.join('; ')}` },
  )
}

/**
 * Defender accepts `FileProfile(SHA1, 1000)` with a bare column; a function symbol cannot say that, so the name is
 * put in quotes before binding. `unshift` leads back to the text as written.
 */
function quoteFileProfileColumns(text: string): Edited {
  const quotes: number[] = []
  const edited = text.replace(
    /(\bFileProfile\s*\(\s*)([A-Za-z_]\w*)(?=\s*[,)])/g,
    (_whole, before: string, name: string, at: number) => {
      quotes.push(at + before.length, at + before.length + name.length)
      return `${before}"${name}"`
    },
  )
  const unshift = (position: number): number => {
    let shift = 0
    for (const [i, at] of quotes.entries()) if (at + i < position) shift = i + 1
    return position - shift
  }
  return { text: edited, unshift }
}

function renderHint(syn: Syn): RenderHint | undefined {
  let inner = syn
  while (inner.kind === 'ParenthesizedExpression') inner = inner.child('Expression')
  const operator = inner.kind === 'PipeExpression' ? inner.child('Operator') : undefined
  if (operator?.kind !== 'RenderOperator') return undefined
  const properties: Record<string, string> = {}
  const given = [...operator.list('Parameters'), ...(operator.maybe('WithClause')?.list('Properties') ?? [])]
  for (const property of given) {
    const value = property.maybe('Expression')
    if (value !== undefined)
      properties[property.child('Name').simpleName] = String(value.node.LiteralValue ?? value.text)
  }
  return { chart: operator.maybe('ChartType')?.text ?? 'table', properties }
}
