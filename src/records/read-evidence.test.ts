import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import type { EvidenceItem, ReadOptions, RepositoryFiles, TextEvidence } from './index.ts'
import { defaultSelection, type EventRecord, type ExportRow, readEvidence } from './index.ts'
import { hostOfPath, RepositoryFolders } from './repository-folders.ts'

const roots: string[] = []
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-test-'))
  roots.push(folder)
})
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

const write = (name: string, data: string | Uint8Array): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, data)
  return path
}

interface Result {
  readonly items: EvidenceItem[]
  readonly byName: Record<string, EvidenceItem>
  readonly events: EventRecord[]
  readonly rows: ExportRow[]
  readonly mof: TextEvidence[]
  readonly repositories: RepositoryFiles[]
  readonly diagnostics: Diagnostic[]
}

async function read(
  paths: readonly string[] = [folder],
  options: Partial<ReadOptions> = {},
): Promise<Result> {
  const events: EventRecord[] = []
  const rows: ExportRow[] = []
  const mof: TextEvidence[] = []
  const repositories: RepositoryFiles[] = []
  const diagnostics: Diagnostic[] = []
  const items = await readEvidence(paths, {
    selection: defaultSelection,
    sink: {
      event: (event) => events.push(event),
      row: (row) => rows.push(row),
      mof: (text) => mof.push(text),
      repository: (files) => repositories.push(files),
    },
    report: (diagnostic) => diagnostics.push(diagnostic),
    ...options,
  })
  const byName = Object.fromEntries(items.map((item) => [item.path.slice(folder.length + 1), item]))
  return { items, byName, events, rows, mof, repositories, diagnostics }
}

const sysmon = (id: number, host = 'W'): string =>
  JSON.stringify({
    EventID: id,
    SourceName: 'Microsoft-Windows-Sysmon',
    Hostname: host,
    UtcTime: '2024-03-02 10:14:07.1',
  })

