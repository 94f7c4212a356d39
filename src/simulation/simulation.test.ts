import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseMof } from '../lang/mof/index.ts'
import { readSubscriptionObjects } from '../records/cim/index.ts'
import { payloadValue } from '../records/event.ts'
import { NOT_SIMULATED, scenarioRecords, scenarios, simulate } from './index.ts'

const EVTXEXPORT = spawnSync('evtxexport', ['-V']).error === undefined
if (!EVTXEXPORT) process.stderr.write('skipped: evtxexport (Debian libevtx-utils) is not installed\n')

describe.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (_, scenario) => {
  test('shows every signal that it promises, so often as it promises', () => {
    const records = scenarioRecords(scenario)
    for (const signal of scenario.signals) {
      const hits = records.filter(
        (record) =>
          record.channel === signal.channel &&
          record.eventId === signal.eventId &&
          (signal.field === undefined ||
            (payloadValue(record, signal.field[0]) ?? '').includes(signal.field[1])),
      )
      expect(hits, `${signal.channel} ${signal.eventId}`).toHaveLength(signal.count)
    }
  })

  test('gives the same bytes for the same seed, and others for another', () => {
    const hex = (seed: number): string[] =>
      simulate(scenario, { seed }).map((file) => `${file.path} ${Buffer.from(file.bytes).toString('base64')}`)
    expect(hex(3)).toEqual(hex(3))
    expect(hex(3)).not.toEqual(hex(4))
  })

  test('what is stored is read back from the repository, what was deleted only as removed', () => {
    const files = new Map(simulate(scenario).map((file) => [file.path, file.bytes]))
    const objects = files.get('Repository/OBJECTS.DATA')
    if (objects === undefined) {
      expect([...(scenario.stored ?? []), ...(scenario.deletes ?? [])]).toEqual([])
      return
    }
    const index = files.get('Repository/INDEX.BTR')
    const found = readSubscriptionObjects(
      {
        source: 'Repository',
        evidence: {},
        objects,
        ...(index === undefined ? {} : { index }),
        mappings: [...files].flatMap(([path, bytes]) =>
          path.endsWith('.MAP') ? [{ name: path.slice('Repository/'.length), bytes }] : [],
        ),
      },
      (diagnostic) => expect(diagnostic.severity).not.toBe('error'),
    )
    const filters = (state: string): unknown[] =>
      found
        .filter((object) => object.className === '__EventFilter' && object.state === state)
        .map((object) => object.instance.properties.find((property) => property.name === 'Name')?.value)
    for (const item of scenario.stored ?? []) expect(filters('live')).toContain(item.filter.name)
    for (const item of scenario.deletes ?? []) {
      expect(filters('live')).not.toContain(item.filter.name)
      expect(filters('removed')).toContain(item.filter.name)
    }
  })

  test.skipIf(!EVTXEXPORT)('its event logs are read by an independent reader without complaint', () => {
    const folder = mkdtempSync(join(tmpdir(), 'triad-simulate-'))
    try {
      for (const file of simulate(scenario)) {
        if (!file.path.endsWith('.evtx')) continue
        const path = join(folder, 'log.evtx')
        writeFileSync(path, file.bytes)
        const text = execFileSync('evtxexport', ['-f', 'xml', path], { encoding: 'utf8', maxBuffer: 64e6 })
        const channel = file.path.slice('logs/'.length, -'.evtx'.length).replaceAll('%4', '/')
        const expected = scenarioRecords(scenario).filter((record) => record.channel === channel)
        expect(text.match(/<Event /g)?.length).toBe(expected.length)
        for (const record of expected) expect(text).toContain(`<EventID>${record.eventId}</EventID>`)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test('the MOF file of the third technique parses without a fault and holds the triad', () => {
  const scenario = scenarios.find((item) => item.id === 'mofcomp')
  const text = scenario?.files?.['triad.mof'] ?? ''
  const document = parseMof(text, {
    source: 'triad.mof',
    report: (diagnostic) => expect.unreachable(diagnostic.message),
  })
  const classes = document.statements.flatMap((statement) =>
    statement.kind === 'instance' ? [statement.className] : [],
  )
  expect(classes).toEqual(['CommandLineEventConsumer', '__EventFilter', '__FilterToConsumerBinding'])
})

test('every way to create, vary or hide a subscription has a scenario, or a reason why it has none', () => {
  const ways = [
    ...['C1', 'C1a', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C9a', 'C9b', 'C9c', 'C9d'],
    ...['C10', 'C11', 'C12', 'C13', 'C14', 'C15', 'C16'],
    ...Array.from({ length: 17 }, (_, index) => `V${index + 1}`),
    ...Array.from({ length: 10 }, (_, index) => `M${index + 1}`),
  ]
  const covered = new Set(scenarios.flatMap(({ covers }) => covers))
  expect(ways.filter((way) => !covered.has(way) && NOT_SIMULATED[way] === undefined)).toEqual([])
  expect(Object.keys(NOT_SIMULATED).filter((way) => covered.has(way))).toEqual([])
})

test('a long script is cut into records that make it whole again', () => {
  const scenario = scenarios.find((item) => item.id === 'module-function')
  if (scenario === undefined) return expect.unreachable('no such scenario')
  const pieces = scenarioRecords(scenario).filter(
    (record) => record.eventId === 4104 && payloadValue(record, 'MessageTotal') !== '1',
  )
  expect(pieces.map((piece) => payloadValue(piece, 'MessageNumber'))).toEqual(['1', '2'])
  expect(new Set(pieces.map((piece) => payloadValue(piece, 'ScriptBlockId'))).size).toBe(1)
  const text = pieces.map((piece) => payloadValue(piece, 'ScriptBlockText')).join('')
  expect(text).toMatch(/^function Get-Helper0 .*Register-Updater.*Out-Null\r\n\}$/s)
})
