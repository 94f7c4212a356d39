import type { FunctionRow } from './function-row.ts'
import { aggregateRows, functionRows } from './functions/index.ts'

/** What an operator does here that a reader must know; the rest is as Microsoft's reference says. */
const OPERATORS: readonly (readonly [name: string, note: string])[] = [
  ['where, filter', ''],
  ['project, project-away, project-keep, project-rename, project-reorder', 'wildcards too'],
  ['project-by-names', 'names must be known before the query runs'],
  ['extend', 'right sides see the input row, not each other'],
  ['summarize, distinct, count', 'the clause `by … bin =` is refused'],
  ['sort, order, top, take, limit', 'sort is descending unless told; null is the smallest'],
  ['sample, sample-distinct', 'the first rows rather than random ones: the same on every run'],
  ['top-nested', '`with others` where the last level has it, on DuckDB'],
  ['join', 'all kinds; `innerunique` is the default; conditions are equalities'],
  ['lookup', ''],
  ['union', 'kind, withsource, isfuzzy, wildcards over tables and views'],
  ['search, find', '`find` without `project` shows the columns the binder gives'],
  ['mv-expand, mvexpand', 'bags, several columns, with_itemindex, to typeof, limit, kind=array'],
  ['mv-apply', '`id` is refused; a join whose right side is the expanded row is refused'],
  ['parse, parse-where', 'simple, regex, relaxed; flags i, s, m, U'],
  ['parse-kv', ''],
  ['make-series', 'not inside mv-apply or partition'],
  ['fork, facet', 'the last of their results is given, with a note (`query/last-result`)'],
  ['partition', 'the form `partition by key (operators)`; with a query in braces it is refused'],
  ['serialize', 'with row_number, prev, next, row_cumsum, row_rank_dense, row_rank_min, row_window_session'],
  [
    'scan',
    'DuckDB only; its time grows with the square of the rows; a declared column is read as step.column',
  ],
  [
    'make-graph',
    'DuckDB only; with node tables or with_node_id; an id in both of two node tables is an error; `partitioned-by` with one operator inside (S14)',
  ],
  [
    'graph-match',
    'all three `cycles`, several sequences, paths of bounded length; computed columns need a name, and over a path are dynamic; all ways are walked, so narrow an end or the length',
  ],
  ['graph-shortest-paths', 'one edge of variable length between two nodes; conditions on one element each'],
  [
    'graph-mark-components, graph-to-table',
    'ids are Kusto’s hashes; `nodes as N, edges as E` for later statements',
  ],
  ['evaluate', 'bag_unpack, pivot, narrow, ipv4_lookup, ipv6_lookup, rolling_percentile, rows_near'],
  ['invoke', 'functions of the query, and FileProfile'],
  ['getschema, as, consume, materialize(), toscalar()', ''],
  ['render', 'kept as a hint; the rows are complete'],
  ['datatable, print, range', ''],
  [
    'externaldata, inline_external_table',
    'reads from the folder given with --external, never from the network; empty otherwise',
  ],
  [
    'let, declare query_parameters, declare pattern, set',
    'functions are inlined; options of `set` change no rows, but for those of bin_auto',
  ],
]

const REFUSED_OPERATORS: readonly (readonly [name: string, reason: string])[] = [
  ['reduce', 'the grouping algorithm is not published: group by replace_regex() of digits'],
  ['graph-where-nodes, graph-where-edges, graph()', 'filter the tables before make-graph'],
  ['external_table, cluster, database, workspace, arg, adx', 'data outside the case'],
  ['macro-expand, assert-schema, restrict, alias', 'not used by hunting queries'],
]

/** Reasons for refused built-ins, by pattern of the name; the first that fits counts. */
const REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/s2cell/, 'no S2 grid'],
  [/^geo_/, 'needs a geometry kernel on the sphere'],
  [/tdigest|^hll|_hll/, 'a sketch whose inner form is not documented'],
  [
    /^series_(decompose|outliers|periods|dbl|mv_|uv_|monthly|rolling|downsample|moving)/,
    'an algorithm whose details are not published',
  ],
  [
    /^(current_|cluster|database|extent|cursor|ingestion|row_level|rowstore|estimate)/,
    'about the service, not about data',
  ],
  [
    /^(sql_|cosmosdb|mysql|postgresql|http_|ai_|azure_|python|r$|infer_storage|cosmos|external)/,
    'reaches outside the case',
  ],
]

/** Rows for forms that have no name in KQL. */
const INTERNAL: ReadonlySet<string> = new Set(['member', 'negate', 'bag_pack_not_null'])

/** A function with several results is known here by its name and `$tuple`. */
function untupled(row: FunctionRow): FunctionRow {
  return row.name.endsWith('$tuple') ? { ...row, name: row.name.replace('$tuple', '') } : row
}

function reasonOf(name: string): string {
  return (
    REASONS.find(([pattern]) => pattern.test(name))?.[1] ??
    'not used by the public hunting queries that were counted'
  )
}

