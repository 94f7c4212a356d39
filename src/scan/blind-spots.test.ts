import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeEvtx } from '../records/evtx/write/index.ts'
import { scan } from './index.ts'

test('a log of which no event is of interest tells the report where it begins and what it lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'triad-blind-'))
  try {
    const path = join(folder, 'Security.evtx')
    const events = Array.from({ length: 5 }, (_, index) => ({
      provider: 'Microsoft-Windows-Security-Auditing',
      channel: 'Security',
      eventId: 5379,
      time: `2024-05-01T10:0${index}:00Z`,
      computer: 'PC1',
      recordId: 1000 + index,
    }))
    writeFileSync(path, writeEvtx(events))
    const { report } = await scan([path], { version: '0', now: new Date(0), hash: false })
    expect(report.blindSpots).toContainEqual({
      host: 'PC1',
      missing:
        'the Security log before 2024-05-01T10:00:00Z: it covers the time from then to 2024-05-01T10:04:00Z; the 999 records before were overwritten or cleared',
      hides: 'logons and processes before that time',
      switchOn: 'give the log more room, or forward it',
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
