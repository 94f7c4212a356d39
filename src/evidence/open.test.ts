import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { pack } from 'tar-stream'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Diagnostic } from '../diagnostics/index.ts'
import { identify } from './identify.ts'
import { type EvidenceLimits, openEvidence } from './index.ts'

const roots: string[] = []
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-test-'))
  roots.push(folder)
})
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

interface Seen {
  readonly path: string
  readonly id: string
  readonly kind: string
  readonly text: string
  readonly sha256: string | undefined
  readonly problem: string | undefined
  readonly sizeBytes: number
}

async function open(
  paths: readonly string[],
  limits: Partial<EvidenceLimits> = {},
): Promise<{ files: Seen[]; diagnostics: Diagnostic[] }> {
  const diagnostics: Diagnostic[] = []
  const opened: {
    path: string
    text: string
    file: {
      sha256: string | undefined
      problem: string | undefined
      sizeBytes: number
      id: string
      format: { kind: string }
    }
  }[] = []
  for await (const file of openEvidence(paths, {
    report: (diagnostic) => diagnostics.push(diagnostic),
    limits,
  })) {
    const parts: Uint8Array[] = []
    if (file.format.kind !== 'container') {
      try {
        for await (const chunk of file.chunks()) parts.push(chunk)
      } catch (error) {
        file.problem = (error as Error).message
        if ((error as { code?: string }).code === 'evidence/limit') throw error
      }
    }
    opened.push({
      path: file.path.slice(folder.length + 1),
      text: Buffer.concat(parts).toString('latin1'),
      file,
    })
  }
  return {
    diagnostics,
    files: opened.map(({ path, text, file }) => ({
      path,
      text,
      id: file.id,
      kind: file.format.kind,
      sha256: file.sha256,
      problem: file.problem,
      sizeBytes: file.sizeBytes,
    })),
  }
}

interface ZipEntry {
  readonly name: string
  readonly data: Buffer
  readonly flags?: number
  readonly method?: number
  /** Uncompressed size to claim, where it lies. */
  readonly claim?: number
}

function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, data, flags = 0, method = 8, claim = data.length } of entries) {
    const stored = method === 8 ? deflateRawSync(data) : data
    const nameBytes = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags | 0x800, 2)
    common.writeUInt16LE(method, 4)
    common.writeUInt32LE(crc32(data), 10)
    common.writeUInt32LE(stored.length, 14)
    common.writeUInt32LE(claim, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, stored])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

async function tar(entries: readonly { name: string; data: Buffer; linkname?: string }[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, data, linkname } of entries) {
    if (linkname === undefined) archive.entry({ name, mtime: new Date(0) }, data)
    else archive.entry({ name, type: 'symlink', linkname })
  }
  archive.finalize()
  const parts: Buffer[] = []
  for await (const part of archive) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** One frame with one raw block. RFC 8878 3.1.1. */
function zstd(data: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32LE(data.length, 5)
  const size = (data.length << 3) | 1
  header.writeUIntLE(size, 9, 3)
  return Buffer.concat([header, data])
}

const write = (name: string, data: Buffer | string): string => {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, data)
  return path
}

const MOF = Buffer.from('instance of __EventFilter { Name = "x"; };\n')

