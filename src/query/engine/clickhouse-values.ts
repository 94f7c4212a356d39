import { filetimeToIso } from '../../bytes/index.ts'
import type { Cell, ColumnType } from '../../tables/index.ts'
import type { KustoType } from '../sql/types.ts'
import {
  dynamicValue,
  emptyValue,
  type KustoValue,
  longValue,
  realValue,
  timespanText,
} from './kusto-value.ts'
import { wellFormedJson } from './well-formed-json.ts'

/** A FILETIME as ClickHouse reads a DateTime64(6); `undefined` outside its range (1900 to 2299). */
export function clickHouseTime(filetime: bigint): string | undefined {
  const iso = filetimeToIso(filetime)
  if (iso === undefined) return undefined
  const year = Number(iso.slice(0, 4))
  if (year < 1900 || year > 2299) return undefined
  return iso
    .replace('T', ' ')
    .replace('Z', '')
    .replace(/(\.\d{6})\d+$/, '$1')
}

/** A cell as it goes into a line of JSONCompactEachRow. */
export function clickHouseCell(type: ColumnType, cell: Cell): unknown {
  if (cell === undefined) return type === 'string' ? '' : null
  switch (type) {
    case 'string':
      return typeof cell === 'string' ? cell.replace(/\p{Surrogate}/gu, '\ufffd') : ''
    case 'dynamic':
      return typeof cell === 'string' ? wellFormedJson(cell) : null
    case 'datetime':
      return typeof cell === 'bigint' ? (clickHouseTime(cell) ?? null) : null
    case 'int':
    case 'long':
    case 'timespan':
      return typeof cell === 'bigint' ? cell.toString() : cell
    case 'real':
      return typeof cell === 'number' && !Number.isFinite(cell)
        ? String(cell).toLowerCase().replace('infinity', 'inf')
        : cell
    default:
      return cell
  }
}

/** A value of a result line as a Kusto value. */
export function clickHouseValue(type: KustoType, value: unknown): KustoValue {
  if (value === null || value === undefined) return emptyValue(type)
  switch (type) {
    case 'string':
    case 'guid':
      return String(value)
    case 'bool':
      return value === true || value === 1 || value === '1'
    case 'int':
    case 'long':
      return longValue(BigInt(String(value)))
    case 'timespan':
      return timespanText(BigInt(String(value)))
    case 'real':
      return realValue(realOf(value))
    case 'decimal':
      return trimZeros(String(value))
    case 'datetime':
      return timeValue(String(value))
    case 'dynamic':
      return typeof value === 'string' ? dynamicValue(value) : (value as KustoValue)
  }
}

function realOf(value: unknown): number {
  if (typeof value === 'number') return value
  const text = String(value)
  if (/^-?inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return /nan/i.test(text) ? Number.NaN : Number(text)
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** `2024-01-01T00:00:00.120000Z` (or with a space) as rows have it: no zeros at the end of the fraction. */
function timeValue(text: string): string {
  const [whole = '', fraction = ''] = text.replace(' ', 'T').replace(/Z$/, '').split('.')
  const digits = fraction.replace(/0+$/, '')
  return digits === '' ? `${whole}Z` : `${whole}.${digits}Z`
}
