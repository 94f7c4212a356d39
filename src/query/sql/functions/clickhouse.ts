import type { AggregateCall, AggregateRow, Call, FunctionRow, SqlOf } from '../function-row.ts'
import { nullable } from './comparison.ts'
import { countGroups } from './strings.ts'
import { termRegex, termsRegex } from './text-operators.ts'

/**
 * ClickHouse SQL of the functions detection content uses, by KQL name; it is added to the rows of the tables. Text is
 * folded with lowerUTF8, so that both engines give the same rows.
 */

const BOTH = { before: true, after: true } as const
const micros = (sql: string): string => `toUnixTimestamp64Micro(${sql})`
const time = (us: string): string => `fromUnixTimestamp64Micro(${us}, 'UTC')`
/** Multiples counted from 0001-01-01, a Monday (S5). */
const floorTo = (us: string, width: string): string =>
  time(`${us} - positiveModulo(${us} + 62135596800000000, ${width})`)
const DAY = '86400000000'

const folded =
  (test: (text: string, needle: string) => string): SqlOf =>
  ([text, needle], call) => {
    const constant = call.constant(1)
    const small =
      typeof constant === 'string' ? call.builder.text(constant.toLowerCase()) : `lowerUTF8(${needle})`
    return test(`lowerUTF8(${text})`, small)
  }

const exact =
  (test: (text: string, needle: string) => string): SqlOf =>
  ([text, needle]) =>
    test(text ?? '', needle ?? '')

function term(
  call: Call,
  text: string,
  needle: string,
  edges: { before: boolean; after: boolean },
  fold: boolean,
): string {
  if (needle === '') return 'true'
  const shown = fold ? needle.toLowerCase() : needle
  const regex = call.builder.text(`${fold ? '(?i)' : ''}${termRegex(shown, edges)}`)
  const quick = fold
    ? `positionCaseInsensitiveUTF8(${text}, ${call.builder.text(shown)})`
    : `position(${text}, ${call.builder.text(shown)})`
  return `(${quick} > 0 AND match(${text}, ${regex}))`
}

const has =
  (edges: { before: boolean; after: boolean }, fold: boolean): SqlOf =>
  ([text], call) => {
    const needle = call.constant(1)
    if (typeof needle !== 'string') return call.refuse('a computed needle on ClickHouse')
    return term(call, text ?? '', needle, edges, fold)
  }

const contains = (text: string, needle: string): string => `(position(${text}, ${needle}) > 0)`
const starts = (text: string, needle: string): string => `startsWith(${text}, ${needle})`
const ends = (text: string, needle: string): string => `endsWith(${text}, ${needle})`

/** Literal items of a list; dynamic arrays flattened. Computed ones are for DuckDB. */
function items(call: Call): string[] {
  return call.args.slice(1).flatMap((item) => {
    if (item.kind !== 'literal') return call.refuse('a computed list on ClickHouse')
    const values = Array.isArray(item.value) ? item.value : [item.value]
    return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  })
}

const inList =
  (fold: boolean): SqlOf =>
  (_args, call) => {
    const value = call.args[0]
    if (value === undefined) return call.refuse('this list')
    const numeric = value.type !== 'string' && value.type !== 'dynamic'
    const text = numeric ? call.render(value) : (call.nullableText(value) ?? call.render(value))
    const list = items(call).map((item) =>
      numeric
        ? call.convertText(call.builder.text(item), value.type)
        : call.builder.text(fold ? item.toLowerCase() : item),
    )
    if (list.length === 0) return 'false'
    const any = `(${fold ? `lowerUTF8(${text})` : text} IN (${[...new Set(list)].join(', ')}))`
    return call.filter || !nullable(value) ? any : `ifNull(${any}, false)`
  }

const inTable =
  (fold: boolean): SqlOf =>
  (_args, call) => {
    const { from, column, type } = call.subquery()
    if (type !== 'string' || call.args[0]?.type !== 'string')
      return call.refuse('a list that is no text, on ClickHouse')
    const text = call.sql(0, 'string')
    return `(${fold ? `lowerUTF8(${text})` : text} IN (SELECT ${fold ? `lowerUTF8(${column})` : column} FROM ${from}))`
  }

const hasAny: SqlOf = (_args, call) => {
  const needles = [...new Set(items(call).map((item) => item.toLowerCase()))]
  if (needles.includes('')) return 'true'
  if (needles.length === 0) return 'false'
  return `match(${call.sql(0, 'string')}, ${call.builder.text(`(?i)${termsRegex(needles, BOTH)}`)})`
}