describe('containers', () => {
  test('zip, tar, gzip, zstd and their nestings are opened in place, and nothing is written', async () => {
    const inner = zip([
      { name: 'deep/a.mof', data: MOF },
      { name: 'stored.mof', data: MOF, method: 0 },
    ])
    write(
      'a.zip',
      zip([
        { name: 'x\\b.mof', data: MOF },
        { name: 'inner.zip', data: inner },
      ]),
    )
    write(
      'b.tar.gz',
      gzipSync(
        await tar([
          { name: './c.mof', data: MOF },
          { name: 'inner.zip', data: inner },
        ]),
      ),
    )
    write('c.mof.gz', gzipSync(MOF))
    write('d.tzst', zstd(await tar([{ name: 'd.mof', data: MOF }])))
    const before = readdirSync(folder, { recursive: true }).sort()
    const { files, diagnostics } = await open([folder])
    expect(diagnostics).toEqual([])
    expect(files.map((file) => `${file.kind} ${file.path}`)).toEqual([
      'container a.zip',
      'mof a.zip/x/b.mof',
      'container a.zip/inner.zip',
      'mof a.zip/inner.zip/deep/a.mof',
      'mof a.zip/inner.zip/stored.mof',
      'container b.tar.gz',
      'container b.tar.gz/b.tar',
      'mof b.tar.gz/b.tar/c.mof',
      'container b.tar.gz/b.tar/inner.zip',
      'mof b.tar.gz/b.tar/inner.zip/deep/a.mof',
      'mof b.tar.gz/b.tar/inner.zip/stored.mof',
      'container c.mof.gz',
      'mof c.mof.gz/c.mof',
      'container d.tzst',
      'container d.tzst/d.tar',
      'mof d.tzst/d.tar/d.mof',
    ])
    expect(files.filter((file) => file.kind === 'mof').every((file) => file.text === MOF.toString())).toBe(
      true,
    )
    expect(new Set(files.map((file) => file.sha256?.length))).toEqual(new Set([64]))
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before)
  })

  test('a nested archive larger than memory allows goes to the temporary folder, which is empty after', async () => {
    const inner = zip([
      { name: 'a.mof', data: MOF },
      { name: 'b.bin', data: Buffer.alloc(200_000, 'xyz'), method: 0 },
    ])
    write('a.zip', zip([{ name: 'inner.zip', data: inner }]))
    const spooled = (): string[] => readdirSync(tmpdir()).filter((name) => /^triad-[^t]/.test(name))
    const before = spooled()
    const { files } = await open([folder], { spoolBytes: 1000 })
    expect(files.map((file) => file.path)).toContain('a.zip/inner.zip/a.mof')
    expect(spooled()).toEqual(before)
  })

  test('names that leave the archive are made safe and told of, links are not followed', async () => {
    write(
      'a.zip',
      zip([
        { name: '../../etc/x.mof', data: MOF },
        { name: 'C:\\Windows\\y.mof', data: MOF },
      ]),
    )
    write(
      'b.tar',
      await tar([
        { name: 'link', data: Buffer.alloc(0), linkname: '/etc/passwd' },
        { name: 'z.mof', data: MOF },
      ]),
    )
    const { files, diagnostics } = await open([folder])
    expect(files.map((file) => file.path)).toEqual([
      'a.zip',
      'a.zip/etc/x.mof',
      'a.zip/C:/Windows/y.mof',
      'b.tar',
      'b.tar/link',
      'b.tar/z.mof',
    ])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([
      'evidence/path-escape',
      'evidence/path-escape',
    ])
    expect(files[4]?.problem).toMatch(/link/)
  })

  test('an encrypted member and one of an unknown method are told of, the others are read', async () => {
    write(
      'a.zip',
      zip([
        { name: 'secret.mof', data: MOF, flags: 1 },
        { name: 'odd.mof', data: MOF, method: 14 },
        { name: 'open.mof', data: MOF },
      ]),
    )
    const { files, diagnostics } = await open([folder])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([
      'evidence/encrypted-member',
      'evidence/unsupported-container',
    ])
    expect(files.at(-1)?.text).toBe(MOF.toString())
  })

  test('a member that is damaged, and a cut archive, lose only themselves', async () => {
    const bad = zip([
      { name: 'a.mof', data: MOF },
      { name: 'b.mof', data: MOF, claim: MOF.length - 5 },
      { name: 'c.mof', data: MOF },
    ])
    write('1.zip', bad)
    write('2.zip', bad.subarray(0, bad.length - 30))
    write('3.gz', gzipSync(Buffer.alloc(100_000, 'q')).subarray(0, 60))
    write('4.mof', MOF)
    const { files, diagnostics } = await open([folder])
    expect(
      files.filter((file) => file.kind === 'mof' && file.text === MOF.toString()).map((file) => file.path),
    ).toEqual(['1.zip/a.mof', '1.zip/c.mof', '2.zip/a.mof', '2.zip/b.mof', '2.zip/c.mof', '4.mof'])
    expect(diagnostics.map(({ at }) => at?.in === 'file' && at.source.slice(folder.length + 1))).toEqual([
      '1.zip/b.mof',
      '2.zip',
    ])
    // What a reader was given before the damage is not the whole file, and has no hash.
    for (const path of ['1.zip/b.mof', '3.gz/3']) {
      const file = files.find((candidate) => candidate.path === path)
      expect([path, file?.problem !== undefined, file?.sha256]).toEqual([path, true, undefined])
    }
  })

  test('an archive whose directory is gone gives its members, also those that were written in one go', async () => {
    const sized = zip([
      { name: 'a.mof', data: MOF },
      { name: '../b.mof', data: MOF, method: 0 },
      { name: 'c.mof', data: MOF, method: 99 },
    ])
    const directory = sized.indexOf('PK\x01\x02', 0, 'latin1')
    write('1.zip', sized.subarray(0, directory))
    // General purpose bit 3: sizes and checksum follow the data.
    const streamed = zip([{ name: 'd.mof', data: MOF, flags: 8 }])
    const local = Buffer.from(streamed.subarray(0, streamed.indexOf('PK\x01\x02', 0, 'latin1')))
    const descriptor = Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), local.subarray(14, 26)])
    local.fill(0, 14, 26)
    const stored = Buffer.from(zip([{ name: 'e.mof', data: MOF, flags: 8, method: 0 }]))
    const plain = Buffer.from(stored.subarray(0, stored.indexOf('PK\x01\x02', 0, 'latin1')))
    plain.fill(0, 14, 26)
    write('2.zip', Buffer.concat([local, descriptor, plain, descriptor, local.subarray(0, local.length - 9)]))
    const { files, diagnostics } = await open([folder])
    expect(files.map(({ path, text }) => [path, text === MOF.toString()])).toEqual([
      ['1.zip', false],
      ['1.zip/a.mof', true],
      ['1.zip/b.mof', true],
      ['1.zip/c.mof', false],
      ['2.zip', false],
      ['2.zip/d.mof', true],
      ['2.zip/e.mof', true],
      ['2.zip/d.mof', false],
    ])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([
      'evidence/damaged-archive',
      'evidence/path-escape',
      'evidence/unsupported-container',
      'evidence/damaged-archive',
    ])
  })

  test('the bytes before a cut are given, however small the member', async () => {
    const text = Buffer.from(
      Array.from({ length: 400 }, (_, index) => `{"EventID":${index ** 2}}\n`).join(''),
    )
    const cut = gzipSync(text)
    write('a.json.gz', cut.subarray(0, cut.length / 2))
    const { files } = await open([folder])
    expect(files[1]?.kind).toBe('json')
    expect(files[1]?.text.length).toBeGreaterThan(500)
    expect(text.toString().startsWith(files[1]?.text ?? '?')).toBe(true)
  })

  test('what follows a gzip stream, and a damage in it, cost none of the bytes before', async () => {
    const text = Buffer.from(Array.from({ length: 400 }, (_, at) => `{"EventID":${at ** 2}}\n`).join(''))
    const compressed = gzipSync(text)
    write('a-junk.json.gz', Buffer.concat([compressed, Buffer.from('junk')]))
    const checksum = Buffer.from(compressed)
    checksum[compressed.length - 6] = (checksum.at(-6) ?? 0) ^ 1
    write('b-checksum.json.gz', checksum)
    const damaged = Buffer.from(compressed)
    damaged.fill(0xff, Math.floor(compressed.length / 2))
    write('c-damaged.json.gz', damaged)
    write('d-zeros.json.gz', Buffer.concat([compressed, Buffer.alloc(512)]))
    const { files } = await open([folder])
    const texts = files.filter((file) => file.kind === 'json').map((file) => file.text)
    expect(texts).toHaveLength(4)
    expect([texts[0], texts[1], texts[3]]).toEqual([text.toString(), text.toString(), text.toString()])
    const whole = texts[2]?.slice(0, 500) ?? ''
    expect(whole).toHaveLength(500)
    expect(text.toString().startsWith(whole)).toBe(true)
  })

  test('a wrong checksum is told of and the bytes are given', async () => {
    const archive = zip([{ name: 'a.mof', data: MOF, method: 0 }])
    archive[archive.indexOf('__EventFilter')] = 0x58
    write('a.zip', archive)
    const { files, diagnostics } = await open([folder])
    expect(files[1]?.text).toContain('X_EventFilter')
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['evidence/checksum-mismatch'])
  })

  test('a damaged zstd stream ends instead of turning in circles', async () => {
    const bytes = zstd(Buffer.concat([MOF, Buffer.alloc(5000, 'a')]))
    bytes[9] = 0xff
    bytes[10] = 0xff
    write('a.zst', bytes)
    const { diagnostics } = await open([folder])
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain('evidence/damaged-archive')
  })

  test('a 7z archive without a tool says how to get one', async () => {
    const path = process.env.PATH
    process.env.PATH = ''
    try {
      write('a.7z', Buffer.concat([Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), Buffer.alloc(100)]))
      write('b.mof', MOF)
      const { diagnostics, files } = await open([folder])
      expect(['evidence/seven-zip-missing', 'evidence/damaged-archive']).toContain(diagnostics[0]?.code)
      expect(files.at(-1)?.text).toBe(MOF.toString())
    } finally {
      process.env.PATH = path
    }
  })
})

