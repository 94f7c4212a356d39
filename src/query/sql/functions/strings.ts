import { constantText } from '../builder.ts'
import { convert } from '../convert.ts'
import type { Call, FunctionRow, SqlOf } from '../function-row.ts'

/** Functions on text (S2). Positions are 0-based and count characters; regular expressions are RE2 in both engines. */

/** `extract(re, group, text [, typeof(t)])`: no match is `''`, or null for another type. */
const extractSql: SqlOf = (_args, call) => {
  const group = call.constant(1)
  const number = Number(group)
  if (group === undefined || !Number.isInteger(number) || number < 0)
    return call.refuse('extract() with a computed group number')
  // The engine wants the group as a constant in the text: it is a small integer by now. The pattern stands there too: of
  // a bound one that is no regular expression, DuckDB 1.5.5 says nothing and answers ''.
  const regex = call.constant(0)
  // Control characters, which constants drop, keep theirs bound.
  const plain = typeof regex === 'string' && !['\u0000', '\u0001'].some((mark) => regex.includes(mark))
  const pattern = plain ? constantText(regex) : call.sql(0, 'string')
  const found = `regexp_extract(${call.sql(2, 'string')}, ${pattern}, ${number})`
  return call.type === 'string' ? found : convert(found, 'string', call.type)
}

/** `extract_all(re, [groups,] text)`: one group gives an array of strings, several an array of arrays; no match is null. */
const extractAllSql: SqlOf = (_args, call) => {
  const regex = call.constant(0)
  if (typeof regex !== 'string') return call.refuse('extract_all() with a computed expression')
  const groups = countGroups(regex)
  const text = call.sql(call.args.length - 1, 'string')
  if (call.args.length === 3) return nativeExtractAll(call, text, call.sql(1, 'dynamic'))
  if (groups === 1)
    return `to_json(list_transform(nullif(regexp_extract_all(${text}, ${call.sql(0, 'string')}, 1), []), lambda x: coalesce(x, '')))`
  if (groups === 0) return call.refuse('extract_all() without a group')
  return nativeExtractAll(call, text, 'CAST(NULL AS JSON)')
}

function nativeExtractAll(call: Call, text: string, wanted: string): string {
  const regex = call.constant(0)
  const count = countGroups(String(regex))
  const lists = Array.from(
    { length: count },
    (_x, i) => `regexp_extract_all(${text}, ${call.sql(0, 'string')}, ${i + 1})`,
  )
  const chosen = call.constant(1)
  const order =
    wanted.startsWith('CAST(NULL') || !Array.isArray(chosen)
      ? lists.map((_list, i) => i)
      : chosen.map((n) => groupNumber(String(regex), n) - 1)
  if (order.some((i) => lists[i] === undefined))
    return call.refuse('extract_all() with a group that is not there')
  // A group that took no part in a match is empty.
  const rows = order.map((i) => `coalesce((${lists[i]})[i], '')`)
  return `to_json(nullif(list_transform(range(1, len(${lists[0]}) + 1), lambda i: [${rows.join(', ')}]), []))`
}

/** The number of a group given by number or by name. */
function groupNumber(regex: string, group: unknown): number {
  if (typeof group !== 'string' || /^\d+$/.test(group)) return Number(group)
  const at = regex.search(new RegExp(`\\(\\?P?<${group.replaceAll(/\W/g, '')}>`))
  return at < 0 ? 0 : countGroups(regex.slice(0, at)) + 1
}

