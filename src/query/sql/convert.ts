import type { KustoType } from './types.ts'

/**
 * Conversions between Kusto types in DuckDB SQL. Rules: text of a value is what `tostring` gives (S1); a conversion
 * that fails is null, `''` for text; nothing here throws at run time.
 */

/** Text of a value, never null. */
export function textOf(sql: string, type: KustoType): string {
  switch (type) {
    case 'string':
      return sql
    case 'dynamic':
      return `coalesce(${sql} ->> '$', '')`
    case 'datetime':
      return `coalesce(kql_datetime_text(${sql}), '')`
    case 'timespan':
      return `coalesce(kql_timespan_text(${sql}), '')`
    case 'real':
      return `coalesce(kql_real_text(${sql}), '')`
    case 'decimal':
      return `coalesce(kql_decimal_text(${sql}), '')`
    case 'bool':
      return `coalesce(CASE WHEN ${sql} THEN 'true' WHEN NOT ${sql} THEN 'false' END, '')`
    default:
      return `coalesce(CAST(${sql} AS VARCHAR), '')`
  }
}

/** A value as JSON, for arrays and bags. */
export function jsonOf(sql: string, type: KustoType): string {
  switch (type) {
    case 'dynamic':
      return sql
    case 'datetime':
      return `to_json(kql_datetime_text(${sql}))`
    case 'timespan':
      return `to_json(kql_timespan_text(${sql}))`
    case 'guid':
      return `to_json(CAST(${sql} AS VARCHAR))`
    case 'decimal':
      return `to_json(kql_decimal_text(${sql}))`
    case 'real':
      return `kql_real_json(${sql})`
    default:
      return `to_json(${sql})`
  }
}

/** Converts SQL of one Kusto type to another, as KQL's own conversion functions do. */
export function convert(sql: string, from: KustoType, to: KustoType): string {
  if (from === to) return sql
  if (to === 'string') return textOf(sql, from)
  if (to === 'dynamic') return jsonOf(sql, from)
  const text = from === 'dynamic' ? `(${sql} ->> '$')` : sql
  if (from === 'dynamic' && (to === 'int' || to === 'long')) return `kql_json_${to}(${text})`
  if (from === 'dynamic' || from === 'string') {
    switch (to) {
      case 'bool':
        return `kql_tobool(${text})`
      case 'int':
        return `kql_toint(${text})`
      case 'long':
        return `kql_tolong(${text})`
      case 'real':
        return `kql_toreal(${text})`
      case 'decimal':
        return `TRY_CAST(${text} AS DECIMAL(38,18))`
      case 'datetime':
        return `kql_todatetime(${text})`
      case 'timespan':
        return `kql_totimespan(${text})`
      case 'guid':
        return `kql_toguid(${text})`
    }
  }
  return convertNumber(sql, from, to)
}

function convertNumber(sql: string, from: KustoType, to: KustoType): string {
  switch (to) {
    case 'int':
      return from === 'real' || from === 'decimal'
        ? `TRY_CAST(trunc(${sql}) AS INTEGER)`
        : `TRY_CAST(${sql} AS INTEGER)`
    case 'long':
      if (from === 'datetime') return `(epoch_us(${sql}) * 10 + 621355968000000000)`
      return from === 'real' || from === 'decimal'
        ? `TRY_CAST(trunc(${sql}) AS BIGINT)`
        : `CAST(${sql} AS BIGINT)`
    case 'real':
      if (from === 'datetime') return `CAST(epoch_us(${sql}) * 10 + 621355968000000000 AS DOUBLE)`
      return `CAST(${sql} AS DOUBLE)`
    case 'decimal':
      return `TRY_CAST(${sql} AS DECIMAL(38,18))`
    case 'bool':
      return `(${sql} <> 0)`
    case 'timespan':
      return from === 'real' ? `TRY_CAST(trunc(${sql}) AS BIGINT)` : `CAST(${sql} AS BIGINT)`
    case 'datetime':
      return `kql_ticks_datetime(CAST(${sql} AS BIGINT))`
    default:
      return `TRY_CAST(NULL AS UUID)`
  }
}