describe('limits', () => {
  const zeros = Buffer.alloc(3_000_000)

  test('a zip bomb is stopped by its ratio, and what follows it is read', async () => {
    write(
      '1.zip',
      zip([
        { name: 'a', data: zeros },
        { name: 'b', data: zeros },
      ]),
    )
    write('2.mof', MOF)
    const { files, diagnostics } = await open([folder], { ratioFromBytes: 4_000_000, ratio: 100 })
    expect(diagnostics).toMatchObject([{ code: 'evidence/limit', severity: 'error' }])
    expect(files.at(-1)?.path).toBe('2.mof')
  })

  test('a bomb of nested bombs spends one budget', async () => {
    const inner = zip([{ name: 'a', data: zeros }])
    write('1.zip', zip(Array.from({ length: 5 }, (_, index) => ({ name: `${index}.zip`, data: inner }))))
    const { diagnostics, files } = await open([folder], { expandedBytes: 7_000_000 })
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['evidence/limit'])
    expect(files.length).toBeLessThan(8)
  })

  test('archives in archives end at the nesting limit', async () => {
    let data = zip([{ name: 'a.mof', data: MOF }])
    for (let depth = 0; depth < 40; depth += 1) data = zip([{ name: 'n.zip', data }])
    write('1.zip', data)
    const { diagnostics } = await open([folder])
    expect(diagnostics).toMatchObject([{ code: 'evidence/limit', message: expect.stringContaining('deep') }])
  })

  test('a million members end at the member limit', async () => {
    write('1.zip', zip(Array.from({ length: 300 }, (_, index) => ({ name: `${index}`, data: MOF }))))
    const { diagnostics, files } = await open([folder], { members: 100 })
    expect(files).toHaveLength(101)
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(['evidence/limit'])
  })
})

