import { afterAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { loadPack, RuleDatabase } from '../index.ts'
import { fillFrom } from './dataset.ts'

const absent = sharedPath('evidence/data') === undefined
const baseline = loadPack(() => undefined).find((rule) => rule.status === 'baseline')
const databases: RuleDatabase[] = []
afterAll(async () => {
  for (const database of databases) await database.close()
})

/** Rows of the published query over all of an item, whatever its day. */
async function rowsOver(path: string): Promise<number> {
  const database = new RuleDatabase()
  databases.push(database)
  const report = (): void => undefined
  const sink = database.sink({ tables: ['DeviceProcessEvents', 'DeviceFileEvents'], report })
  const atMs = await fillFrom({ files: [sharedPath(`evidence/data/${path}`) ?? ''] }, sink, report)
  await sink.finish()
  const query = baseline?.query.replaceAll('ago(24h)', 'ago(36500d)') ?? ''
  return (await database.run(query, { atMs })).rows.length
}

describe('the published query over recorded attacks', () => {
  test.skipIf(absent).each([
    // Three of the six are removals.
    ['evtx/winpwnage-iewin7', 6],
    ['evtx/wmighost-pc04', 0],
    ['evtx/powerlurk-powershell-fs01', 0],
    ['json/covenant-persistwmi-it001', 0],
    ['evtx-folders/evtx-folder-w10-aptsimulator.zip', 0],
  ] as const)('on %s it returns %i rows', { timeout: 60_000 }, async (path, rows) => {
    expect(await rowsOver(path)).toBe(rows)
  })
})
