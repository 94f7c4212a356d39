import { expect, test } from 'vitest'
import { readEventCsv, readEventJson } from '../events/index.ts'
import type { InventoryEntry } from '../read.ts'

async function read(
  text: string,
  reader: typeof readEventJson = readEventJson,
  source = 'listing',
): Promise<InventoryEntry[]> {
  const inventory: InventoryEntry[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  await reader(chunks(), {
    evidence: 'e1',
    source,
    selection: 'all',
    report: (diagnostic) => expect(diagnostic).toBeUndefined(),
    sink: { inventory: (entry) => inventory.push(entry) },
  })
  return inventory
}

test('Export-Csv writes the name of a type for a SID: that is no SID', async () => {
  const [entry] = await read(
    '#TYPE System.Management.ManagementObject#ROOT\\subscription\\__EventFilter\r\n"__CLASS","CreatorSID","Name","Query","__DERIVATION"\r\n"__EventFilter","System.Byte[]","A","SELECT","System.String[]"\r\n',
    readEventCsv,
  )
  expect(entry?.value).toEqual({ __CLASS: '__EventFilter', Name: 'A', Query: 'SELECT' })
})

test("Velociraptor's CSV has its details as JSON text", async () => {
  const details = JSON.stringify({ Name: 'A, "B"', Query: 'SELECT' }).replaceAll('"', '""')
  const [entry] = await read(
    `FilterDetails,ConsumerDetails,Namespace\n"${details}","cut {",root/subscription\n`,
    readEventCsv,
  )
  expect(entry).toMatchObject({
    shape: 'velociraptor',
    value: { FilterDetails: { Name: 'A, "B"', Query: 'SELECT' }, ConsumerDetails: 'cut {' },
  })
})

test('rows of an osquery snapshot know the host that the snapshot names once', async () => {
  const entries = await read(
    JSON.stringify({
      snapshot: [
        { name: 'A', query: 'SELECT', query_language: 'WQL' },
        { name: 'B', query: 'SELECT', query_language: 'WQL' },
      ],
      action: 'snapshot',
      name: 'wmi_event_filters',
      hostIdentifier: 'WKS',
    }),
  )
  expect(entries.map(({ shape, value }) => [shape, value.hostIdentifier])).toEqual([
    ['osquery', 'WKS'],
    ['osquery', 'WKS'],
  ])
})

test('a listing in an offline collection has the computer that the collection is named after', async () => {
  const [entry] = await read(
    JSON.stringify({ FilterDetails: { Name: 'A' }, Namespace: 'root/subscription' }),
    readEventJson,
    'Collection-WKS014_corp_example-2026-03-02T10_00_00Z.zip/results/Windows.Persistence.PermanentWMIEvents.json',
  )
  expect(entry?.host).toBe('WKS014.corp.example')
})
