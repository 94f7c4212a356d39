import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DuckDbEngine, openDuckDb } from './engine/index.ts'
import { loadFront } from './front/index.ts'
import { runCompiled } from './run-compiled.ts'
import { compileKql } from './sql/compile.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-inline-'))
const schema = { tables: [] }
let engine: DuckDbEngine

beforeAll(async () => {
  await loadFront()
  engine = await openDuckDb()
})

afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

async function rows(text: string): Promise<{ found: unknown[]; codes: string[] }> {
  const codes: string[] = []
  const report = ({ code }: { code: string }): void => void codes.push(code)
  const compiled = compileKql(text, { schema })
  const found: unknown[] = []
  for await (const batch of runCompiled(engine, compiled, { schema, externalFolder: folder, report }))
    found.push(...batch)
  return { found, codes: [...compiled.notes.map((note) => note.code), ...codes] }
}

test('inline_external_table reads files of the same names from the folder given, without their headers', async () => {
  writeFileSync(join(folder, 'part-1.csv'), 'When,Product,Quantity\n2026-06-01T00:00:00Z,P1,3\n')
  writeFileSync(join(folder, 'part-2.csv'), 'When,Product,Quantity\n2026-06-02T00:00:00Z,P1,4\n')
  const { found, codes } = await rows(`inline_external_table(When:datetime, Product:string, Quantity:long)
kind=storage dataformat=csv
(h@"https://a.example/x/part-1.csv?sas", h@"https://a.example/x/part-2.csv?sas", h@"https://a.example/x/part-3.csv?sas")
with (includeHeaders="All")
| summarize Total = sum(Quantity) by Product`)
  expect(found).toEqual([['P1', 7]])
  expect(codes).toEqual(['query/stand-in', 'engine/stand-in'])
})

test.each([
  ['inline_external_table kind=delta (h@"https://a.example/x")', 'kind=delta'],
  [
    'inline_external_table(a:string, d:datetime) kind=storage partition by (Day:datetime = startofday(d)) dataformat=csv (h@"https://a.example/x")',
    'taken from paths',
  ],
  [
    'inline_external_table(a:string) kind=storage dataformat=csv (h@"https://a.example/x") with (namePrefix="p")',
    'these properties',
  ],
])('%s is refused by name', (text, message) => {
  expect(() => compileKql(text, { schema })).toThrow(message)
})
