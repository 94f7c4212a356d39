import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { EventRecord } from '../event.ts'
import { scanEvtxFile } from './node/scan-file.ts'
import { readAll } from './testing.suite.ts'
import { writeEvtx } from './write/index.ts'

const ROOM = fileURLToPath(new URL('.', import.meta.url))

test('the door and the writer import neither a package nor a Node API, so that they run in a browser tab', () => {
  const files = readdirSync(ROOM, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.ts$/.test(file) && !/\.(?:test|suite)\.ts$/.test(file) && !file.startsWith('node'),
  )
  expect(files.length).toBeGreaterThan(15)
  for (const file of files) {
    const text = readFileSync(join(ROOM, file), 'utf8')
    const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '')
    expect(
      specifiers.filter((specifier) => !specifier.startsWith('.')),
      file,
    ).toEqual([])
  }
})

test('a file on disk gives what its bytes give, and every byte goes to the hash', () => {
  const log = writeEvtx(
    Array.from({ length: 2000 }, (_, index) => ({
      provider: 'P',
      channel: 'C',
      eventId: index % 100,
      time: 132_914_201_101_234_567n + BigInt(index),
      computer: 'PC',
      eventData: [['text', `value ${index}`.repeat(1 + (index % 50))]] as const,
    })),
  ).subarray(0, -10_001)
  const folder = mkdtempSync(join(tmpdir(), 'triad-evtx-'))
  try {
    const path = join(folder, 'log.evtx')
    writeFileSync(path, log)
    const found: EventRecord[] = []
    const parts: Uint8Array[] = []
    const counts = scanEvtxFile(path, {
      evidence: 'evtx',
      source: path,
      sink: (event) => found.push(event),
      report: () => undefined,
      bytes: (window) => parts.push(window.slice()),
    })
    expect(found).toEqual(readAll(log).events)
    expect(counts.read).toBe(found.length)
    expect(Buffer.compare(Buffer.concat(parts), log)).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
