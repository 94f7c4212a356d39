import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filetimeToIso } from '../../bytes/index.ts'
import type { Diagnostic } from '../../diagnostics/index.ts'
import { identify } from '../../evidence/index.ts'
import type { EventRecord } from '../event.ts'
import type { InventoryEntry } from '../read.ts'
import { readClixml } from './index.ts'

interface Result {
  readonly events: EventRecord[]
  readonly inventory: InventoryEntry[]
  readonly diagnostics: Diagnostic[]
}

async function read(bytes: Uint8Array, chunkSize = 53): Promise<Result> {
  const result: Result = { events: [], inventory: [], diagnostics: [] }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
  await readClixml(chunks(), {
    evidence: 'e1',
    source: 'sample.xml',
    selection: 'all',
    report: (diagnostic) => result.diagnostics.push(diagnostic),
    sink: {
      event: (event) => result.events.push(event),
      inventory: (entry) => result.inventory.push(entry),
    },
  })
  return result
}

const file = (...objects: readonly string[]): Buffer =>
  Buffer.from(
    `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">\r\n${objects.join('\r\n')}\r\n</Objs>`,
  )

/** As PowerShell escapes text: XML's entities, and `_xHHHH_` for what XML cannot hold. */
const escaped = (text: string): string =>
  text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/\p{Cc}/gu, (character) => `_x${character.charCodeAt(0).toString(16).padStart(4, '0')}_`)

const MESSAGE =
  'Namespace = //./root/subscription; Eventfilter = Ä (refer to its activate eventid:5859); Consumer = CommandLineEventConsumer="B"; PossibleCause = Binding EventFilter: \ninstance of __EventFilter\n{\n\tName = "Ä";\n};\nPerm. Consumer: \ninstance of CommandLineEventConsumer\n{\n\tCommandLineTemplate = "cmd /c <x> & y";\n\tName = "B";\n};\n'

/** As `Get-WinEvent | Export-Clixml` writes it, with the parts that matter. */
const event = (refId: number, message = MESSAGE): string =>
  `<Obj RefId="${refId}">${refId === 0 ? '<TN RefId="0"><T>System.Diagnostics.Eventing.Reader.EventLogRecord</T><T>System.Object</T></TN>' : '<TNRef RefId="0" />'}<ToString>System.Diagnostics.Eventing.Reader.EventLogRecord</ToString><Props><I32 N="Id">5861</I32><By N="Version">0</By><Nil N="Qualifiers" /><I64 N="Keywords">4611686018427387904</I64><I64 N="RecordId">77</I64><S N="ProviderName">Microsoft-Windows-WMI-Activity</S><S N="LogName">Microsoft-Windows-WMI-Activity/Operational</S><S N="MachineName">WKS</S><Obj N="UserId" RefId="${refId + 1}"><TN RefId="9"><T>System.Security.Principal.SecurityIdentifier</T></TN><ToString>S-1-5-18</ToString><Props><S N="Value">S-1-5-18</S></Props></Obj><DT N="TimeCreated">2026-03-02T10:15:00.1234567+01:00</DT><Obj N="Properties" RefId="${refId + 2}"><TN RefId="8"><T>System.Collections.Generic.List</T></TN><LST><S>System.Diagnostics.Eventing.Reader.EventProperty</S></LST></Obj></Props><MS><S N="Message">${escaped(message)}</S></MS></Obj>`

