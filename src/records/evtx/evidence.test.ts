import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { differences, hasEvtxexport, readAll, readWithEvtxexport, readZip } from './testing.suite.ts'

interface Truth {
  readonly kind: string
  readonly files: readonly { readonly path: string }[]
  readonly records?: {
    readonly total: number
    readonly by_channel: Record<string, number>
    readonly hosts: Record<string, number>
  }
}

const evidence = sharedPath('evidence')

function truths(kinds: readonly string[]): Map<string, Truth> {
  const found = new Map<string, Truth>()
  if (evidence === undefined) return found
  for (const file of readdirSync(join(evidence, 'truth')).sort()) {
    const truth = JSON.parse(readFileSync(join(evidence, 'truth', file), 'utf8')) as Truth
    if (kinds.includes(truth.kind)) found.set(basename(file, '.json'), truth)
  }
  return found
}

const pathOf = (truth: Truth): string => join(evidence ?? '', truth.files[0]?.path ?? '')

function count(values: Iterable<string | undefined>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value ?? ''] = (counts[value ?? ''] ?? 0) + 1
  return counts
}

/** More than the truth's readers found: 115 past a record of size zero, 83 whose templates only other chunks have; less 4 torn ones. */
const MORE_THAN_TRUTH: Readonly<Record<string, number>> = {
  'edge-sample-with-zero-data-size-event': 450,
  'edge-sample-with-a-bad-chunk-magic': 380,
}

describe.skipIf(evidence === undefined)('shared evidence', () => {
  test.each([...truths(['evtx', 'evtx-edge'])])('every record of %s is read', (item, truth) => {
    const { events } = readAll(readFileSync(pathOf(truth)))
    const live = events.filter((event) => event.recovered !== true)
    const more = MORE_THAN_TRUTH[item]
    expect(live).toHaveLength(more ?? truth.records?.total ?? -1)
    if (more !== undefined) return
    expect(count(live.map((event) => event.channel))).toEqual(truth.records?.by_channel)
    expect(count(live.map((event) => event.computer))).toEqual(truth.records?.hosts)
  })

  test.each([...truths(['evtx-folder'])])('every record of folder %s is read', async (_, truth) => {
    const members = await readZip(pathOf(truth), (name) => name.endsWith('.evtx'))
    const channels: (string | undefined)[] = []
    const hosts: (string | undefined)[] = []
    for (const bytes of members.values()) {
      for (const event of readAll(bytes, { recover: false }).events) {
        channels.push(event.channel)
        hosts.push(event.computer)
      }
    }
    expect(channels).toHaveLength(truth.records?.total ?? -1)
    expect(count(channels)).toEqual(truth.records?.by_channel)
    expect(count(hosts)).toEqual(truth.records?.hosts)
  })
})

/** Logs with the widest mix of value types and nesting, small enough to check in seconds. */
const CROSS_CHECKED =
  /(?:Sysmon%4Operational|WMI-Activity%4Operational|Windows PowerShell|PowerShell%4Operational|System|Kernel-PnP%4Configuration|TaskScheduler%4Maintenance|GroupPolicy%4Operational|AppReadiness%4Admin|UAC-FileVirtualization%4Operational)\.evtx$/

describe.skipIf(evidence === undefined || !hasEvtxexport())('cross-check with evtxexport', () => {
  function crossCheck(
    bytes: Uint8Array,
    path: string,
  ): { readonly matched: number; readonly wrong: string[] } {
    const byRecord = new Map<string, ReturnType<typeof readWithEvtxexport>>()
    for (const event of readWithEvtxexport(path)) {
      const key = `${event.system.EventRecordID} ${event.system.EventID}`
      byRecord.set(key, [...(byRecord.get(key) ?? []), event])
    }
    let matched = 0
    const wrong: string[] = []
    for (const event of readAll(bytes, { recover: false }).events) {
      const peer = byRecord.get(`${event.recordId} ${event.eventId}`)?.shift()
      if (peer === undefined) continue
      matched += 1
      for (const difference of differences(event, peer)) wrong.push(`${event.recordId} ${difference}`)
    }
    return { matched, wrong }
  }

  /** Files that evtxexport cannot read, or not to their end: the reason our reader is tested on them otherwise. */
  const UNREADABLE_TO_PEER = ['evtx-powerlurk-powershell-fs01', 'edge-msexchange-management-wec']
  const items = [...truths(['evtx', 'evtx-edge'])].filter(([item]) => !UNREADABLE_TO_PEER.includes(item))

  test.each(items)('every field of %s is what evtxexport reads', (_, truth) => {
    const { matched, wrong } = crossCheck(readFileSync(pathOf(truth)), pathOf(truth))
    expect(wrong).toEqual([])
    expect(matched).toBeGreaterThan(0)
  })

  test.each([...truths(['evtx-folder'])])('every field of the main logs of %s is too', async (_, truth) => {
    const members = await readZip(pathOf(truth), (name) => CROSS_CHECKED.test(name))
    const folder = mkdtempSync(join(tmpdir(), 'triad-evtx-'))
    try {
      for (const [name, bytes] of members) {
        const path = join(folder, 'log.evtx')
        writeFileSync(path, bytes)
        const { matched, wrong } = crossCheck(bytes, path)
        expect(wrong, name).toEqual([])
        expect(matched, name).toBe(readAll(bytes, { recover: false }).events.length)
      }
      expect(members.size).toBeGreaterThan(4)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
