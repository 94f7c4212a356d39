import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type MappingRow, mappingRows } from './index.ts'

function line(row: MappingRow): string {
  const ids = row.eventIds === 'all' ? 'all' : row.eventIds.join(', ')
  const action = row.cells.ActionType
  const type = action !== undefined && 'always' in action ? `\`${action.always}\`` : ''
  return `| ${row.provider === '*' ? 'any provider' : row.provider} | ${ids} | ${row.table} | ${type} |`
}

test('docs/tables.md lists every way from an event to a row', () => {
  const page = readFileSync(new URL('../../docs/tables.md', import.meta.url), 'utf8')
  const missing = mappingRows.map(line).filter((text) => !page.includes(text))
  expect(missing).toEqual([])
})
