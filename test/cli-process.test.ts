import { execFileSync, spawn } from 'node:child_process'
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
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The command as its own process: what only a real standard output, a real signal and a real disk can show. */
let folder = ''
let evidence = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-process-'))
  const root = resolve(import.meta.dirname, '..')
  execFileSync(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(root, 'tsconfig.json'), '--outDir', join(folder, 'dist')],
  ])
  for (const name of ['node_modules', 'content', 'docs', 'package.json']) {
    symlinkSync(join(root, name), join(folder, name))
  }
  evidence = join(folder, 'events.jsonl')
  const event = (index: number): string =>
    JSON.stringify({
      EventID: 19,
      SourceName: 'Microsoft-Windows-Sysmon',
      Channel: 'Microsoft-Windows-Sysmon/Operational',
      Hostname: 'WKS',
      UtcTime: '2026-03-02 09:15:00.123',
      Operation: 'Created',
      Name: ` "filter ${index}"`,
      Query: ' "SELECT * FROM __TimerEvent"',
    })
  writeFileSync(evidence, `${Array.from({ length: 400 }, (_, index) => event(index)).join('\n')}\n`)
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs it; `during` may act on the process, `stdout` may be a descriptor instead of a pipe. */
function triad(
  args: readonly string[],
  during: (child: ReturnType<typeof spawn>) => void = () => undefined,
): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, 'dist/cli/bin.js'), ...args])
    let [stdout, stderr] = ['', '']
    child.stdout?.on('data', (data: Buffer) => {
      stdout += data.toString()
    })
    child.stderr?.on('data', (data: Buffer) => {
      stderr += data.toString()
    })
    child.on('close', (status, signal) => done({ status, signal, stdout, stderr }))
    during(child)
  })
}

const scan = (...more: string[]): string[] => ['scan', evidence, '--no-rules', '--format', 'json', ...more]

describe('standard output', () => {
  test('a reader that leaves early changes nothing about the exit status', async () => {
    const leave = (child: ReturnType<typeof spawn>): void => {
      child.stdout?.once('data', () => child.stdout?.destroy())
    }
    expect((await triad(scan(), leave)).status).toBe(0)
    const found = await triad(scan('--fail-on', 'informational'), leave)
    expect(found.status).toBe(1)
    expect(found.stderr).toBe('')
  })

  test.skipIf(!existsSync('/dev/full'))('that is full is told, without a stack and not as a finding', () => {
    const run = join(folder, 'full.sh')
    writeFileSync(run, `"${process.execPath}" "${folder}/dist/cli/bin.js" ${scan().join(' ')} >/dev/full`)
    expect(() => execFileSync('sh', [run], { stdio: 'pipe' })).toThrow(
      expect.objectContaining({
        status: 4,
        stderr: Buffer.from('triad: error: standard output cannot be written (ENOSPC)\n'),
      }),
    )
  })
})

/** A pipe as a file that the command reads lets a test act at that very point of the run, without any clock. */
describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  function pipe(name: string): string {
    const path = join(folder, name)
    execFileSync('mkfifo', [path])
    return path
  }

  /** Waits until the command reads the pipe, signals it, and lets it read on. */
  async function interruptAt(path: string, content: string, child: ReturnType<typeof spawn>): Promise<void> {
    const end = await open(path, 'w')
    child.kill('SIGINT')
    await end.writeFile(content)
    await end.close()
  }

  test('ends a scan with 130 and a whole report that says it is partial, without waiting for the rules', async () => {
    const out = join(folder, 'interrupted')
    mkdirSync(out)
    const allow = pipe('allow.fifo')
    const file = join(out, 'report.json')
    const args = ['scan', evidence, evidence, '--format', 'json', '-o', file, '--allow', allow]
    const ended = await triad(args, (child) => {
      void interruptAt(allow, 'allow: []\n', child)
    })
    expect(ended).toMatchObject({ status: 130, signal: null, stdout: '' })
    expect(ended.stderr).toContain('interrupted')
    const report = JSON.parse(readFileSync(file, 'utf8'))
    expect(report.partial).toBe(true)
    expect(report.diagnostics.map(({ code }: { code: string }) => code)).toContain('detections/pack-failed')
    expect(readdirSync(out)).toEqual(['report.json'])
  })

  test('leaves nothing of a query that was writing a file', async () => {
    const out = join(folder, 'rows')
    mkdirSync(out)
    for (const format of ['csv', 'parquet']) {
      const args = ['query', 'range x from 1 to 100000000 step 1', '--format', format]
      const ended = await triad([...args, '-o', join(out, `rows.${format}`)], (child) => {
        // Its temporary name beside the result is there as soon as it begins.
        const look = setInterval(() => {
          if (readdirSync(out).length === 0) return
          clearInterval(look)
          child.kill('SIGINT')
        }, 5)
        child.on('close', () => clearInterval(look))
      })
      expect(ended.status).toBe(130)
      expect(readdirSync(out)).toEqual([])
    }
  })
})