const hasAll: SqlOf = (_args, call) => {
  const parts = [...new Set(items(call))].map((needle) =>
    term(call, call.sql(0, 'string'), needle, BOTH, true),
  )
  return parts.length === 0 ? 'true' : `(${parts.join(' AND ')})`
}

const not =
  (sql: SqlOf): SqlOf =>
  (args, call) =>
    `(NOT ${sql(args, { ...call, filter: false })})`

function arithmetic(operator: '+' | '-' | '*' | '/' | '%'): SqlOf {
  return (_args, call) => {
    const [a, b] = [call.args[0]?.type, call.args[1]?.type]
    if (a === 'dynamic' || b === 'dynamic')
      return call.refuse('arithmetic on dynamic, on ClickHouse', 'wrap it in tolong() or todouble()')
    const [x, y] = [call.sql(0), call.sql(1)]
    if (a === 'datetime' && b === 'datetime') return `((${micros(x)} - ${micros(y)}) * 10)`
    if (a === 'datetime') return time(`${micros(x)} ${operator} intDiv(${y}, 10)`)
    if (b === 'datetime') return time(`${micros(y)} + intDiv(${x}, 10)`)
    if (operator === '%') return `positiveModulo(${x}, ${y})`
    if (operator === '/') {
      if (a === 'timespan' && b === 'timespan') return `(toFloat64(${x}) / ${y})`
      return call.type === 'real' ? `(toFloat64(${x}) / ${y})` : `intDivOrNull(${x}, ${y})`
    }
    return call.type === 'timespan' ? `toInt64(${x} ${operator} ${y})` : `(${x} ${operator} ${y})`
  }
}

const caseSql: SqlOf = (_args, call) => {
  const parts: string[] = []
  for (let i = 0; i + 1 < call.args.length; i += 2) {
    const predicate = call.args[i]
    if (predicate !== undefined)
      parts.push(`WHEN ${call.condition(predicate)} THEN ${call.sql(i + 1, call.type)}`)
  }
  return `CASE ${parts.join(' ')} ELSE ${call.sql(call.args.length - 1, call.type)} END`
}

const iff: SqlOf = (_args, call) => {
  const predicate = call.args[0]
  if (predicate === undefined) return call.refuse('this condition')
  return `CASE WHEN ${call.condition(predicate)} THEN ${call.sql(1, call.type)} ELSE ${call.sql(2, call.type)} END`
}

const coalesce: SqlOf = (_args, call) => {
  const parts = call.args.map((_arg, i) => call.sql(i, call.type))
  if (call.type === 'string') return `coalesce(${parts.map((part) => `nullIf(${part}, '')`).join(', ')}, '')`
  return `coalesce(${parts.join(', ')})`
}

const isNull: SqlOf = (_args, call) => {
  const arg = call.args[0]
  return arg === undefined || arg.type === 'string'
    ? 'false'
    : `(${call.nullableText(arg) ?? call.render(arg)} IS NULL)`
}

const isEmpty: SqlOf = (_args, call) => {
  const arg = call.args[0]
  if (arg === undefined) return 'true'
  if (arg.type === 'string') return `(${call.render(arg)} = '')`
  const text = call.nullableText(arg)
  return text === undefined ? `(${call.render(arg)} IS NULL)` : `(ifNull(${text}, '') = '')`
}

const bin: SqlOf = (_args, call) => {
  const type = call.args[0]?.type
  if (type === 'datetime') return floorTo(micros(call.sql(0)), `intDiv(${call.sql(1, 'timespan')}, 10)`)
  if (call.type === 'real')
    return `(floor(${call.sql(0, 'real')} / ${call.sql(1, 'real')}) * ${call.sql(1, 'real')})`
  return `(${call.sql(0)} - positiveModulo(${call.sql(0)}, ${call.sql(1)}))`
}

const extract: SqlOf = (_args, call) => {
  const group = Number(call.constant(1))
  if (!Number.isInteger(group)) return call.refuse('extract() with a computed group number')
  const found = `regexpExtract(${call.sql(2, 'string')}, ${call.sql(0, 'string')}, ${group})`
  return call.type === 'string' ? found : call.convertText(found, call.type)
}

