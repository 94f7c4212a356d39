import { beforeAll, describe, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { type EventRecord, type EventSelection, payloadValue, readEvidence } from '../../records/index.ts'
import { type AuthoringKind, type AuthoringReading, readAuthoring } from './index.ts'

const data = sharedPath('evidence/data')

const SELECTION: EventSelection = new Map([
  ['microsoft-windows-sysmon', new Set([1])],
  ['microsoft-windows-security-auditing', new Set([4688])],
  ['microsoft-windows-powershell', new Set([4103, 4104])],
  ['powershell', new Set([400, 800])],
])

interface Read {
  readonly path: string
  readonly eventId: number
  readonly recordId: number | undefined
  readonly readings: readonly AuthoringReading[]
}

function textOf(event: EventRecord): { text: string; kind: AuthoringKind } {
  const value = (name: string): string => payloadValue(event, name) ?? ''
  switch (event.eventId) {
    case 4104:
      return { text: value('ScriptBlockText'), kind: 'powershell' }
    case 4103:
      return { text: value('Payload'), kind: 'pipeline' }
    case 800:
      return { text: event.values[2] ?? event.message ?? '', kind: 'pipeline' }
    case 400:
      return { text: /HostApplication=(.*)/.exec(event.values.join('\n'))?.[1] ?? '', kind: 'commandLine' }
    default:
      return { text: value('CommandLine'), kind: 'commandLine' }
  }
}

describe.skipIf(data === undefined)('command lines and scripts of real evidence', () => {
  const reads: Read[] = []
  let texts = 0

  beforeAll(async () => {
    const events: EventRecord[] = []
    const items = await readEvidence([`${data}/evtx`, `${data}/json`, `${data}/evtx-folders`], {
      selection: SELECTION,
      hash: false,
      report: () => undefined,
      sink: { event: (event) => void events.push(event) },
    })
    const paths = new Map(items.map((item) => [item.id, item.path]))
    for (const event of events) {
      const { text, kind } = textOf(event)
      texts += 1
      const image = payloadValue(event, 'Image') ?? payloadValue(event, 'NewProcessName')
      const originalFileName = payloadValue(event, 'OriginalFileName')
      const readings = readAuthoring(text, kind, {
        ...(image === undefined ? {} : { image }),
        ...(originalFileName === undefined ? {} : { originalFileName }),
      })
      const path = paths.get(event.evidence) ?? ''
      if (readings.length > 0)
        reads.push({ path, eventId: event.eventId, recordId: event.recordId, readings })
    }
  }, 120_000)

  const within = (part: string): readonly Read[] => reads.filter(({ path }) => path.includes(part))

  test('enough texts were looked at', () => {
    expect(texts).toBeGreaterThan(2000)
  })

  test('only the attack samples have creations', () => {
    const makers = reads.filter(({ readings }) =>
      readings.some(({ verb }) => verb === 'creates' || verb === 'modifies'),
    )
    for (const { path } of makers)
      expect(path).toMatch(/winpwnage-iewin7|powerlurk-powershell-fs01|folder-w10-aptsimulator/)
  })

  test('benign and look-alike items have no reading that is an act', () => {
    for (const part of ['neg-', 'sharpwmi-create', 'folder-w11-rathbun'])
      expect(within(part).filter(({ readings }) => readings.some(({ verb }) => verb === 'creates'))).toEqual(
        [],
      )
  })

  test('WinPwnage: three creations and three removals with their names', () => {
    const verbs = within('winpwnage-iewin7').flatMap(({ readings }) => readings.map(({ verb }) => verb))
    expect(verbs).toEqual(['creates', 'creates', 'creates', 'removes', 'removes', 'removes'])
    const objects = within('winpwnage-iewin7').map(({ readings }) => readings[0]?.objects)
    expect(objects[0]?.consumer).toMatchObject({ class: 'CommandLineEventConsumer', name: 'BotConsumer23' })
    expect(objects[1]?.binding?.filter).toBe('__EventFilter.Name="BotFilter82"')
    expect(objects[2]?.filter).toMatchObject({ name: 'BotFilter82', eventNamespace: 'root\\cimv2' })
  })

  test('PowerLurk: name and command are read from the script block, names of the binding from 800', () => {
    const records = within('powerlurk-powershell-fs01')
    expect(records.find(({ eventId }) => eventId === 4104)?.readings[0]?.objects).toMatchObject({
      filter: { name: 'Evil23' },
      consumer: {
        class: 'CommandLineEventConsumer',
        name: 'Evil23',
        properties: { CommandLineTemplate: 'cmd.exe /c echo %ProcessId% >> c:\\\\temp\\\\log.txt' },
      },
    })
    expect(records.find(({ recordId }) => recordId === 28813)?.readings[0]?.objects?.binding).toEqual({
      filter: '__EventFilter.Name="Evil23"',
      consumer: 'CommandLineEventConsumer.Name="Evil23"',
    })
  })

  test('APTSimulator: the command line creates, the script block only defines', () => {
    const records = within('folder-w10-aptsimulator')
    for (const { readings } of records.filter(({ eventId }) => eventId === 4104))
      for (const reading of readings) expect(reading.onlyDefines).toBe(true)
    const line = records.find(({ eventId }) => eventId === 1)
    expect(line?.readings[0]?.objects).toMatchObject({
      filter: { name: 'ProcessStartTrigger' },
      consumer: { name: 'KillProcess' },
    })
  })
})
