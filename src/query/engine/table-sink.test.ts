import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createTableSink, openDuckDb } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'triad-sink-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Event = Parameters<ReturnType<typeof createTableSink>['event']>[0]

function processEvent(recordId: number, evidence = 'e1'): Event {
  return {
    evidence,
    recordId,
    provider: 'Microsoft-Windows-Sysmon',
    eventId: 1,
    computer: 'PC01',
    payload: 'EventData',
    names: ['UtcTime', 'ProcessId', 'Image', 'CommandLine'],
    values: ['2024-03-01 10:00:00.000', String(recordId), 'C:\\a.exe', `a ${recordId}`],
  }
}

test('events that come while the database is still opening are stored once each', async () => {
  const opening = openDuckDb()
  const sink = createTableSink(opening, { tables: ['DeviceProcessEvents'], report: () => undefined })
  for (let index = 0; index < 5000; index += 1) sink.event(processEvent(index))
  await new Promise((done) => setTimeout(done, 20))
  for (let index = 5000; index < 9000; index += 1) sink.event(processEvent(index))
  await sink.finish()
  const engine = await opening
  expect(await engine.rowCounts()).toEqual(new Map([['DeviceProcessEvents', 9000]]))
  await engine.close()
})

test('a table that was not asked for is not filled', async () => {
  const engine = await openDuckDb()
  const sink = createTableSink(engine, { tables: ['Event'], report: () => undefined })
  sink.event(processEvent(1))
  await sink.finish()
  expect([...(await engine.rowCounts()).keys()]).toEqual(['Event'])
  await engine.close()
})

test('a database that does not open is told at the end, not as an unhandled fault', async () => {
  const sink = createTableSink(openDuckDb({ path: join(folder, 'no', 'such', 'folder.duckdb') }), {
    report: () => undefined,
  })
  sink.event(processEvent(1))
  await expect(sink.finish()).rejects.toMatchObject({ code: 'engine/case-unusable' })
})

test('what an interrupted load left in a case is removed, what was finished stays', async () => {
  const path = join(folder, 'case.duckdb')
  const first = await openDuckDb({ path })
  const sink = createTableSink(first, { tables: ['DeviceProcessEvents'], report: () => undefined })
  sink.event(processEvent(1, 'whole'))
  sink.event(processEvent(2, 'half'))
  await sink.finish()
  await first.markFinished(['whole'])
  await first.close()
  const second = await openDuckDb({ path })
  expect(await second.finishedEvidence()).toEqual(new Set(['whole']))
  expect(await second.rowCounts()).toEqual(new Map([['DeviceProcessEvents', 1]]))
  await second.close()
})

test('two sinks that open the same tables at once make each table once', async () => {
  const opening = openDuckDb()
  const sinks = [0, 1, 2].map(() => createTableSink(opening, { report: () => undefined }))
  sinks.forEach((sink, at) => {
    for (let index = 0; index < 3000; index += 1) sink.event(processEvent(at * 3000 + index))
  })
  await Promise.all(sinks.map((sink) => sink.finish()))
  const engine = await opening
  expect((await engine.rowCounts()).get('DeviceProcessEvents')).toBe(9000)
  await engine.close()
})

test('a database that closes while a sink still makes its tables waits for what is under way and refuses the rest', async () => {
  for (let round = 0; round < 20; round += 1) {
    const engine = await openDuckDb({})
    const sink = createTableSink(engine, { report: () => undefined })
    // The sink is about to declare its tables one after the other; each round closes a little later.
    for (let turn = 0; turn < round; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    await engine.close()
    await expect(sink.finish()).rejects.toThrow('the database is closed')
  }
})
