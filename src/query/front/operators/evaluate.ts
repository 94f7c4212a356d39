import type { Column, Expr, NamedExpr, Rel, Span } from '../../plan/expr.ts'
import { columnNames } from '../../plan/parts.ts'
import { type Context, refuse, spanOf } from '../context.ts'
import { literal } from '../literals.ts'
import { ProbeNeeded } from '../probe.ts'
import { call, findColumn, readExpr, readTable, visible } from '../read.ts'
import type { Syn } from '../syntax.ts'
import { columnRef, converted, NameTable, project } from './columns.ts'
import { readRollingPercentile, readRowsNear } from './evaluate-windows.ts'
import { readOneAggregate } from './summarize.ts'

/** `evaluate plugin(...)`. */
export function readEvaluate(context: Context, input: Rel, syn: Syn): Rel {
  const called = syn.child('FunctionCall')
  const name = called.child('Name').simpleName.toLowerCase()
  const args = called.child('ArgumentList').list('Expressions')
  const schema = syn.maybe('Schema') === undefined ? undefined : syn.columns
  switch (name) {
    case 'bag_unpack':
      return readBagUnpack(context, input, called, args, schema)
    case 'pivot':
      return readPivot(context, input, called, args, schema)
    case 'narrow':
      return readNarrow(context, input, called)
    case 'ipv4_lookup':
    case 'ipv6_lookup':
      return readIpLookup(context, input, called, name, args)
    case 'rolling_percentile':
      return readRollingPercentile(context, input, called, args)
    case 'rows_near':
      return readRowsNear(context, input, called, args)
    default:
      return refuse(context, called, `the plugin ${name}()`)
  }
}

/** The answer that settles the columns of the evaluate call now being read; asks for it when there is none yet. */
function answerFor(context: Context, question: Rel): readonly Column[] {
  const { front } = context
  const answer = front.options.answers?.[front.evaluations]
  front.evaluations += 1
  if (answer === undefined) throw new ProbeNeeded(question)
  return answer
}