/** Capturing groups of a pattern. */
export function countGroups(regex: string): number {
  let count = 0
  let inClass = false
  for (let i = 0; i < regex.length; i++) {
    const char = regex.charAt(i)
    if (char === '\\') i += 1
    else if (char === '[') inClass = true
    else if (char === ']') inClass = false
    else if (char === '(' && !inClass && (regex.charAt(i + 1) !== '?' || /^\(\?P?<\w/.test(regex.slice(i))))
      count += 1
  }
  return count
}

/** `substring(text, start [, length])`: a negative start counts from the end. */
const substringSql: SqlOf = (_args, call) => {
  const text = call.sql(0, 'string')
  const start = call.constant(1)
  const from =
    start === undefined
      ? `CASE WHEN ${call.sql(1, 'long')} < 0 THEN ${call.sql(1, 'long')} ELSE ${call.sql(1, 'long')} + 1 END`
      : call.builder.integer(Number(start) < 0 ? Number(start) : Number(start) + 1)
  if (call.args.length < 3) return `coalesce(substr(${text}, ${from}), '')`
  return `coalesce(substr(${text}, ${from}, greatest(${call.sql(2, 'long')}, 0)), '')`
}

/** `indexof(text, lookup [, start [, length [, occurrence]]])`: -1 when absent. */
const indexofSql: SqlOf = (_args, call) => {
  if (call.args.length === 2) return `(strpos(${call.sql(0, 'string')}, ${call.sql(1, 'string')}) - 1)`
  call.native('kql_indexof')
  const rest = [2, 3, 4].map((i) =>
    call.args[i] === undefined ? String(i === 4 ? 1 : i === 2 ? 0 : -1) : call.sql(i, 'long'),
  )
  return `kql_indexof(${call.sql(0, 'string')}, ${call.sql(1, 'string')}, ${rest.map((part) => `CAST(${part} AS BIGINT)`).join(', ')})`
}

const indexofRegexSql: SqlOf = (_args, call) => {
  const rest = [0, -1, 1].map((fallback, i) =>
    call.args[i + 2] === undefined ? String(fallback) : call.sql(i + 2, 'long'),
  )
  return `kql_indexof_regex(${call.sql(0, 'string')}, ${call.sql(1, 'string')}, ${rest.join(', ')})`
}

function trim(name: string, pattern: (regex: string) => string): FunctionRow {
  return {
    name,
    lazy: true,
    rules: ['S2'],
    sql: {
      duckdb: (_args, call) => {
        const regex = call.constant(0)
        const shown =
          typeof regex === 'string'
            ? call.builder.text(pattern(regex))
            : call.refuse(`${name}() with a computed expression`)
        const text = call.sql(1, 'string')
        return `regexp_replace(${text}, ${shown}, '', 'g')`
      },
    },
  }
}

/** Kusto's `\1` is RE2's; `$1` means nothing there. A backslash before anything else stands for itself. */
const replaceRegexSql: SqlOf = ([text, regex, rewrite], call) => {
  const constant = call.constant(2)
  const shown =
    typeof constant === 'string'
      ? call.builder.text(constant.replaceAll(/\\(?![0-9\\])/g, '\\\\'))
      : (rewrite ?? '')
  return `regexp_replace(${text}, ${regex}, ${shown}, 'g')`
}

const splitSql: SqlOf = (_args, call) => {
  const text = call.sql(0, 'string')
  const list = `string_split(${text}, ${call.sql(1, 'string')})`
  if (call.args.length < 3) return `to_json(${list})`
  const index = call.sql(2, 'long')
  // With an index the result is an array of one element (S2).
  return `to_json(CASE WHEN ${index} >= 0 AND ${index} < len(${list}) THEN [(${list})[${index} + 1]] ELSE CAST([] AS VARCHAR[]) END)`
}

const strcatSql: SqlOf = (_args, call) => {
  const parts = call.args.map((_arg, i) => call.sql(i, 'string'))
  return parts.length === 1 ? (parts[0] ?? '') : `concat(${parts.join(', ')})`
}

const strcatDelimSql: SqlOf = (_args, call) => {
  const [delimiter, ...parts] = call.args.map((_arg, i) => call.sql(i, 'string'))
  return `concat_ws(${delimiter}, ${parts.join(', ')})`
}

const countofSql: SqlOf = (_args, call) => {
  const kind = call.constant(2)
  if (kind === 'regex') return `len(regexp_extract_all(${call.sql(0, 'string')}, ${call.sql(1, 'string')}))`
  call.native('kql_countof')
  return `kql_countof(${call.sql(0, 'string')}, ${call.sql(1, 'string')})`
}

const text = (name: string, sql: SqlOf, ...aliases: string[]): FunctionRow => ({
  name,
  aliases,
  params: ['string'],
  rules: ['S2'],
  sql: { duckdb: sql },
})

const lazy = (name: string, sql: SqlOf, ...aliases: string[]): FunctionRow => ({
  name,
  aliases,
  lazy: true,
  rules: ['S2'],
  sql: { duckdb: sql },
})

export const stringRows: readonly FunctionRow[] = [
  lazy('extract', extractSql),
  lazy('extract_all', extractAllSql, 'extractall'),
  lazy('substring', substringSql),
  lazy('indexof', indexofSql),
  lazy('indexof_regex', indexofRegexSql),
  lazy('split', splitSql),
  lazy('strcat', strcatSql),
  lazy('strcat_delim', strcatDelimSql),
  lazy('countof', countofSql),
  trim('trim', (re) => `^(?:${re})|(?:${re})$`),
  trim('trim_start', (re) => `^(?:${re})`),
  trim('trim_end', (re) => `(?:${re})$`),
  text('replace_regex', replaceRegexSql, 'replace'),
  text('replace_string', ([a, b, c]) => `replace(${a}, ${b}, ${c})`),
  text('tolower', ([a]) => `lower(${a})`),
  text('toupper', ([a]) => `upper(${a})`),
  text('strlen', ([a]) => `length(${a})`),
  text('string_size', ([a]) => `strlen(${a})`),
  text('reverse', ([a]) => `reverse(${a})`),
  {
    name: 'strrep',
    params: ['string', 'long', 'string'],
    sql: {
      duckdb: ([value, count, delimiter]) =>
        delimiter === undefined
          ? `repeat(${value}, least(${count}, 1024))`
          : `array_to_string(list_transform(range(least(${count}, 1024)), lambda i: ${value}), ${delimiter})`,
    },
  },
  text('isascii', ([a]) => `regexp_full_match(${a}, '[\\x00-\\x7F]*')`),
  text('isutf8', () => 'true'),
  text('regex_quote', ([a]) => `regexp_escape(${a})`),
  text('base64_encode_tostring', ([a]) => `to_base64(encode(${a}))`, 'base64_encodestring'),
  // Invalid base64 or UTF-8 is '' (S2).
  text(
    'base64_decode_tostring',
    ([a]) => `coalesce(try(decode(from_base64(${a}))), '')`,
    'base64_decodestring',
  ),
  text('hash_sha256', ([a]) => `sha256(${a})`),
  text('hash_sha1', ([a]) => `sha1(${a})`),
  text('hash_md5', ([a]) => `md5(${a})`),
  text('strcmp', ([a, b]) => `CASE WHEN ${a} < ${b} THEN -1 WHEN ${a} > ${b} THEN 1 ELSE 0 END`),
  {
    name: 'strcat_array',
    aliases: ['array_strcat'],
    params: ['dynamic', 'string'],
    sql: {
      duckdb: ([a, b]) =>
        `coalesce(array_to_string(list_transform(kql_texts(${a}), lambda x: coalesce(x, '')), ${b}), '')`,
    },
  },
  {
    name: 'has_any_index',
    lazy: true,
    sql: {
      duckdb: (_args, call) => {
        const list = `kql_texts(${call.sql(1, 'dynamic')})`
        return `(coalesce(list_position(list_transform(${list}, lambda x: regexp_matches(${call.sql(0, 'string')}, kql_term_re(x, true, true, '(?i)'))), true), 0) - 1)`
      },
    },
  },
]
