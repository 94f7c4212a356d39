import type { ParseStep, Rel } from '../../plan/expr.ts'
import { constantText } from '../builder.ts'
import { escapeRegex } from '../regex.ts'
import { identifiers, type Relation, type SqlColumn } from '../relation.ts'
import type { KustoType } from '../types.ts'
import { renderAs } from './expression.ts'
import { exprScope, refuseAt, renderRel, type TableScope } from './scope.ts'

type Parse = Extract<Rel, { kind: 'parse' }>

/** `parse` as one anchored regex (S9). */
export function renderParse(scope: TableScope, rel: Parse): Relation {
  const input = renderRel(scope, rel.input)
  const made = rel.steps.flatMap((step) => (step.column === undefined ? [] : [step.column]))
  const { columns, keep, names } = withNew(input, made)
  const regex = regexOf(rel)
  if (regex === undefined) return refuseAt(scope, rel.span, 'parse with these flags', 'use i, s, m and U')
  const body = scope.dialect.parse({
    from: input.from,
    keep,
    value: renderAs(exprScope(scope, input), rel.value, 'string'),
    regex: constantText(regex),
    groups: made.map((column, i) => ({ type: column.type, as: names[i] ?? '' })),
    mode: rel.mode,
    filter: rel.filter,
  })
  return { ...input, from: scope.builder.add(body), columns, order: surviving(input, keep) }
}

function surviving(input: Relation, keep: readonly string[]): Relation['order'] {
  return input.order.every((key) => keep.includes(key.sql)) ? input.order : []
}

/** Columns after new ones were added or took an old one's place. */
function withNew(
  input: Relation,
  made: readonly { readonly name: string; readonly type: KustoType }[],
): { columns: SqlColumn[]; keep: string[]; names: string[] } {
  const replaced = new Set(made.map((column) => column.name))
  const keep = [
    ...input.columns.filter((column) => !replaced.has(column.name)).map((c) => c.sql),
    ...input.extras,
  ]
  const names = identifiers(
    made.map((column) => column.name),
    keep,
  )
  const at = (name: string): SqlColumn | undefined => {
    const i = made.findIndex((column) => column.name === name)
    const column = made[i]
    return column === undefined ? undefined : { name, type: column.type, sql: names[i] ?? '' }
  }
  const columns = input.columns.map((column) => at(column.name) ?? column)
  for (const { name } of made) {
    const added = at(name)
    if (added !== undefined && !columns.some((column) => column.name === name)) columns.push(added)
  }
  return { columns, keep, names }
}

function regexOf(rel: Parse): string | undefined {
  const flags = rel.flags.replaceAll(/["'\s]/g, '')
  if (!/^[imsU]*$/.test(flags)) return undefined
  const { steps } = rel
  const parts = steps.map((step, i) => stepRegex(step, rel.mode, i === lastColumn(steps)))
  const open = steps[steps.length - 1]?.kind === 'any'
  const prefix = rel.mode === 'regex' ? (flags === '' ? '' : `(?${flags})`) : '(?s)'
  return `${prefix}^${parts.join('')}${open ? '' : '$'}`
}

/** Position of a column that stands last: it takes the rest of the text. */
function lastColumn(steps: readonly ParseStep[]): number {
  return steps[steps.length - 1]?.kind === 'column' ? steps.length - 1 : -1
}

function stepRegex(step: ParseStep, mode: Parse['mode'], last: boolean): string {
  switch (step.kind) {
    case 'any':
      return '.*?'
    case 'text':
      return escapeRegex(step.text ?? '')
    case 'regex':
      return withoutGroups(step.text ?? '')
    case 'column': {
      const type = step.column?.type
      if (type === 'long' || type === 'int') {
        return mode === 'relaxed' ? '\\s*([-+]?\\d+|.*?)\\s*' : '\\s*([-+]?\\d+)\\s*'
      }
      return mode === 'regex' || last ? '(.*)' : '(.*?)'
    }
  }
}

/** Groups of a pattern the author wrote, made non-capturing, so that only columns are numbered. */
function withoutGroups(pattern: string): string {
  let result = ''
  let inClass = false
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i)
    if (char === '\\') {
      result += char + pattern.charAt(i + 1)
      i += 1
      continue
    }
    if (char === '[') inClass = true
    if (char === ']') inClass = false
    result += char === '(' && !inClass && pattern.charAt(i + 1) !== '?' ? '(?:' : char
  }
  return result.replaceAll(/\(\?P?<\w+>/g, '(?:')
}

/** True for what RE2 and JavaScript read alike: no flags, no named groups, no classes only one of them has. */
function isPlainRegex(pattern: string): boolean {
  if (/\(\?[^:]|\\[pPQEzACG]|\[\[:/.test(pattern)) return false
  try {
    return new RegExp(pattern) instanceof RegExp
  } catch {
    // Not a regular expression to JavaScript: the caller refuses it by name.
    return false
  }
}

/** `parse-kv`: the text becomes a bag once, its members become columns. */
export function renderParseKv(scope: TableScope, rel: Extract<Rel, { kind: 'parse-kv' }>): Relation {
  const input = renderRel(scope, rel.input)
  const { columns, keep, names } = withNew(input, rel.keys)
  const { dialect, builder } = scope
  const text = renderAs(exprScope(scope, input), rel.value, 'string')
  if (typeof rel.options.regex === 'string' && !isPlainRegex(rel.options.regex)) {
    return refuseAt(
      scope,
      rel.span,
      'parse-kv with this regular expression',
      'use extract_all() and mv-apply',
    )
  }
  builder.requiredFunctions.add('kql_parse_kv')
  const call = `kql_parse_kv(${text}, ${builder.text(JSON.stringify(rel.options))})`
  const bag = '"$kv"'
  const from = builder.add(`SELECT *, ${dialect.nativeResult(call, 'dynamic')} AS ${bag} FROM ${input.from}`)
  const cells = rel.keys.map((key, i) => {
    const member = dialect.memberText(bag, [key.name])
    return `${dialect.convert(dialect.orEmpty(member), 'string', key.type)} AS ${names[i]}`
  })
  const body = `SELECT ${[...keep, ...cells].join(', ')} FROM ${from}`
  return { ...input, from: builder.add(body), columns, order: surviving(input, keep) }
}