const byName = (a: { name: string }, b: { name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

/** Options of a plugin call: named arguments by name, others by position. */
function option(args: readonly Syn[], name: string, position: number): Syn | undefined {
  const named = args.find(
    (arg) => arg.kind === 'SimpleNamedExpression' && arg.child('Name').simpleName === name,
  )
  if (named !== undefined) return named.child('Expression')
  const positional = args.filter((arg) => arg.kind !== 'SimpleNamedExpression')
  return positional[position]
}

function constant(context: Context, syn: Syn | undefined): unknown {
  if (syn === undefined) return undefined
  const value = readExpr(context, syn)
  return value.kind === 'literal' ? value.value : refuse(context, syn, 'a plugin argument that is computed')
}

function readBagUnpack(
  context: Context,
  input: Rel,
  called: Syn,
  args: readonly Syn[],
  schema: readonly Column[] | undefined,
): Rel {
  const first = args[0]
  if (first === undefined) return refuse(context, called, 'bag_unpack() without a column')
  const bag = readExpr(context, first)
  const prefix = String(constant(context, option(args, 'OutputColumnPrefix', 1)) ?? '')
  const conflict = String(constant(context, option(args, 'columnsConflict', 2)) ?? 'error')
  const ignored = constant(context, option(args, 'ignoredProperties', 3))
  const span = spanOf(context, called)
  const others = visible(input.columns).filter((column) => bag.kind !== 'column' || column.name !== bag.name)
  const member = (key: string, type: Column['type']): Expr =>
    converted({ kind: 'member', of: bag, key, type: 'dynamic' }, type, span)
  if (schema !== undefined) {
    const items = schema.map((column): NamedExpr => {
      const passed = findColumn(others, column.name)
      if (passed !== undefined)
        return { name: column.name, expr: converted(columnRef(passed), column.type, span) }
      return { name: column.name, expr: member(column.name.slice(prefix.length), column.type) }
    })
    return project(input, items)
  }
  const keysColumns: Column[] = [
    { name: 'name', type: 'string' },
    { name: 'type', type: 'string' },
  ]
  const found = answerFor(context, { kind: 'bag-keys', input, bag, columns: keysColumns })
  const skip = new Set(Array.isArray(ignored) ? ignored.map(String) : [])
  const names = new NameTable(others.map((column) => column.name))
  const unpacked = [...found].filter(({ name }) => !skip.has(name)).sort(byName)
  const clashing = (name: string): boolean => findColumn(others, `${prefix}${name}`) !== undefined
  if (conflict === 'error' && unpacked.some(({ name }) => clashing(name))) {
    return refuse(
      context,
      called,
      'bag_unpack() of a key that is a column already',
      "add columnsConflict='replace_source'",
    )
  }
  const kept = others.filter(
    (column) =>
      conflict !== 'replace_source' || !unpacked.some(({ name }) => `${prefix}${name}` === column.name),
  )
  const made = unpacked
    .filter(({ name }) => conflict !== 'keep_source' || !clashing(name))
    .map(
      ({ name, type }): NamedExpr => ({
        name: conflict === 'replace_source' ? `${prefix}${name}` : names.free(`${prefix}${name}`),
        expr: member(name, type),
      }),
    )
  return project(input, [...kept.map((column) => ({ name: column.name, expr: columnRef(column) })), ...made])
}

function readPivot(
  context: Context,
  input: Rel,
  called: Syn,
  args: readonly Syn[],
  schema: readonly Column[] | undefined,
): Rel {
  const first = args[0]
  if (first === undefined) return refuse(context, called, 'pivot() without a column')
  const span = spanOf(context, called)
  const by = readExpr(context, first)
  const aggregate =
    args[1] === undefined
      ? { name: 'count', args: [], columns: [{ name: '$a0.0', type: 'long' as const }], span }
      : readOneAggregate(context, args[1])
  const used = new Set([...columnNames(by), ...aggregate.args.flatMap(columnNames)])
  const listed = args.slice(2).map((arg) => arg.simpleName)
  const keys = visible(input.columns).filter((column) =>
    listed.length > 0 ? listed.includes(column.name) : !used.has(column.name),
  )
  const type = aggregate.columns[0]?.type ?? 'long'
  let values: string[]
  if (schema !== undefined) {
    values = schema
      .filter((column) => findColumn(keys, column.name) === undefined)
      .map((column) => column.name)
  } else {
    const text = converted(by, 'string', span)
    const names: NamedExpr[] = [
      { name: 'name', expr: text },
      { name: 'type', expr: literal('string', type) },
    ]
    const columns = names.map(({ name }): Column => ({ name, type: 'string' }))
    const items = names.map(
      ({ name }): NamedExpr => ({ name, expr: { kind: 'column', name, type: 'string' } }),
    )
    const question: Rel = { kind: 'summarize', input, keys: names, aggregates: [], items, columns }
    values = [...answerFor(context, question)].sort(byName).map(({ name }) => name)
  }
  const columns = [...keys, ...values.map((name): Column => ({ name, type }))]
  return {
    kind: 'pivot',
    input,
    by: converted(by, 'string', span),
    aggregate,
    keys: keys.map((column) => column.name),
    values,
    columns,
  }
}

/** `narrow`: one row per cell: Row, Column, Value as text. */
function readNarrow(context: Context, input: Rel, called: Syn): Rel {
  const span: Span = spanOf(context, called)
  const serialized: Rel = { kind: 'serialize', input, columns: input.columns }
  const cells = visible(input.columns).map((column): Expr => {
    const text = converted(columnRef(column), 'string', span)
    const pair = [
      literal('string', 'Column'),
      literal('string', column.name),
      literal('string', 'Value'),
      text,
    ]
    return call(context, called, 'bag_pack', pair, 'dynamic')
  })
  const rows = project(serialized, [
    { name: 'Row', expr: call(context, called, 'row_number', [literal('long', '0')], 'long') },
    { name: '$cells', expr: call(context, called, 'pack_array', cells, 'dynamic') },
  ])
  const list: Expr = { kind: 'column', name: '$cells', type: 'dynamic' }
  const expanded: Rel = {
    kind: 'expand',
    input: rows,
    items: [{ name: '$cells', expr: list, to: undefined }],
    index: undefined,
    limit: undefined,
    bagArrays: false,
    columns: rows.columns,
  }
  const part = (key: string): Expr =>
    converted({ kind: 'member', of: list, key, type: 'dynamic' }, 'string', span)
  return project(expanded, [
    { name: 'Row', expr: { kind: 'column', name: 'Row', type: 'long' } },
    { name: 'Column', expr: part('Column') },
    { name: 'Value', expr: part('Value') },
  ])
}

/** `ipv4_lookup(table, source, key…)`: rows whose address lies in the network of a row of the table. */
function readIpLookup(context: Context, input: Rel, called: Syn, name: string, args: readonly Syn[]): Rel {
  const [tableNode, sourceNode, keyNode] = args
  const unmatched = constant(context, option(args, 'return_unmatched', 3)) === true
  const plainArgs = args.filter((arg) => arg.kind !== 'SimpleNamedExpression')
  if (tableNode === undefined || sourceNode === undefined || keyNode === undefined || plainArgs.length > 4) {
    return refuse(context, called, `${name}() with more than one key or with options`)
  }
  const table = readTable({ front: context.front, scope: context.scope, columns: undefined }, tableNode)
  const names = new NameTable(input.columns.map((column) => column.name))
  const items = [
    ...input.columns.map((column) => ({ side: 'left', from: column.name, name: column.name }) as const),
    ...table.columns.map(
      (column) => ({ side: 'right', from: column.name, name: names.free(column.name) }) as const,
    ),
  ]
  const columns = items.map(
    ({ side, from, name: own }): Column => ({
      name: own,
      type: findColumn(side === 'left' ? input.columns : table.columns, from)?.type ?? 'string',
    }),
  )
  const span = spanOf(context, called)
  const key = items.find(({ side, from }) => side === 'right' && from === keyNode.simpleName)
  if (key === undefined) return refuse(context, keyNode, `the lookup key ‘${keyNode.text}’`)
  const address = readExpr({ ...context, columns: input.columns }, sourceNode)
  const network: Expr = { kind: 'column', name: key.name, type: 'string' }
  const test = call(
    context,
    called,
    name === 'ipv4_lookup' ? 'ipv4_is_match' : 'ipv6_is_match',
    [address, network],
    'bool',
  )
  const joinKind = unmatched ? 'leftouter' : 'inner'
  return { kind: 'join', joinKind, left: input, right: table, on: [], test, items, columns, span }
}
