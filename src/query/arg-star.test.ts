import { expect, test } from 'vitest'
import { compileCached, schemaForText } from './index.ts'

const NO_CACHE = { get: () => undefined, set: () => undefined }

test('arg_max(x, *) over a stored table compiles and keeps the hidden columns hidden, yet reachable by name', async () => {
  const all = 'DeviceEvents | summarize arg_max(Timestamp, *) by DeviceId'
  const schema = schemaForText(all)
  const star = await compileCached(all, { schema }, NO_CACHE)
  expect(star.columns.filter((column) => /^_(Evidence|Record|Recovered)/.test(column.name))).toEqual([])
  const named = await compileCached(`${all} | project _RecordId`, { schema }, NO_CACHE)
  expect(named.columns).toEqual([{ name: '_RecordId', type: 'long' }])
})

test('arg_max(x, *) over a union, a search or a find compiles, and the hidden columns lead back through the union', async () => {
  for (const source of [
    'union DeviceEvents, DeviceProcessEvents',
    'DeviceEvents | union DeviceProcessEvents | union withsource=Source DeviceFileEvents',
    'search in (DeviceEvents, DeviceProcessEvents) "x"',
  ]) {
    const text = `${source} | summarize arg_max(Timestamp, *), Rows = count() by DeviceId`
    const schema = schemaForText(text)
    const compiled = await compileCached(text, { schema }, NO_CACHE)
    expect(compiled.columns.at(-1)).toEqual({ name: 'Rows', type: 'long' })
    expect(compiled.columns.filter((column) => /^_(Evidence|Record|Recovered)/.test(column.name))).toEqual([])
    const named = await compileCached(`${text} | project _EvidenceId`, { schema }, NO_CACHE)
    expect(named.columns).toEqual([{ name: '_EvidenceId', type: 'string' }])
  }
})

test('a name with several types over tables named by a pattern is split: all of it by *, refused by itself', async () => {
  const filled = ['DeviceProcessEvents', 'SecurityEvent']
  const text = 'search "x" | summarize arg_max(Timestamp, *), Rows = count() by DeviceId'
  const compiled = await compileCached(text, { schema: schemaForText(text, {}, filled) }, NO_CACHE)
  const names = compiled.columns.map((column) => column.name)
  expect(names).toEqual(expect.arrayContaining(['ProcessId_long', 'ProcessId_string']))
  expect([names.includes('ProcessId'), names.at(-1)]).toEqual([false, 'Rows'])
  const one = 'search "x" | project ProcessId'
  const schema = schemaForText(one, {}, filled)
  await expect(compileCached(one, { schema }, NO_CACHE)).rejects.toThrow('several types')
})

test('union * knows columns of tables that no evidence fills, where the text names them', async () => {
  const text =
    'union * | extend Action = coalesce(Operation, OperationName, ActionType) | distinct Action, Type'
  const schema = schemaForText(text, {}, ['DeviceEvents'])
  const compiled = await compileCached(text, { schema }, NO_CACHE)
  expect(compiled.columns.map((column) => column.name)).toEqual(['Action', 'Type'])
  const unknown = 'union * | where NoSuchColumnAnywhere == 1'
  const known = schemaForText(unknown, {}, ['DeviceEvents'])
  await expect(compileCached(unknown, { schema: known }, NO_CACHE)).rejects.toThrow('KS142')
})

test('a pattern over tables that no evidence fills is a union of empty tables', async () => {
  const text = 'union withsource=T Email*, Device* | summarize Rows = count() by T'
  const compiled = await compileCached(text, { schema: schemaForText(text) }, NO_CACHE)
  expect(compiled.tables).toContain('EmailEvents')
  expect(compiled.tables).toContain('DeviceProcessEvents')
})
