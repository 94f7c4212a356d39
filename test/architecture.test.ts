import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))

/**
 * Who may import whom: the table to read first. Data flows evidence → records → tables → detections → findings →
 * reports; a room may import the rooms to its left, never one to its right.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  diagnostics: [],
  bytes: ['diagnostics'],
  lang: ['diagnostics', 'bytes'],
  evidence: ['diagnostics', 'bytes'],
  records: ['diagnostics', 'bytes', 'lang', 'evidence'],
  tables: ['diagnostics', 'bytes', 'lang', 'evidence', 'records'],
  query: ['diagnostics', 'bytes', 'lang', 'tables'],
  simulation: ['diagnostics', 'bytes', 'lang', 'evidence', 'records', 'tables'],
  detections: ['diagnostics', 'bytes', 'lang', 'evidence', 'records', 'tables', 'query', 'simulation'],
  findings: ['diagnostics', 'bytes', 'lang', 'evidence', 'records', 'tables', 'query', 'detections'],
  reports: [
    'diagnostics',
    'bytes',
    'lang',
    'evidence',
    'records',
    'tables',
    'query',
    'detections',
    'findings',
  ],
  scan: [
    'diagnostics',
    'bytes',
    'lang',
    'evidence',
    'records',
    'tables',
    'query',
    'detections',
    'findings',
    'reports',
  ],
  exports: ['diagnostics', 'bytes', 'lang', 'evidence', 'records', 'tables', 'query', 'detections'],
  deploy: ['diagnostics', 'bytes', 'lang', 'evidence', 'records', 'tables', 'query', 'detections', 'exports'],
}
/** May import anything, and keep no logic another room would want. */
const TOP = ['cli', 'web', 'index.ts']

function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(SRC, resolve(SRC, dirname(file), match[1] ?? '')),
  )
}

const roomOf = (path: string): string => path.split(/[\\/]/)[0] ?? ''

test('a room imports only rooms to its left', () => {
  const wrong: string[] = []
  for (const file of sourceFiles()) {
    const room = roomOf(file)
    if (TOP.includes(room) || file.endsWith('.test.ts')) continue
    for (const target of importsOf(file)) {
      const other = roomOf(target)
      if (other !== room && !target.startsWith('..') && !(ALLOWED[room] ?? []).includes(other)) {
        wrong.push(`${file} imports ${target}`)
      }
    }
  }
  expect(wrong).toEqual([])
})

test('a room is entered through an index.ts, or a file of shared shapes at its top', () => {
  const wrong: string[] = []
  for (const file of sourceFiles()) {
    const room = roomOf(file)
    if (file.endsWith('.test.ts')) continue
    for (const target of importsOf(file)) {
      if (roomOf(target) === room || target.startsWith('..')) continue
      const inner = target.split(/[\\/]/).slice(1)
      const isDoor = inner[inner.length - 1] === 'index.ts' || inner.length === 1 || inner[1] === 'types.ts'
      if (!isDoor) wrong.push(`${file} imports ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

test('every room is in the table', () => {
  const rooms = new Set(sourceFiles().map(roomOf))
  expect([...rooms].filter((room) => !(room in ALLOWED) && !TOP.includes(room))).toEqual([])
})
