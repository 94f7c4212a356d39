export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable
export interface TomlTable {
  readonly [key: string]: TomlValue
}

/**
 * Writes TOML 1.0: plain keys, basic strings (several lines in triple quotes), arrays, tables and arrays of tables; the
 * values of a table come before its tables, as TOML demands.
 */
export function tomlText(table: TomlTable): string {
  return `${section(table, []).join('\n').trim()}\n`
}

function section(table: TomlTable, path: readonly string[]): string[] {
  const lines: string[] = []
  const tables: string[] = []
  for (const [key, value] of Object.entries(table)) {
    const name = [...path, tomlKey(key)]
    if (isTables(value)) {
      for (const item of value) tables.push('', `[[${name.join('.')}]]`, ...section(item, name))
    } else if (isTable(value)) tables.push('', `[${name.join('.')}]`, ...section(value, name))
    else lines.push(`${tomlKey(key)} = ${tomlValue(value)}`)
  }
  return [...lines, ...tables]
}

const isTable = (value: TomlValue): value is TomlTable => typeof value === 'object' && !Array.isArray(value)
const isTables = (value: TomlValue): value is readonly TomlTable[] =>
  Array.isArray(value) && value.length > 0 && value.every(isTable)

const tomlKey = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key))

function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return value.includes('\n') ? multiline(value) : tomlString(value)
  if (Array.isArray(value)) return `[${value.map((item: TomlValue) => tomlValue(item)).join(', ')}]`
  return String(value)
}

/** A basic string: quotes, backslashes and controls escaped. */
export function tomlString(text: string): string {
  return `"${escapeText(text).replaceAll('\n', '\\n')}"`
}

/** Within triple quotes a quote may stand bare, unless it could be read as part of the end. */
const multiline = (text: string): string => `"""\n${escapeText(text).replace(/\\"(?!\\"|$)/g, '"')}\n"""`

function escapeText(text: string): string {
  return text
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
    .replace(
      /[^\n -~\u00a0-\uffff]/g,
      (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
