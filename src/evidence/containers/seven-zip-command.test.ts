import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileAccess } from '../random-access.ts'
import type { SevenZipTool } from './seven-zip.ts'
import { openSevenZipCommand } from './seven-zip-command.ts'

const installed = ['7z', '7zz', '7za'].find((name) => spawnSync(name, ['--help']).status === 0)
if (installed === undefined) {
  process.stderr.write('skipped: no 7z command is installed; these tests make archives with it\n')
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const names = ['a.bin', 'b.bin', 'c.bin', '-d @ e.bin']
const content = (name: string): Buffer => Buffer.alloc(200_000, `${name} ${'0123456789'.repeat(7)}\n`)

function archive(...switches: string[]): string {
  for (const name of names) writeFileSync(join(folder, name), content(name))
  const file = join(folder, 'x.7z')
  const made = spawnSync(installed ?? '', ['a', '-bd', '-y', ...switches, '--', file, ...names], {
    cwd: folder,
  })
  expect(made.status).toBe(0)
  return file
}

async function withTool<Result>(file: string, use: (tool: SevenZipTool) => Promise<Result>): Promise<Result> {
  const access = openFileAccess(file)
  const tool = await openSevenZipCommand(access, file)
  if (tool === undefined) throw new Error('the command was not found')
  try {
    return await use(tool)
  } finally {
    tool.close()
    access.close()
  }
}

/** For each member whether its bytes were right, or what its reading threw. `limit`: bytes read of each. */
const extracted = (file: string, limit = Number.POSITIVE_INFINITY): Promise<Record<string, string>> =>
  withTool(file, async (tool) => {
    const results: Record<string, string> = {}
    for await (const { member, chunks } of tool.extract((await tool.list()).members)) {
      const parts: Uint8Array[] = []
      let size = 0
      try {
        for await (const chunk of chunks) {
          parts.push(chunk)
          size += chunk.length
          if (size >= limit) break
        }
        const bytes = Buffer.concat(parts)
        results[member.name] = bytes.equals(content(member.name).subarray(0, bytes.length))
          ? 'right'
          : 'wrong'
      } catch (error) {
        results[member.name] = (error as Error).message
      }
    }
    return results
  })

describe.skipIf(installed === undefined)('a 7z command on the path', () => {
  test.each([['-ms=on'], ['-ms=off']])('members come back one after the other (%s)', async (solid) => {
    expect(await extracted(archive(solid))).toEqual(Object.fromEntries(names.map((name) => [name, 'right'])))
  })

  test('a member that is not read to its end does not shift those after it', async () => {
    expect(await extracted(archive(), 1000)).toEqual(Object.fromEntries(names.map((name) => [name, 'right'])))
  })

  test('a damaged member does not shift those after it', async () => {
    const file = archive('-ms=off')
    const bytes = readFileSync(file)
    bytes[60] = (bytes[60] ?? 0) ^ 0xff
    writeFileSync(file, bytes)
    const results = Object.values(await extracted(file))
    expect(results).toHaveLength(names.length)
    expect(results.filter((result) => result === 'right')).toHaveLength(names.length - 1)
  })

  test('a list that is encrypted and an archive that is cut are told apart', async () => {
    const cut = archive()
    writeFileSync(cut, readFileSync(cut).subarray(0, 150))
    expect((await withTool(cut, (tool) => tool.list())).failure).toBe('damaged')
    rmSync(cut)
    expect((await withTool(archive('-psecret', '-mhe=on'), (tool) => tool.list())).failure).toBe('encrypted')
  })
})