describe('walking', () => {
  test('order depends on names alone; links are followed only within the folder, and loops end', async () => {
    for (const name of ['b.mof', 'a/z.mof', 'a/B.mof', 'c/d.mof']) write(name, MOF)
    symlinkSync(folder, join(folder, 'a', 'loop'))
    symlinkSync('/etc', join(folder, 'outside'))
    symlinkSync(join(folder, 'gone'), join(folder, 'nowhere'))
    const { files, diagnostics } = await open([folder])
    expect(files.map((file) => file.path)).toEqual([
      'b.mof',
      'nowhere',
      'outside',
      'a/B.mof',
      'a/loop',
      'a/z.mof',
      'c/d.mof',
    ])
    expect(files[2]?.problem).toMatch(/outside/)
    expect(diagnostics).toMatchObject([{ code: 'evidence/not-a-file', severity: 'warning' }])
  })

  test.skipIf(process.platform !== 'linux')(
    'names that are no UTF-8, of files and folders, are opened by their bytes',
    async () => {
      const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from('d\xe9p\xf4t', 'latin1')])
      mkdirSync(odd)
      writeFileSync(Buffer.concat([odd, Buffer.from('/\xff.mof', 'latin1')]), MOF)
      write('plain.mof', MOF)
      const { files, diagnostics } = await open([folder])
      expect(diagnostics).toEqual([])
      expect(files.map((file) => [file.path, file.text])).toEqual([
        ['plain.mof', MOF.toString()],
        ['d\ufffdp\ufffdt/\ufffd.mof', MOF.toString()],
      ])
    },
  )

  test('a path that does not exist is a diagnostic, the others are read', async () => {
    const path = write('a.mof', MOF)
    const { files, diagnostics } = await open([join(folder, 'gone'), path])
    expect(files).toHaveLength(1)
    expect(diagnostics).toMatchObject([{ code: 'evidence/not-found', severity: 'error' }])
  })

  test('ids are the same after a move and alone or in a folder; a change of the last byte changes them', async () => {
    const data = Buffer.alloc(300_000, 'instance of x { };')
    const first = write('1/a.mof', data)
    const moved = write('2/a.mof', data)
    const changed = Buffer.from(data)
    changed[data.length - 1] = 0
    const other = write('3/a.mof', changed)
    const ids = (await open([folder])).files.map((file) => file.id)
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
    for (const [index, path] of [first, moved, other].entries()) {
      expect((await open([path])).files[0]?.id).toBe(ids[index])
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{12}$/)
  })
})