const split: SqlOf = (_args, call) =>
  call.args.length > 2
    ? call.refuse('split() with an index, on ClickHouse')
    : `toJSONString(splitByString(${call.sql(1, 'string')}, ${call.sql(0, 'string')}))`

const substring: SqlOf = (_args, call) => {
  const start = Number(call.constant(1))
  if (!Number.isInteger(start) || start < 0) return call.refuse('substring() from the end, on ClickHouse')
  const length = call.args[2] === undefined ? '' : `, toUInt64(greatest(${call.sql(2, 'long')}, 0))`
  return `substringUTF8(${call.sql(0, 'string')}, ${start + 1}${length})`
}

/** Nulls do not count; here least and greatest would give null. */
const ofTwo =
  (sql: 'least' | 'greatest'): SqlOf =>
  (_args, call) => {
    if (call.args.length !== 2) return call.refuse(`${call.name}() of more than two values, on ClickHouse`)
    const [a, b] = [call.sql(0, call.type), call.sql(1, call.type)]
    return `${sql}(coalesce(${a}, ${b}), coalesce(${b}, ${a}))`
  }

const trimmed =
  (pattern: (regex: string) => string): SqlOf =>
  (_args, call) => {
    const regex = call.constant(0)
    if (typeof regex !== 'string') return call.refuse('trim() with a computed expression')
    return `replaceRegexpAll(${call.sql(1, 'string')}, ${call.builder.text(pattern(regex))}, '')`
  }

const to =
  (type: 'string' | 'bool' | 'int' | 'long' | 'real' | 'datetime' | 'guid'): SqlOf =>
  (_args, call) =>
    call.sql(0, type)

const now: SqlOf = (_args, call) => {
  const clock = call.builder.bind({ type: 'now' })
  return call.args.length === 0 ? clock : time(`${micros(clock)} + intDiv(${call.sql(0, 'timespan')}, 10)`)
}

/** The row before or after: outside the rows it is the type's empty value, which for all but text is null. */
const shifted =
  (name: 'lagInFrame' | 'leadInFrame'): SqlOf =>
  (_args, call) => {
    if (call.args.length > 2) return call.refuse('prev() or next() with a default, on ClickHouse')
    const value = call.type === 'string' ? call.sql(0) : `toNullable(${call.sql(0)})`
    const distance = call.args.length > 1 ? call.sql(1, 'long') : '1'
    return `${name}(${value}, ${distance}) ${call.over('ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING')}`
  }

/** Texts only: an array that holds anything else stops the query rather than being sorted as text. */
const arraySort =
  (direction: 'arraySort' | 'arrayReverseSort'): SqlOf =>
  (_args, call) => {
    if (call.args.length > 1) return call.refuse('sorting several arrays, on ClickHouse')
    const json = `ifNull(${call.sql(0, 'dynamic')}, '')`
    const mixed = `arrayExists(x -> NOT startsWith(x, '"'), JSONExtractArrayRaw(${json}))`
    const texts = `toJSONString(${direction}(JSONExtract(${json}, 'Array(String)')))`
    return `if(JSONType(${json}) = 'Array' AND throwIf(${mixed}, 'array_sort_asc() and array_sort_desc() take arrays of text on ClickHouse') = 0, ${texts}, NULL)`
  }

