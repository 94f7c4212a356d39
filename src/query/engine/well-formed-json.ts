/**
 * JSON text as DuckDB's parser takes it: half surrogates written as escapes, which JSON.parse lets through and DuckDB
 * refuses at query time, become U+FFFD.
 */
export function wellFormedJson(text: string): string {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return text
  try {
    return JSON.stringify(repair(JSON.parse(text)))
  } catch {
    return JSON.stringify(text.replace(/[\ud800-\udfff]/g, '\ufffd'))
  }
}

function repair(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('utf8')
  if (Array.isArray(value)) return value.map(repair)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [repair(key), repair(inner)]))
}
