import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeOutput } from './output.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-output-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('an existing file is refused and left as it is, and replaced whole with force', () => {
  const path = join(folder, 'report.json')
  writeFileSync(path, 'old')
  expect(() => writeOutput(path, 'new')).toThrow(/exists already/)
  expect(readFileSync(path, 'utf8')).toBe('old')
  writeOutput(path, 'new', { force: true })
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(readdirSync(folder)).toEqual(['report.json'])
})

test('nothing is written into evidence, not even through a link', () => {
  const evidence = join(folder, 'evidence')
  mkdirSync(evidence)
  symlinkSync(evidence, join(folder, 'link'))
  expect(() => writeOutput(join(evidence, 'r.json'), 'x', { evidence: [evidence] })).toThrow(
    /lie in the evidence/,
  )
  expect(() => writeOutput(join(folder, 'link', 'r.json'), 'x', { evidence: [evidence] })).toThrow(
    /lie in the evidence/,
  )
  const file = join(evidence, 'a.evtx')
  writeFileSync(file, 'bytes')
  expect(() => writeOutput(file, 'x', { force: true, evidence: [file] })).toThrow(/lie in the evidence/)
  expect(readFileSync(file, 'utf8')).toBe('bytes')
})

test('a folder or a device is never replaced by a file, and nothing is left beside it', () => {
  const taken = join(folder, 'taken')
  mkdirSync(taken)
  for (const path of [taken, ...(existsSync('/dev/null') ? ['/dev/null'] : [])]) {
    expect(() => writeOutput(path, 'x', { force: true })).toThrow(/folder or device/)
  }
  expect(readdirSync(folder)).toEqual(['taken'])
})

test('a folder that does not exist is named before any work is done', () => {
  expect(() => writeOutput(join(folder, 'no', 'r.json'), 'x')).toThrow(
    /folder for the output file does not exist/,
  )
  expect(existsSync(join(folder, 'no'))).toBe(false)
})