/** By the names of the rows; aliases follow their row. */
const FUNCTIONS: Readonly<Record<string, SqlOf>> = {
  has: has(BOTH, true),
  '!has': not(has(BOTH, true)),
  has_cs: has(BOTH, false),
  '!has_cs': not(has(BOTH, false)),
  hasprefix: has({ before: true, after: false }, true),
  '!hasprefix': not(has({ before: true, after: false }, true)),
  hassuffix: has({ before: false, after: true }, true),
  '!hassuffix': not(has({ before: false, after: true }, true)),
  contains: folded(contains),
  '!contains': not(folded(contains)),
  contains_cs: exact(contains),
  '!contains_cs': not(exact(contains)),
  startswith: folded(starts),
  '!startswith': not(folded(starts)),
  startswith_cs: exact(starts),
  '!startswith_cs': not(exact(starts)),
  endswith: folded(ends),
  '!endswith': not(folded(ends)),
  endswith_cs: exact(ends),
  '!endswith_cs': not(exact(ends)),
  '=~': folded((a, b) => `(${a} = ${b})`),
  '!~': folded((a, b) => `(${a} <> ${b})`),
  // Here a dot matches a line break unless told otherwise.
  'matches regex': ([text, regex], call) => {
    const constant = call.constant(1)
    return `match(${text}, ${typeof constant === 'string' ? call.builder.text(`(?-s)${constant}`) : `concat('(?-s)', ${regex})`})`
  },
  in: inList(false),
  '!in': not(inList(false)),
  'in~': inList(true),
  '!in~': not(inList(true)),
  'in table': inTable(false),
  '!in table': not(inTable(false)),
  'in~ table': inTable(true),
  '!in~ table': not(inTable(true)),
  has_any: hasAny,
  has_all: hasAll,
  '+': arithmetic('+'),
  '-': arithmetic('-'),
  '*': arithmetic('*'),
  '/': arithmetic('/'),
  '%': arithmetic('%'),
  negate: (_args, call) => `(-${call.sql(0)})`,
  tostring: to('string'),
  tobool: to('bool'),
  toint: to('int'),
  tolong: to('long'),
  todouble: to('real'),
  todatetime: to('datetime'),
  toguid: to('guid'),
  iff,
  case: caseSql,
  coalesce,
  isnull: isNull,
  isnotnull: not(isNull),
  isempty: isEmpty,
  isnotempty: not(isEmpty),
  bin,
  now,
  ago: (_args, call) =>
    time(`${micros(call.builder.bind({ type: 'now' }))} - intDiv(${call.sql(0, 'timespan')}, 10)`),
  startofday: (_args, call) =>
    call.args.length > 1
      ? call.refuse('startofday() with an offset, on ClickHouse')
      : floorTo(micros(call.sql(0, 'datetime')), DAY),
  prev: shifted('lagInFrame'),
  next: shifted('leadInFrame'),
  array_sort_asc: arraySort('arraySort'),
  array_sort_desc: arraySort('arrayReverseSort'),
  extract,
  split,
  substring,
  indexof: (_args, call) =>
    call.args.length > 2
      ? call.refuse('indexof() with a start, on ClickHouse')
      : `(toInt64(positionUTF8(${call.sql(0, 'string')}, ${call.sql(1, 'string')})) - 1)`,
  tolower: ([a]) => `lowerUTF8(${a})`,
  toupper: ([a]) => `upperUTF8(${a})`,
  strlen: ([a]) => `toInt64(lengthUTF8(${a}))`,
  string_size: ([a]) => `toInt64(length(${a}))`,
  strcat: (_args, call) => `concat(${call.args.map((_arg, i) => call.sql(i, 'string')).join(', ')}, '')`,
  replace_string: ([a, b, c]) => `replaceAll(${a}, ${b}, ${c})`,
  replace_regex: (_args, call) => {
    const [regex, rewrite] = [call.constant(1), call.constant(2)]
    if (typeof regex !== 'string' || typeof rewrite !== 'string')
      return call.refuse('replace_regex() with computed patterns, on ClickHouse')
    const shown = rewrite.replaceAll(/\\(?![0-9\\])/g, '\\\\')
    return `replaceRegexpAll(${call.sql(0, 'string')}, ${call.builder.text(`(?-s)${regex}`)}, ${call.builder.text(shown)})`
  },
  trim: trimmed((re) => `^(?:${re})|(?:${re})$`),
  trim_start: trimmed((re) => `^(?:${re})`),
  trim_end: trimmed((re) => `(?:${re})$`),
  extract_all: (_args, call) => {
    const regex = call.constant(0)
    if (typeof regex !== 'string') return call.refuse('extract_all() with a computed expression')
    const all = Array.from({ length: countGroups(regex) }, (_x, i) => i + 1)
    const given = call.args.length > 2 ? call.constant(1) : all
    const groups = Array.isArray(given) ? given.map(Number) : []
    if (groups.length === 0 || groups.some((group) => !all.includes(group)))
      return call.refuse('extract_all() with named groups, on ClickHouse')
    const matches = `extractAllGroupsVertical(${call.sql(call.args.length - 1, 'string')}, ${call.builder.text(`(?-s)${regex}`)})`
    const picked = groups.map((group) => `r[${group}]`)
    // One group of the expression gives an array of texts, several an array of arrays (S2).
    return `toJSONString(arrayMap(r -> ${all.length === 1 ? picked[0] : `[${picked.join(', ')}]`}, ${matches}))`
  },
  member: (_args, call) => {
    const json = `ifNull(${call.sql(0, 'dynamic')}, '')`
    const key = call.args[1]?.type
    if (key === 'int' || key === 'long') {
      const at = `toInt32(assumeNotNull(${call.sql(1, 'long')}))`
      return `nullIf(JSONExtractRaw(${json}, if(${at} < 0, ${at}, ${at} + 1)), '')`
    }
    return `nullIf(JSONExtractRaw(${json}, ${call.sql(1, 'string')}), '')`
  },
  strcat_array: ([a, b]) =>
    `arrayStringConcat(arrayMap(x -> if(startsWith(x, '"'), JSONExtractString(x), if(x = 'null', '', x)), JSONExtractArrayRaw(ifNull(${a}, '[]'))), ${b})`,
  hash_sha256: ([a]) => `lower(hex(SHA256(${a})))`,
  hash_sha1: ([a]) => `lower(hex(SHA1(${a})))`,
  hash_md5: ([a]) => `lower(hex(MD5(${a})))`,
  set_union: (_args, call) => {
    const arrays = call.args.map((_arg, i) => `JSONExtractArrayRaw(ifNull(${call.sql(i, 'dynamic')}, '[]'))`)
    return `concat('[', arrayStringConcat(arrayDistinct(arrayConcat(${arrays.join(', ')})), ','), ']')`
  },
  max_of: ofTwo('greatest'),
  min_of: ofTwo('least'),
  // ClickHouse rounds halves to even.
  round: (_args, call) => {
    const power = `exp10(${call.args[1] === undefined ? '0' : call.sql(1, 'long')})`
    const x = call.sql(0, 'real')
    return `(sign(${x}) * floor(abs(${x}) * ${power} + 0.5) / ${power})`
  },
  translate: (_args, call) => {
    const [from, to] = [call.constant(0), call.constant(1)]
    if (typeof from !== 'string' || typeof to !== 'string' || to === '')
      return call.refuse('translate() of this form, on ClickHouse')
    const padded = [...from].map((_char, i) => [...to][i] ?? [...to].at(-1) ?? '').join('')
    return `translateUTF8(${call.sql(2, 'string')}, ${call.builder.text(from)}, ${call.builder.text(padded)})`
  },
  binary_and: ([a, b]) => `bitAnd(${a}, ${b})`,
  binary_or: ([a, b]) => `bitOr(${a}, ${b})`,
  binary_xor: ([a, b]) => `bitXor(${a}, ${b})`,
  base64_decode_tostring: ([a]) => `if(isValidUTF8(tryBase64Decode(${a})), tryBase64Decode(${a}), '')`,
  parse_json: (_args, call) => {
    const text = call.sql(0, call.args[0]?.type === 'string' ? 'string' : 'dynamic')
    return call.args[0]?.type === 'string'
      ? `multiIf(${text} = '', NULL, isValidJSON(${text}), ${text}, toJSONString(${text}))`
      : text
  },
  array_length: ([a]) =>
    `if(JSONType(ifNull(${a}, '')) = 'Array', toInt64(JSONLength(ifNull(${a}, ''))), NULL)`,
  abs: (_args, call) => `abs(${call.sql(0, call.type)})`,
  pack_array: (_args, call) =>
    `concat('[', arrayStringConcat([${call.args.map((_arg, i) => `ifNull(${call.sql(i, 'dynamic')}, 'null')`).join(', ')}], ','), ']')`,
}