describe('dispatch by content', () => {
  test('every kind under wrong names, and what is no evidence is listed with its reason', async () => {
    write('a.evtx', `${sysmon(19)}\n${sysmon(10)}\n`)
    write(
      'b.json',
      '#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")\ninstance of __EventFilter { Name = "x"; };',
    )
    write('c.txt', Buffer.from('\ufeffinstance of __EventFilter { Name = "y"; };', 'utf16le'))
    write('d.mof', 'Timestamp,DeviceName,ActionType\na,b,ProcessCreated\n')
    write('e.gz', gzipSync(sysmon(20)))
    write('f.exe', 'MZ\x90\0')
    write('g.md', '# notes')
    write('h.json', '{"truth": [1, 2, 3]}')
    write('i.log', '')
    const { byName, events, rows, mof, diagnostics } = await read()
    expect(Object.fromEntries(Object.entries(byName).map(([name, item]) => [name, item.kind]))).toEqual({
      'a.evtx': 'event-json',
      'b.json': 'mof',
      'c.txt': 'mof',
      'd.mof': 'table-export',
      'e.gz': 'archive',
      'e.gz/e': 'event-json',
      'f.exe': 'unknown',
      'g.md': 'unknown',
      'h.json': 'unknown',
      'i.log': 'unknown',
    })
    expect(byName['a.evtx']?.records).toEqual({ read: 2, relevant: 1, damaged: 0 })
    expect(byName['f.exe']?.skipped).toMatch(/Windows program/)
    expect(byName['h.json']?.skipped).toMatch(/no known shape/)
    expect(events.map((event) => event.eventId)).toEqual([19, 20])
    expect(rows.map((row) => row.table)).toEqual(['DeviceProcessEvents'])
    expect(mof.map((text) => text.text.slice(0, 8))).toEqual(['#pragma ', 'instance'])
    expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(
      Array.from({ length: 3 }, () => 'info evidence/misnamed'),
    )
  })

  test('garbage, empty and cut files under the names of evidence are errors, the rest is read', async () => {
    write('1.evtx', Buffer.from([1, 2, 3, 4, 0xff, 0, 9, 1, 7]))
    write('2.evtx', '')
    write('3.json', `${sysmon(19)}\n{"EventID": 20, "SourceName": "Micro`)
    write('4.zip', 'PK\x03\x04 no archive at all')
    write('5.csv', Buffer.alloc(5000, 0))
    write('6.json', sysmon(21))
    const { events, diagnostics, byName } = await read()
    expect(events.map((event) => event.eventId)).toEqual([19, 21])
    expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'error evidence/unknown-kind',
      'error evidence/empty-file',
      'error events/damaged-element',
      'error evidence/damaged-archive',
      'error evidence/unknown-kind',
    ])
    expect(byName['3.json']?.records).toEqual({ read: 1, relevant: 1, damaged: 1 })
    expect(byName['4.zip']?.skipped).toMatch(/damaged/)
  })

  test('a file that is named by the user and cannot be read is an error, whatever its name', async () => {
    const { diagnostics } = await read([write('notes.txt', 'hello')])
    expect(diagnostics).toMatchObject([{ code: 'evidence/unknown-kind', severity: 'error' }])
  })

  test('UTF-16 JSON with a byte order mark, lone surrogates included', async () => {
    write('a.json', Buffer.from(`\ufeff${sysmon(19, 'W\ud800')}\r\n${sysmon(20)}`, 'utf16le'))
    const { events, diagnostics } = await read()
    expect(diagnostics).toMatchObject([{ code: 'events/lone-surrogate', severity: 'error' }])
    expect(events.map((event) => event.computer)).toEqual(['W\ufffd', 'W'])
  })

  test('thousands of damaged lines are counted, but not told one by one', async () => {
    write('a.json', `${sysmon(19)}\n${'{"a":"\n'.repeat(5000)}${sysmon(20)}\n`)
    const { diagnostics, byName, events } = await read()
    expect(diagnostics.length).toBeLessThan(60)
    expect(diagnostics.at(-1)?.message).toMatch(/more of events\/damaged-element/)
    expect(byName['a.json']?.records.damaged).toBeGreaterThan(2000)
    expect(events.length).toBeGreaterThan(0)
  })
})

describe('archives that end badly', () => {
  test('of a cut gzip file the lines before the cut are read, and counted', async () => {
    const lines = Array.from({ length: 20_000 }, (_, index) => sysmon(19, `host-${(index * 7919) % 10_007}`))
    const whole = gzipSync(lines.join('\n'))
    write('a.json.gz', whole.subarray(0, whole.length / 2))
    write('b.json', sysmon(20))
    const { events, diagnostics, byName } = await read()
    const { read: count } = byName['a.json.gz/a.json']?.records ?? { read: 0 }
    expect(count).toBeGreaterThan(5000)
    expect(events).toHaveLength(count + 1)
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('evidence/unreadable')
  })

  test('a limit met in the middle of a member ends that archive, and nothing else', async () => {
    write('a.gz', gzipSync(`${sysmon(19)}\n${'{"a":1}\n'.repeat(400_000)}`))
    write('b.json', sysmon(20))
    const { events, diagnostics } = await read([folder], { limits: { expandedBytes: 2_000_000 } })
    expect(events.map((event) => event.eventId)).toEqual([19, 20])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('evidence/limit')
  })
})

