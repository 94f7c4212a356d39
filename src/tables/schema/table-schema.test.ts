import { expect, test } from 'vitest'
import { canonicalTableName, hiddenColumns, tableNames, tableSchema } from './table-schema.ts'

test('no table and no column of Microsoft’s schemas is lost', () => {
  const schemas = tableNames().map((name) => tableSchema(name))
  const microsoft = schemas.filter((schema) => schema?.product !== 'triad')
  expect(microsoft.length).toBe(197)
  const columns = microsoft.reduce(
    (sum, schema) => sum + (schema?.columns.length ?? 0) - hiddenColumns.length,
    0,
  )
  expect(columns).toBe(7789)
})

test('names that differ only by case stay two columns', () => {
  const names = tableSchema('CloudAppEvents')?.columns.map((column) => column.name) ?? []
  expect(names.filter((name) => name.toLowerCase() === 'isp')).toEqual(
    ['ISP', 'Isp'].sort((a, b) => names.indexOf(a) - names.indexOf(b)),
  )
})

test('a column that is dynamic in either product binds as dynamic', () => {
  const type = (table: string, column: string): string | undefined =>
    tableSchema(table)?.columns.find((candidate) => candidate.name === column)?.type
  expect(type('DeviceEvents', 'AdditionalFields')).toBe('dynamic')
  expect(type('DeviceInfo', 'LoggedOnUsers')).toBe('dynamic')
  expect(type('IdentityInfo', 'Tags')).toBe('dynamic')
  expect(type('IdentityLogonEvents', 'Port')).toBe('int')
})

test('tables of both portals have both names of the time', () => {
  const names = tableSchema('DeviceProcessEvents')?.columns.map((column) => column.name)
  expect(names).toContain('Timestamp')
  expect(names).toContain('TimeGenerated')
})

test('an alias and another letter case lead to the table, and an inherited name of Object to none', () => {
  expect(tableSchema('GraphApiAuditEvents')?.name).toBe('GraphAPIAuditEvents')
  expect(canonicalTableName('deviceprocessevents')).toBe('DeviceProcessEvents')
  expect(tableSchema('constructor')).toBeUndefined()
  expect(canonicalTableName('__proto__')).toBeUndefined()
})

test('every table ends with the hidden columns that lead back to the evidence', () => {
  for (const name of tableNames()) {
    expect(tableSchema(name)?.columns.slice(-4)).toEqual(hiddenColumns)
  }
})