/** `docs/kql.md`: generated from the tables of functions, so that it cannot be out of date. */
export function kqlDocumentation(known: {
  readonly functions: readonly string[]
  readonly aggregates: readonly string[]
  readonly plugins: readonly string[]
}): string {
  const isFunction = (row: FunctionRow): boolean =>
    [row.name, ...(row.aliases ?? [])].some((name) => known.functions.includes(name))
  const functions = functionRows
    .map(untupled)
    .filter(isFunction)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const operators = functionRows.filter(
    (row) => !isFunction(row) && !INTERNAL.has(row.name) && !/[$]| table$/.test(row.name),
  )
  const has = (rows: readonly { name: string; aliases?: readonly string[] }[], name: string): boolean =>
    rows.some(
      (row) => row.name === name || row.name === `${name}$tuple` || row.aliases?.includes(name) === true,
    )
  const plugins = [
    'bag_unpack',
    'pivot',
    'narrow',
    'ipv4_lookup',
    'ipv6_lookup',
    'rolling_percentile',
    'rows_near',
  ]
  const special = new Set([
    'column_ifexists',
    'column_names_of',
    'bag_pack_columns',
    'bin_auto',
    'pack_all',
    'toscalar',
    'ingestion_time',
    'materialize',
    'table',
    'typeof',
    'all',
    'any',
    'map',
    'inner_nodes',
    'labels',
    'node_degree_in',
    'node_degree_out',
    'node_id',
  ])
  const line = (row: {
    name: string
    aliases?: readonly string[]
    rules?: readonly string[]
    differs?: string
    native?: unknown
  }): string => {
    const names = [row.name, ...(row.aliases ?? [])].map((name) => `\`${name}\``).join(', ')
    const notes = [row.differs ?? '', row.native === undefined ? '' : 'JavaScript'].filter(
      (note) => note !== '',
    )
    return `| ${names} | ${(row.rules ?? []).join(' ')} | ${notes.join('; ')} |`
  }
  const refused = (
    names: readonly string[],
    rows: readonly { name: string; aliases?: readonly string[] }[],
  ): string[] => {
    const groups = new Map<string, string[]>()
    for (const name of names.filter(
      (candidate) => !has(rows, candidate) && !special.has(candidate) && !candidate.startsWith('__'),
    )) {
      groups.set(reasonOf(name), [...(groups.get(reasonOf(name)) ?? []), `\`${name}\``])
    }
    return [...groups].sort().map(([reason, list]) => `| ${reason} | ${list.join(' ')} |`)
  }
  return [
    '# KQL: what is supported, what differs, what is refused',
    '',
    'Generated from the tables in `src/query/sql` (`npx vitest run src/query/sql/documentation.test.ts -u`). Microsoft’s own',
    'parser and binder read every query, so names, types and error messages are theirs. What is not listed as supported is',
    'refused by name, with its place in the text: no answer is guessed. Rules S0 to S14 stand in `kql-semantics.md`.',
    '',
    '## Operators and statements',
    '',
    '| operator | note |',
    '|---|---|',
    ...OPERATORS.map(([name, text]) => `| ${name} | ${text} |`),
    '',
    '| refused | reason, and a way round |',
    '|---|---|',
    ...REFUSED_OPERATORS.map(([name, text]) => `| ${name} | ${text} |`),
    '',
    '## Comparison and text operators',
    '',
    operators.map((row) => `\`${row.name}\``).join(' '),
    '',
    '## Scalar functions',
    '',
    '*JavaScript*: SQL cannot say it exactly, so it runs as a function of ours in the engine, at about a microsecond a row.',
    'Besides these: `column_ifexists`, `column_names_of`, `pack_all`, `ingestion_time` (the time of the event stands in); and in',
    'graph patterns `all`, `any`, `map`, `inner_nodes`, `node_degree_in`, `node_degree_out`, `node_id`, `labels` (always empty).',
    '',
    '| function | rules | note |',
    '|---|---|---|',
    ...functions.map(line),
    '',
    '| refused because | functions |',
    '|---|---|',
    ...refused(known.functions, functionRows),
    '',
    '## Aggregates',
    '',
    '| aggregate | rules | note |',
    '|---|---|---|',
    ...[...aggregateRows].sort((a, b) => (a.name < b.name ? -1 : 1)).map(line),
    '',
    '| refused because | aggregates |',
    '|---|---|',
    ...refused(known.aggregates, aggregateRows),
    '',
    '## Plugins',
    '',
    `Supported: ${plugins.map((name) => `\`${name}\``).join(', ')}. Output columns of \`bag_unpack\` and \`pivot\` depend on the data: the data is asked first.`,
    '',
    `Refused: ${known.plugins
      .filter((name) => !plugins.includes(name))
      .map((name) => `\`${name}\``)
      .join(' ')}`,
    '',
  ].join('\n')
}