describe('order and identity', () => {
  test('two readings give the same items; the same file twice gets a second id', async () => {
    write('x/a.json', sysmon(19))
    write('y/a.json', sysmon(19))
    const first = await read()
    const second = await read()
    expect(first.items).toEqual(second.items)
    const [one, two] = first.items
    expect(two?.id).toBe(`${one?.id}-2`)
    expect(first.events.map((event) => event.evidence)).toEqual([one?.id, two?.id])
    expect(one?.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  test('hash: false leaves the hashes out', async () => {
    write('a.json', sysmon(19))
    const { items } = await read([folder], { hash: false })
    expect(items[0]).not.toHaveProperty('sha256')
    expect(items[0]?.records.read).toBe(1)
  })

  test('an abort ends the reading with what was read so far', async () => {
    for (let index = 0; index < 5; index += 1) write(`${index}.json`, sysmon(19))
    const controller = new AbortController()
    const { items } = await read([folder], {
      signal: controller.signal,
      progress: ({ path }) => {
        if (path.endsWith('2.json')) controller.abort()
      },
    })
    expect(items).toHaveLength(3)
  })
})

describe('repositories', () => {
  const mapping = Buffer.concat([Buffer.from([0xcd, 0xab, 0, 0]), Buffer.alloc(100)])
  const index = Buffer.concat([Buffer.from([0xcc, 0xac, 0, 0]), Buffer.alloc(8188)])
  const objects = Buffer.alloc(16_384)
  objects.writeUInt32LE(0x6f0b1820, 0)
  objects.writeUInt32LE(32, 4)
  objects.writeUInt32LE(100, 8)

  test('files are joined by folder, in any case of name, and the path of the collection names the host', async () => {
    const tree = 'kape/2024-03-02T101407_WKS-014/C/Windows/System32/wbem'
    for (const [name, data] of [
      ['Repository/OBJECTS.DATA', objects],
      ['Repository/Index.btr', index],
      ['Repository/MAPPING2.MAP', mapping],
      ['Repository/mapping1.map', mapping],
      ['Repository.001/OBJECTS.DATA', objects],
    ] as const) {
      write(`${tree}/${name}`, data)
    }
    const { repositories, byName } = await read()
    expect(repositories.map((files) => [files.source.slice(-14), files.host, files.mappings.length])).toEqual(
      [
        ['bem/Repository', 'WKS-014', 2],
        ['Repository.001', 'WKS-014', 0],
      ],
    )
    const whole = repositories.find((files) => files.mappings.length === 2)
    expect(whole?.mappings.map((part) => part.name)).toEqual(['mapping1.map', 'MAPPING2.MAP'])
    expect(whole?.evidence.objects).toBe(byName[`${tree}/Repository/OBJECTS.DATA`]?.id)
    expect(whole?.objects).toHaveLength(16_384)
  })

  test.each([
    [
      'a folder that is named after the case does not name the host',
      'INC123',
      [['WS014.corp', 1]],
      'WS014.corp',
    ],
    [
      'the latest name counts',
      'INC123',
      [
        ['WS014', 1],
        ['WIN-7QX', 0],
      ],
      'WS014',
    ],
    [
      'the name that path and logs have counts',
      'WKS-1',
      [
        ['OTHER', 9],
        ['wks-1.corp', 1],
      ],
      'wks-1.corp',
    ],
    ['without logs the path names it', 'WKS-1', [], 'WKS-1'],
  ] as const)('%s', (_what, folder, seen, expected) => {
    const hosts: (string | undefined)[] = []
    const repositories = new RepositoryFolders((files) => hosts.push(files.host))
    const tree = `case/${folder}/C/Windows/System32`
    for (const [host, time] of seen) {
      repositories.sawComputer(`${tree}/winevt/Logs/Security.evtx`, host, BigInt(time))
    }
    repositories.sawComputer(`${tree}/winevt/Logs/ForwardedEvents.evtx`, 'STRANGER', 99n)
    const file = { path: `${tree}/wbem/Repository/OBJECTS.DATA`, name: 'OBJECTS.DATA' }
    repositories.add(file, 'objects', 'e1', new Uint8Array(8192))
    repositories.flush()
    expect(hosts).toEqual([expected])
  })

  test.each([
    [
      'Collection-WKS_corp_local-2024-03-02T10_14_07Z.zip/uploads/auto/C%3A/Windows/System32/wbem/Repository',
      'WKS.corp.local',
    ],
    ['out/SRV01/C/Windows/System32/wbem/Repository', 'SRV01'],
    ['out/uploads/C/Windows/System32/wbem/Repository', undefined],
    ['wbem.zip/Repository', undefined],
  ])('the host in %s', (path, host) => {
    expect(hostOfPath(path)).toBe(host)
  })
})