describe('kinds', () => {
  test.each([
    ['evtx', Buffer.from('ElfFile\0')],
    ['json', Buffer.from('\ufeff  [\n{"EventID": 1}]')],
    ['json', Buffer.from('\ufeff{"EventID": 1}', 'utf16le')],
    ['xml', Buffer.from('<?xml version="1.0"?><Events><Event xmlns="x">')],
    ['csv', Buffer.from('Timestamp,DeviceName,ActionType\n')],
    ['csv', Buffer.from('TimeGenerated,Computer,RawEventData\nx,y,"<Event xmlns=1>"\n')],
    ['csv', Buffer.from('_raw\n"<Event xmlns=1></Event>"\n')],
    ['xml', Buffer.from('Mar  2 host <Event xmlns="x"><System>')],
    [
      'csv',
      Buffer.from(`Timestamp,DeviceName,ActionType\n${'2026-03-02T09:15:00Z,ws,x\n'.repeat(9)}a,b\0,c\n`),
    ],
    ['mof', Buffer.from('// comment\n#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")\n')],
    ['mof', Buffer.from('\ufeffclass Evil : Win32_Process {\n}', 'utf16le')],
    ['other', Buffer.from('MZ\x90\0')],
    ['other', Buffer.from('regf')],
    ['other', Buffer.from('Dear diary, an instance of nothing')],
    ['unsupported-container', Buffer.from('Rar!\x1a\x07\x01\0', 'latin1')],
    ['empty', Buffer.alloc(0)],
  ])('%s is known by content under a wrong name', async (kind, data) => {
    const { files } = await open([write('misnamed.dat', data)])
    expect(files[0]?.kind).toBe(kind)
  })

  test('a file of any length is identified, with the first bytes of any kind', () => {
    for (let length = 1; length < 600; length += 1) {
      for (const byte of [0, 1, 0x3c, 0x41, 0xff]) {
        expect(identify(Buffer.alloc(length, byte), 'x', length).kind).toBe('other')
      }
    }
    const json = `{"EventID": 1, "Message": "${'x'.repeat(38)}"}`
    expect(json.length).toBe(67)
    expect(identify(Buffer.from(json), 'x', json.length).kind).toBe('json')
  })

  test('any bytes are some kind, without an exception', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }),
          fc.constantFrom(zip([{ name: 'a.mof', data: MOF }]), gzipSync(MOF), zstd(MOF)).chain((base) =>
            fc.tuple(fc.nat(base.length - 1), fc.nat(255), fc.nat(base.length)).map(([at, value, end]) => {
              const mutated = Buffer.from(base)
              mutated[at] = value
              return new Uint8Array(mutated.subarray(0, end))
            }),
          ),
        ),
        async (bytes) => {
          const path = write('any', Buffer.from(bytes))
          const { files } = await open([path])
          expect(files.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 150 },
    )
  })
})
