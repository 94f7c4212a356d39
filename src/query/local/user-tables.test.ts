import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { type DuckDbEngine, type KustoValue, openDuckDb } from '../engine/index.ts'
import type { CompiledQuery, ExternalTable, ResultColumn } from '../sql/types.ts'
import { schemaForText } from './schema.ts'
import { loadExternal, loadUserTable, readFileProfile, readWatchlist } from './user-tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-local-'))
let engine: DuckDbEngine
beforeAll(async () => {
  engine = await openDuckDb()
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

async function all(table: string, columns: readonly ResultColumn[]): Promise<(readonly KustoValue[])[]> {
  const query: CompiledQuery = {
    sql: `SELECT * FROM "${table}"`,
    columns,
    parameters: [],
    ordered: false,
    notes: [],
    requiredFunctions: [],
    externals: [],
    tables: [],
  }
  const rows: (readonly KustoValue[])[] = []
  for await (const batch of engine.run(query)) rows.push(...batch)
  return rows
}

async function external(
  table: Partial<ExternalTable>,
  from: string | undefined = folder,
): Promise<[(readonly KustoValue[])[], Diagnostic[]]> {
  const columns = table.columns ?? [
    { name: 'a', type: 'long' as const },
    { name: 'b', type: 'string' as const },
  ]
  const diagnostics: Diagnostic[] = []
  await loadExternal(
    engine,
    { sqlName: '$external_0', columns, uris: [], properties: {}, ...table },
    from,
    (diagnostic) => diagnostics.push(diagnostic),
  )
  return [await all('$external_0', columns), diagnostics]
}

test('externaldata reads the file of its address’s last name in the folder, in every format it can', async () => {
  writeFileSync(join(folder, 'x.csv'), 'a,b\n1,"q,""r"\n2,s\n')
  writeFileSync(join(folder, 'y.json'), '[{"b":"s","a":2,"c":0}]')
  writeFileSync(join(folder, 'z.tsv.gz'), gzipSync('7\tt\n'))
  const uri = 'https://example.org/feeds/x.csv?sig=abc#1'
  expect((await external({ uris: [uri], properties: { ignoreFirstRecord: 'true' } }))[0]).toEqual([
    [1, 'q,"r'],
    [2, 's'],
  ])
  expect((await external({ uris: ['https://h/y.json'], properties: { format: 'json' } }))[0]).toEqual([
    [2, 's'],
  ])
  expect((await external({ uris: ['https://h/z.tsv.gz'], properties: { format: 'tsv' } }))[0]).toEqual([
    [7, 't'],
  ])
})

test('externaldata leaves the folder neither by name nor by link, and says what it did not read', async () => {
  const inner = join(folder, 'inner')
  mkdirSync(inner)
  writeFileSync(join(folder, 'outside.csv'), '1,secret\n')
  symlinkSync(join(folder, 'outside.csv'), join(inner, 'link.csv'))
  for (const uri of [
    '../outside.csv',
    'https://h/..%2Foutside.csv',
    'file:///etc/passwd',
    'link.csv',
    '..',
    '',
    '%E0%A4%A',
  ]) {
    const [rows, diagnostics] = await external({ uris: [uri] }, inner)
    expect(rows, uri).toEqual([])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['engine/stand-in'])
  }
  const [rows, diagnostics] = await external({ uris: ['x.csv'] }, '')
  expect([rows, diagnostics.length]).toEqual([[], 1])
})

test('a format that is not read is an error, not an empty table', async () => {
  await expect(external({ uris: ['x.csv'], properties: { format: 'avro' } })).rejects.toMatchObject({
    code: 'engine/external-data',
  })
})

test('a watchlist has its own columns and those Sentinel adds', async () => {
  const path = join(folder, 'hosts.csv')
  writeFileSync(path, '\ufeffhost,owner\nPC1,alice\nPC2,\n')
  const list = readWatchlist('hosts', path)
  await loadUserTable(engine, list)
  expect(await all('$watchlist_hosts', list.table.columns)).toEqual([
    ['1', null, 'PC1', { host: 'PC1', owner: 'alice' }, 'PC1', 'alice'],
    ['2', null, 'PC2', { host: 'PC2', owner: '' }, 'PC2', ''],
  ])
  expect(() => readWatchlist('hosts', path, 'nosuch')).toThrow('no column nosuch')
  expect(() => readWatchlist('hosts', join(folder, 'absent.csv'))).toThrow('cannot be read')
})

test('file reputations keep the types that FileProfile has', async () => {
  const path = join(folder, 'profile.csv')
  writeFileSync(path, 'SHA1,GlobalPrevalence,IsCertificateValid,Signer\nabc,12,true,Contoso\n')
  const profile = readFileProfile(path)
  await loadUserTable(engine, profile)
  expect(await all('$file_profile', profile.table.columns)).toEqual([['abc', 12, true, 'Contoso']])
})

test('a text is compiled against the tables it can mean, and by pattern against those that have rows', () => {
  const names = (text: string, filled: readonly string[] = []): string[] =>
    schemaForText(text, {}, filled).tables.map((table) => table.name)
  expect(names('DeviceProcessEvents | join (table("SigninLogs")) on x')).toEqual([
    'DeviceProcessEvents',
    'SigninLogs',
  ])
  expect(names('print 1')).toEqual([])
  expect(names('search "x"')).toContain('DeviceEvents')
  expect(names('union Identity*', ['IdentityInfo'])).toContain('IdentityInfo')
  expect(schemaForText('GraphApiAuditEvents | count').tables).toMatchObject([
    { name: 'GraphApiAuditEvents', sqlName: 'GraphAPIAuditEvents' },
  ])
})