const present = (call: AggregateCall): string[] => {
  const arg = call.args[0]
  return arg === undefined || arg.type === 'string'
    ? []
    : [`${call.nullableText(arg) ?? call.render(arg)} IS NOT NULL`]
}

const predicate = (call: AggregateCall, index: number): string => {
  const arg = call.args[index]
  return arg === undefined
    ? call.refuse(`${call.name}() without a predicate`)
    : `ifNull(${call.condition(arg)}, false)`
}

/** An array would have to contribute its elements (S5). */
function refuseArrays(call: AggregateCall): void {
  if (call.args[0]?.type === 'dynamic')
    call.refuse(`${call.name}() of dynamic values, on ClickHouse`, 'wrap them in tostring()')
}

function collect(call: AggregateCall, distinct: boolean, capIndex: number, ...only: string[]): string {
  refuseArrays(call)
  const text = call.args[0]?.type === 'string'
  const cap = call.constant(capIndex)
  const limit = cap === undefined ? '' : `(${Math.max(1, Math.trunc(Number(cap)) || 1)})`
  const list = `${distinct ? 'groupUniqArray' : 'groupArray'}${limit}(${text ? call.sql(0) : `assumeNotNull(${call.sql(0, 'dynamic')})`})${call.where(...present(call), ...only)}`
  return text ? `toJSONString(${list})` : `concat('[', arrayStringConcat(${list}, ','), ']')`
}

