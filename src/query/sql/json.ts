import type { Json } from '../plan/expr.ts'

/** JSON text of a literal, as Kusto writes dynamic values: compact. */
export function jsonText(value: Json): string {
  return JSON.stringify(value)
}