describe('events of Get-WinEvent', () => {
  test('come with host, user, time in UTC and the fields of their message', async () => {
    const bytes = file(event(0), event(10))
    const { events, diagnostics } = await read(bytes)
    expect(diagnostics).toEqual([])
    expect(events).toHaveLength(2)
    for (const { offset, ...record } of events) {
      expect(bytes.toString('utf8', offset).startsWith('<Obj RefId="')).toBe(true)
      expect(record).toMatchObject({ eventId: 5861, recordId: 77, computer: 'WKS', userSid: 'S-1-5-18' })
      expect(filetimeToIso(record.timeFiletime ?? 0n)).toBe('2026-03-02T09:15:00.1234567Z')
      expect(record.names).toEqual(['Namespace', 'ESS', 'CONSUMER', 'PossibleCause'])
      expect(record.values[1]).toBe('Ä')
      expect(record.values[3]).toContain('cmd /c <x> & y')
    }
  })

  test('a list given as one object is taken apart, and so is event XML as text', async () => {
    const xml =
      '<Event><System><Provider Name="P"/><EventID>7</EventID><TimeCreated SystemTime="2026-01-01T00:00:00Z"/></System></Event>'
    const list = `<Obj RefId="90"><TN RefId="7"><T>System.Object[]</T></TN><LST>${event(0)}<S>${escaped(xml)}</S></LST></Obj>`
    const { events, diagnostics } = await read(file(list, `<S>${escaped(xml)}</S>`))
    expect(diagnostics).toEqual([])
    expect(events.map((record) => record.eventId)).toEqual([5861, 7, 7])
  })

  test('a file that is cut loses its last object alone', async () => {
    const bytes = file(event(0), event(10))
    const { events, diagnostics } = await read(bytes.subarray(0, bytes.length - 40))
    expect(events).toHaveLength(1)
    expect(diagnostics).toMatchObject([
      { code: 'events/damaged-xml', at: { offset: bytes.indexOf('<Obj RefId="10"') } },
    ])
  })
})

describe('objects of subscriptions', () => {
  const CIM = 'Microsoft.Management.Infrastructure.CimInstance#ROOT/subscription/__EventFilter'
  const SERVER =
    '<MS><Obj N="__ClassMetadata" RefId="4"><LST><Obj RefId="5"><MS><S N="ClassName">__EventFilter</S><S N="ServerName">WKS</S></MS></Obj></LST></Obj></MS>'

  test('a CIM instance knows its class, its namespace and its computer', async () => {
    const { inventory } = await read(
      file(
        `<Obj RefId="0"><TN RefId="0"><T>${CIM}</T><T>System.Object</T></TN><Props><BA N="CreatorSID">AQEAAAAAAAUSAAAA</BA><S N="Name">A_x000A_B_x005F_x000A_</S><B N="X">true</B><Nil N="EventAccess" /></Props>${SERVER}</Obj>`,
      ),
    )
    expect(inventory[0]?.shape).toBe('cim-json')
    expect(inventory[0]?.value).toMatchObject({
      CreatorSID: [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0],
      Name: 'A\nB_x000A_',
      X: true,
      EventAccess: null,
      CimSystemProperties: {
        ClassName: '__EventFilter',
        Namespace: 'ROOT/subscription',
        ServerName: 'WKS',
      },
    })
  })

  test('any text comes back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme' }).filter((text) => text !== ''),
        fc.integer({ min: 1, max: 99 }),
        async (text, size) => {
          const object = `<Obj RefId="0"><TN RefId="0"><T>${CIM}</T></TN><Props><S N="Name">${escaped(text)}</S></Props></Obj>`
          const { inventory, diagnostics } = await read(file(object), size)
          expect(diagnostics).toEqual([])
          expect(inventory[0]?.value.Name).toBe(text)
        },
      ),
    )
  })
})

describe('hostile files', () => {
  test('any change to a file gives records or diagnostics, and never an exception', async () => {
    const bytes = file(event(0), event(10))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.nat(255),
        fc.nat(bytes.length),
        async (at, value, end) => {
          const mutated = Buffer.from(bytes.subarray(0, end))
          if (at < end) mutated[at] = value
          await read(mutated, 400)
        },
      ),
    )
  })

  test('nesting without end stops the reading and is told', async () => {
    const { diagnostics } = await read(file('<Obj><Props>'.repeat(100_000)), 65_536)
    expect(diagnostics.map((item) => item.code)).toEqual(['events/too-deep'])
  })
})

test.each(['utf8', 'utf16le'] as const)('%s is known by its root element', (encoding) => {
  const text = file(event(0)).toString()
  const bytes = Buffer.from(encoding === 'utf8' ? text : `\ufeff${text}`, encoding)
  expect(identify(bytes, 'x.dat', bytes.length).kind).toBe('clixml')
})