/** A list in the order the rows were sorted by: pairs are collected, sorted by the key, and give up their values. */
function sortedList(call: AggregateCall): string {
  refuseArrays(call)
  const [key] = call.orderKeys
  const mixed = call.orderKeys.some((other) => other.descending !== key?.descending)
  if (key === undefined || mixed || call.args.length > 1)
    return call.refuse('make_list() in this order, on ClickHouse')
  const text = call.args[0]?.type === 'string'
  const value = text ? call.sql(0) : `assumeNotNull(${call.sql(0, 'dynamic')})`
  const pairs = `groupArray((tuple(${call.orderKeys.map((other) => other.sql).join(', ')}), ${value}))${call.where(...present(call))}`
  const list = `arrayMap(p -> p.2, ${key.descending ? 'arrayReverseSort' : 'arraySort'}(p -> p.1, ${pairs}))`
  return text ? `toJSONString(${list})` : `concat('[', arrayStringConcat(${list}, ','), ']')`
}

const count = (call: AggregateCall, ...only: string[]): string => `toInt64(count()${call.where(...only)})`

function sum(call: AggregateCall, ...only: string[]): string {
  const total = `ifNull(sum(${call.sql(0)})${call.where(...only)}, 0)`
  return call.args[0]?.type === 'real' ? total : `toInt64(${total})`
}

const extreme =
  (name: 'min' | 'max') =>
  (call: AggregateCall, ...only: string[]): string =>
    call.args[0]?.type === 'string'
      ? `${name}(${call.sql(0)})${call.where(...only)}`
      : `${name}OrNull(${call.sql(0)})${call.where(...only)}`

const distinctCount = (call: AggregateCall, ...only: string[]): string =>
  `toInt64(uniqExact(${call.sql(0)})${call.where(...present(call), ...only)})`

const AGGREGATES: Readonly<Record<string, (call: AggregateCall) => readonly string[]>> = {
  count: (call) => [call.args[0]?.type === 'bool' ? count(call, predicate(call, 0)) : count(call)],
  countif: (call) => [count(call, predicate(call, 0))],
  sum: (call) => [sum(call)],
  sumif: (call) => [sum(call, predicate(call, 1))],
  avg: (call) => [`ifNull(avgOrNull(${call.sql(0, 'real')})${call.where()}, nan)`],
  min: (call) => [extreme('min')(call)],
  max: (call) => [extreme('max')(call)],
  minif: (call) => [extreme('min')(call, predicate(call, 1))],
  maxif: (call) => [extreme('max')(call, predicate(call, 1))],
  dcount: (call) => [distinctCount(call)],
  dcountif: (call) => [distinctCount(call, predicate(call, 1))],
  count_distinct: (call) => [distinctCount(call)],
  make_set: (call) => [collect(call, true, 1)],
  make_set_if: (call) => [collect(call, true, 2, predicate(call, 1))],
  make_list: (call) => [call.order === '' ? collect(call, false, 1) : sortedList(call)],
  take_any: (call) =>
    call.args.length === 1
      ? [`any(${call.sql(0)})${call.where()}`]
      : call.refuse('take_any() of several columns, on ClickHouse'),
  arg_max: (call) =>
    call.args.length === 1 ? [extreme('max')(call)] : call.refuse('arg_max() without `by`, on ClickHouse'),
  arg_min: (call) =>
    call.args.length === 1 ? [extreme('min')(call)] : call.refuse('arg_min() without `by`, on ClickHouse'),
}

/** A row with its ClickHouse SQL, where there is one. */
export function withClickHouse(row: FunctionRow): FunctionRow {
  const sql = FUNCTIONS[row.name]
  return sql === undefined ? row : { ...row, sql: { ...row.sql, clickhouse: sql } }
}

export function aggregateWithClickHouse(row: AggregateRow): AggregateRow {
  const sql = AGGREGATES[row.name]
  return sql === undefined ? row : { ...row, sql: { ...row.sql, clickhouse: sql } }
}
