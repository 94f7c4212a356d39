import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CompiledQuery, CompileOptions } from '../sql/types.ts'
import { defaultCacheFolder, openCompileCache } from './compile-cache.ts'

const compiled: CompiledQuery = {
  sql: 'SELECT 1',
  parameters: [],
  columns: [{ name: 'x', type: 'long' }],
  ordered: false,
  notes: [],
  requiredFunctions: [],
  externals: [],
  tables: [],
}
const options: CompileOptions = {
  schema: { tables: [{ name: 'T', columns: [{ name: 'a', type: 'string' }] }] },
}

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'triad-cache-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

test('a compiled query is found again by a later process, and no other text finds it', () => {
  const folder = join(base, 'a', 'b')
  openCompileCache(folder).set('print 1', options, compiled)
  const later = openCompileCache(folder)
  expect(later.get('print 1', options)).toEqual(compiled)
  expect(later.get('print 2', options)).toBeUndefined()
  expect(readdirSync(folder).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true)
})

test('another schema, dialect, parameter or answer is another entry', () => {
  const cache = openCompileCache(base)
  chmodSync(base, 0o700)
  cache.set('T', options, compiled)
  const others: CompileOptions[] = [
    { schema: { tables: [{ name: 'T', columns: [{ name: 'a', type: 'long' }] }] } },
    { ...options, dialect: 'clickhouse' },
    { ...options, parameters: { n: '1' } },
    { ...options, answers: [[]] },
  ]
  for (const other of others) expect(cache.get('T', other)).toBeUndefined()
  expect(cache.get('T', { ...options, dialect: 'duckdb' })).toEqual(compiled)
})

test('a folder that others may write is not used: what lies there would run as SQL', () => {
  openCompileCache(join(base, 'c')).set('T', options, compiled)
  chmodSync(join(base, 'c'), 0o777)
  expect(openCompileCache(join(base, 'c')).get('T', options)).toBeUndefined()
})

test('a damaged entry and an unusable folder cost speed, never the answer', () => {
  const folder = join(base, 'd')
  const cache = openCompileCache(folder)
  cache.set('T', options, compiled)
  for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"sql":1}')
  expect(cache.get('T', options)).toBeUndefined()
  const file = join(base, 'file')
  writeFileSync(file, '')
  const unusable = openCompileCache(join(file, 'below'))
  unusable.set('T', options, compiled)
  expect(unusable.get('T', options)).toBeUndefined()
})

test('the cache does not grow for ever', () => {
  const folder = join(base, 'e')
  mkdirSync(folder, { mode: 0o700 })
  for (let index = 0; index < 600; index += 1) writeFileSync(join(folder, `${index}.json`), '{}')
  openCompileCache(folder).set('T', options, compiled)
  expect(readdirSync(folder).length).toBeLessThan(300)
})

test('the folder follows XDG', () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'wmi-triad', 'kql'))
})
