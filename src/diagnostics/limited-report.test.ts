import { expect, test } from 'vitest'
import type { Diagnostic } from './diagnostic.ts'
import { firstOnly, limitedReport } from './limited-report.ts'

const fault = (offset: number): Diagnostic => ({
  code: 'evtx/bad-record',
  severity: 'error',
  message: `fault at ${offset}`,
  at: { in: 'bytes', source: 'x.evtx', offset },
})

test('a million faults of one code are a few and a count, those of another code are still told', () => {
  const told: Diagnostic[] = []
  const limited = limitedReport((diagnostic) => told.push(diagnostic), { each: 3 })
  for (let offset = 0; offset < 1_000_000; offset += 1) limited.report(fault(offset))
  limited.report({ code: 'evtx/no-chunks', severity: 'info', message: 'none' })
  limited.flush()
  limited.flush()
  expect(told.map(({ code }) => code)).toEqual([
    ...Array(3).fill('evtx/bad-record'),
    'evtx/no-chunks',
    'evtx/bad-record',
  ])
  expect(told.at(-1)?.message).toContain('999997 more')
  expect(told.at(-1)?.severity).toBe('error')
})

test('without an end, that there are more is told once, at the first that is left out', () => {
  const told: Diagnostic[] = []
  const report = firstOnly((diagnostic) => told.push(diagnostic), { each: 2, code: 'cim/more' })
  for (let offset = 0; offset < 9; offset += 1) report(fault(offset))
  expect(told.map(({ code }) => code)).toEqual(['evtx/bad-record', 'evtx/bad-record', 'cim/more'])
})
