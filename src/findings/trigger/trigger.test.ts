import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { explainTrigger, type TriggerExplanation, type TriggerKind } from './index.ts'
import { matchesLike } from './like.ts'
import { TRIGGER_CASES, type TriggerCase } from './trigger-cases.suite.ts'

function explain({ query, queryLanguage, timer }: TriggerCase): TriggerExplanation {
  const filter = {
    ...(query === undefined ? {} : { query }),
    ...(queryLanguage === undefined ? {} : { queryLanguage }),
  }
  return explainTrigger(filter, timer)
}

function plain(query: string): string {
  return explain({ query }).plain
}

test('every trigger is explained as the golden text says', async () => {
  const lines = TRIGGER_CASES.map((entry) => {
    const { kind, rows, flags, plain: words } = explain(entry)
    const marks = [...rows, ...Object.keys(flags)].join(' ')
    return `${entry.query ?? '(no query)'}\n  ${kind} (${marks})\n  ${words}\n`
  })
  await expect(lines.join('\n')).toMatchFileSnapshot('trigger.golden.txt')
})

test('the golden text has a case for every kind', () => {
  const kinds: Record<TriggerKind, true> = {
    uptime: true,
    clock: true,
    timer: true,
    logon: true,
    logoff: true,
    'failed-logon': true,
    'process-start': true,
    'process-stop': true,
    service: true,
    volume: true,
    device: true,
    registry: true,
    'wmi-self-watch': true,
    'wmi-change': true,
    'module-load': true,
    file: true,
    network: true,
    power: true,
    shutdown: true,
    'event-log': true,
    performance: true,
    account: true,
    'scheduled-job': true,
    print: true,
    share: true,
    other: true,
    everything: true,
    never: true,
    unparsable: true,
    unknown: true,
  }
  expect(new Set(TRIGGER_CASES.map((entry) => explain(entry).kind))).toEqual(new Set(Object.keys(kinds)))
})

describe('facts for scoring', () => {
  const SYSTEM =
    "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_PerfFormattedData_PerfOS_System'"

  test('an uptime window keeps its bounds', () => {
    const { uptime, rows } = explain({
      query: `${SYSTEM} AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325`,
    })
    expect(uptime).toEqual({ fromSeconds: 240, toSeconds: 325 })
    expect(rows).toEqual(['uptime'])
    expect(
      plain(`${SYSTEM} AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325`),
    ).toBe('Between 4 and 5 minutes 25 seconds after the computer starts (uptime 240 to 325 seconds)')
  })

  test('a counter class without condition is no uptime window', () => {
    expect(explain({ query: SYSTEM }).rows).toEqual(['broad'])
  })

  test('program names without case, in paths and in patterns are recognised', () => {
    for (const condition of [
      "Name = 'PROCEXP64.EXE'",
      "ExecutablePath = 'C:\\\\tools\\\\procmon.exe'",
      "Name LIKE 'wireshar_.exe'",
      "Name LIKE '%msmpeng%'",
    ])
      expect(
        explain({
          query: `SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_Process' AND TargetInstance.${condition}`,
        }).rows,
      ).toEqual(['security-tool'])
  })

  test('excluding a program does not name it', () => {
    const query = "SELECT * FROM Win32_ProcessStartTrace WHERE ProcessName <> 'procexp64.exe'"
    expect(explain({ query })).toMatchObject({ rows: ['activity'] })
    expect(plain(query)).toBe('When someone starts any program (and its ProcessName is not "procexp64.exe")')
  })

  test('the start of a security service is no blinding, its stop is', () => {
    const query = (state: string) =>
      `SELECT * FROM __InstanceModificationEvent WITHIN 5 WHERE TargetInstance ISA 'Win32_Service' AND TargetInstance.Name = 'WinDefend' AND TargetInstance.State = '${state}'`
    expect(explain({ query: query('Running') }).rows).toEqual(['operational'])
    expect(explain({ query: query('Stopped') }).rows).toEqual(['security-tool'])
  })

  test('a timer that belongs to another filter is not taken', () => {
    const timer = { class: '__IntervalTimerInstruction', timerId: 'other', intervalMilliseconds: 1000 }
    expect(explain({ query: "SELECT * FROM __TimerEvent WHERE TimerID = 't'", timer }).timer).toEqual({
      id: 't',
    })
  })

  test('the stock subscription is an operational event and not broad', () => {
    expect(explain({ query: 'select * from MSFT_SCMEventLogEvent' })).toMatchObject({
      kind: 'event-log',
      rows: ['operational'],
      flags: {},
    })
  })
})

test('LIKE patterns match as WQL matches them', () => {
  expect(matchesLike('%proc_xp[0-9]%', 'C:\\PROCEXP6.exe')).toBe(true)
  expect(matchesLike('[^a]b', 'cb')).toBe(true)
  expect(matchesLike('[^a]b', 'ab')).toBe(false)
  expect(matchesLike('a%', 'ba')).toBe(false)
  expect(matchesLike(`${'%a'.repeat(2000)}b`, 'a'.repeat(4000))).toBe(false)
})

test('any query text is explained, and nesting takes bounded time', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...TRIGGER_CASES), fc.nat(400), (insert, { query = '' }, at) => {
      expect(plain(query.slice(0, at) + insert + query.slice(at)).length).toBeGreaterThan(0)
    }),
  )
  const wide = Array.from({ length: 400 }, (_, index) => `(A${index} = 1 OR B${index} = 2)`).join(' AND ')
  expect(plain(`SELECT * FROM X WHERE ${wide}`).length).toBeLessThan(2000)
  expect(plain(`SELECT * FROM X GROUP WITHIN 5 HAVING ${wide}`).length).toBeLessThan(2000)
})
