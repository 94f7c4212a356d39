import type { DuckDBConnection } from '@duckdb/node-api'
import { beforeAll, expect, test } from 'vitest'
import { openDuckDb, runKql } from '../../conformance/harness.suite.ts'
import { loadFront } from '../../front/index.ts'

let connection: DuckDBConnection
const SCHEMA = { tables: [] }

beforeAll(async () => {
  await loadFront()
  connection = await openDuckDb(SCHEMA)
})

const rows = async (text: string): Promise<unknown> => (await runKql(connection, text, SCHEMA)).rows

const SESSIONS = `datatable (Ts: timespan, Event: string) [0m, "A", 1m, "A", 2m, "B", 3m, "D", 32m, "B", 36m, "C", 38m, "D", 41m, "E", 75m, "A"]
| sort by Ts asc`
const STARTS = `datatable (Ts: timespan, Event: string) [0m, "A", 1m, "Start", 2m, "B", 3m, "D", 4m, "Stop", 6m, "C", 8m, "Start", 11m, "E", 12m, "Stop"]
| sort by Ts asc`

test('scan: a sequence that a later step takes over begins anew, with the next match id', async () => {
  expect(
    await rows(`${SESSIONS}
| scan with_match_id=session_id declare (sessionStart: timespan) with (
  step inSession: true => sessionStart = iff(isnull(inSession.sessionStart), Ts, inSession.sessionStart);
  step endSession output=none: Ts - inSession.sessionStart > 30m;
)
| project Event, sessionStart, session_id`),
  ).toEqual([
    ['A', '00:00:00', 0],
    ['A', '00:00:00', 0],
    ['B', '00:00:00', 0],
    ['D', '00:00:00', 0],
    ['B', '00:32:00', 1],
    ['C', '00:32:00', 1],
    ['D', '00:32:00', 1],
    ['E', '00:32:00', 1],
    ['A', '01:15:00', 2],
  ])
})

test('scan: later steps read what an earlier step held, and the match id goes along', async () => {
  const steps = (output: string): string => `${STARTS}
| scan with_match_id=m_id with (
  step s1: Event == "Start";
  step s2${output}: Event != "Start" and Event != "Stop" and Ts - s1.Ts <= 5m;
  step s3: Event == "Stop" and Ts - s1.Ts <= 5m;
)
| project Ts, Event, m_id`
  const all = [
    ['00:01:00', 'Start', 0],
    ['00:02:00', 'B', 0],
    ['00:03:00', 'D', 0],
    ['00:04:00', 'Stop', 0],
    ['00:08:00', 'Start', 1],
    ['00:11:00', 'E', 1],
    ['00:12:00', 'Stop', 1],
  ]
  expect(await rows(steps(''))).toEqual(all)
  expect(await rows(steps(' output=last'))).toEqual(all.filter(([, event]) => event !== 'B'))
})

test('scan: an empty state is the declared default; text is carried forward', async () => {
  expect(
    await rows(`datatable (Ts: timespan, Event: string) [0m, "A", 1m, "", 2m, "B", 3m, "", 4m, ""]
| sort by Ts asc
| scan declare (Filled: string="") with (step s1: true => Filled = iff(isempty(Event), s1.Filled, Event);)
| project Filled`),
  ).toEqual([['A'], ['A'], ['B'], ['B'], ['B']])
})

test('scan: a number declared as default starts a running total', async () => {
  expect(
    await rows(
      'range x from 1 to 3 step 1 | scan declare (c:long=7, t:timespan=1h) with (step s1: true => c = x + s1.c;)',
    ),
  ).toEqual([
    [1, 8, '01:00:00'],
    [2, 10, '01:00:00'],
    [3, 13, '01:00:00'],
  ])
})

test('scan: a declared column read without its step is refused rather than guessed', async () => {
  await expect(
    rows('range x from 1 to 2 step 1 | scan declare (c:long=0) with (step s1: true => c = c + x;)'),
  ).rejects.toThrow('declared column')
})
