import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EvtxEventInput, writeEvtx } from '../src/records/evtx/write/index.ts'
import type { ScanReport } from '../src/reports/index.ts'
import { runCli } from './run-cli.ts'

const SYSMON = {
  provider: 'Microsoft-Windows-Sysmon',
  providerGuid: '{5770385F-C22A-43E0-BF4C-06F5698FFBD9}',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  computer: 'WS01.example.test',
  userSid: 'S-1-5-18',
} as const

const CREATED: readonly EvtxEventInput[] = [
  {
    ...SYSMON,
    eventId: 19,
    time: '2026-02-01T10:00:00.1234567Z',
    eventData: [
      ['EventType', 'WmiFilterEvent'],
      ['UtcTime', '2026-02-01 10:00:00.123'],
      ['Operation', 'Created'],
      ['User', 'EXAMPLE\\alice'],
      ['EventNamespace', ' "root\\\\cimv2"'],
      ['Name', ' "Nightly"'],
      [
        'Query',
        ' "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA \'Win32_LogonSession\'"',
      ],
    ],
  },
  {
    ...SYSMON,
    eventId: 20,
    time: '2026-02-01T10:00:00.2Z',
    eventData: [
      ['EventType', 'WmiConsumerEvent'],
      ['UtcTime', '2026-02-01 10:00:00.200'],
      ['Operation', 'Created'],
      ['User', 'EXAMPLE\\alice'],
      ['Name', ' "Nightly"'],
      ['Type', 'Command Line'],
      ['Destination', ' "powershell.exe -w hidden -nop -enc SQBFAFgA"'],
    ],
  },
  {
    ...SYSMON,
    eventId: 21,
    time: '2026-02-01T10:00:00.3Z',
    eventData: [
      ['EventType', 'WmiBindingEvent'],
      ['UtcTime', '2026-02-01 10:00:00.300'],
      ['Operation', 'Created'],
      ['User', 'EXAMPLE\\alice'],
      ['Consumer', ' "CommandLineEventConsumer.Name=\\"Nightly\\""'],
      ['Filter', ' "__EventFilter.Name=\\"Nightly\\""'],
    ],
  },
]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-scan-'))
  mkdirSync(join(folder, 'good'))
  writeFileSync(join(folder, 'good', 'Sysmon.evtx'), writeEvtx(CREATED))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function scanJson(...args: string[]): Promise<{ report: ScanReport; status: number }> {
  const run = await runCli('scan', ...args, '--format', 'json', '--no-rules')
  return { report: JSON.parse(run.stdout), status: run.status }
}

describe('triad scan', () => {
  test('finds the subscription of a log and keeps to the report schema', async () => {
    const { report, status } = await scanJson(join(folder, 'good'))
    const schema = JSON.parse(readFileSync(new URL('../docs/report.schema.json', import.meta.url), 'utf8'))
    const validate = new Ajv2020({ strict: false }).compile(schema)
    validate(report)
    expect(validate.errors).toBeNull()
    expect(status).toBe(0)
    expect(report.subscriptions).toHaveLength(1)
    expect(report.subscriptions[0]).toMatchObject({
      host: 'WS01.example.test',
      namespace: 'root\\subscription',
      filter: { name: 'Nightly', eventNamespace: 'root\\cimv2' },
      consumer: { class: 'CommandLineEventConsumer', name: 'Nightly' },
      complete: true,
      state: 'bound',
      verdict: 'malicious',
      user: 'EXAMPLE\\alice',
    })
    expect(report.subscriptions[0]?.consumer?.properties).toMatchObject({
      CommandLineTemplate: 'powershell.exe -w hidden -nop -enc SQBFAFgA',
    })
  })

  test('two runs give the same report but for the clock, and evidence is left as it was', async () => {
    const path = join(folder, 'good', 'Sysmon.evtx')
    const before = statSync(path)
    const strip = ({ report }: { report: ScanReport }): unknown => ({
      ...report,
      generated: '',
      summary: { ...report.summary, seconds: 0, megabytesPerSecond: 0 },
    })
    expect(strip(await scanJson(folder))).toEqual(strip(await scanJson(folder)))
    expect(statSync(path).mtimeMs).toBe(before.mtimeMs)
    expect(readdirSync(join(folder, 'good'))).toEqual(['Sysmon.evtx'])
  })

  test('--fail-on turns a finding into exit status 1, and only from its level up', async () => {
    expect((await runCli('scan', folder, '--fail-on', 'high', '-q', '--no-rules')).status).toBe(1)
    const harmless = join(folder, 'harmless')
    mkdirSync(harmless, { recursive: true })
    writeFileSync(
      join(harmless, 'x.evtx'),
      writeEvtx([{ ...SYSMON, eventId: 4, time: '2026-01-01T00:00:00Z', eventData: [] }]),
    )
    expect((await runCli('scan', harmless, '--fail-on', 'low', '-q', '--no-rules')).status).toBe(0)
  })

  test('bad files each get a diagnostic and exit status 3, and the rest is still reported', async () => {
    const mixed = join(folder, 'mixed')
    mkdirSync(mixed)
    const good = writeEvtx(CREATED)
    writeFileSync(join(mixed, 'good.evtx'), good)
    writeFileSync(join(mixed, 'empty.evtx'), '')
    writeFileSync(join(mixed, 'garbage.evtx'), Buffer.alloc(5000, 0x41))
    writeFileSync(join(mixed, 'cut.evtx'), good.subarray(0, 5000))
    writeFileSync(join(mixed, 'log.json'), good)
    writeFileSync(join(mixed, 'half.json'), '{"Event":{"System":{"EventID":19,')
    const { report, status } = await scanJson(mixed)
    expect(status).toBe(3)
    expect(report.subscriptions).toHaveLength(1)
    for (const name of ['empty.evtx', 'garbage.evtx', 'cut.evtx', 'half.json']) {
      const about = report.diagnostics.filter((item) => JSON.stringify(item.at ?? '').includes(name))
      expect(about, name).not.toEqual([])
    }
    // An event log under a wrong extension is read all the same.
    expect(report.evidence.find((item) => item.path.endsWith('log.json'))?.kind).toBe('evtx')
  })

  test('a wrong call is exit status 2 and says what is wrong', async () => {
    expect((await runCli('scan')).status).toBe(2)
    expect((await runCli('scan', folder, '--fail-on', 'awful')).status).toBe(2)
    expect((await runCli('scna', folder)).status).toBe(2)
  })

  test('help is found by either name, with examples', async () => {
    const listed = await runCli('--help')
    expect(listed).toMatchObject({ status: 0, stderr: '' })
    expect(await runCli('help')).toEqual(listed)
    const help = await runCli('help', 'scan')
    expect(help).toEqual(await runCli('scan', '--help'))
    expect(help.stdout).toContain('Examples:')
  })

  test('a missing path among others is evidence that could not be read, for every verb; alone it is a wrong call', async () => {
    const nowhere = join(folder, 'nowhere')
    const good = join(folder, 'good')
    for (const verb of ['scan', 'query', 'tables', 'playbook', 'explain'] as const) {
      const call = {
        scan: (paths: string[]) => ['scan', ...paths, '--no-rules', '--format', 'json'],
        query: (paths: string[]) => ['query', 'Event | count', '--evidence', ...paths],
        tables: (paths: string[]) => ['tables', '--evidence', ...paths],
        playbook: (paths: string[]) => ['playbook', id, '--evidence', ...paths],
        explain: (paths: string[]) => ['explain', id, '--evidence', ...paths],
      }[verb]
      const { report } = await scanJson(good)
      const id = report.subscriptions[0]?.id ?? ''
      const some = await runCli(...call([nowhere, good]))
      expect([verb, some.status]).toEqual([verb, 3])
      expect(some.stdout + some.stderr, verb).toContain('nowhere')
      expect(some.stdout, verb).toMatch(/Nightly|Event|3/)
      const none = await runCli(...call([nowhere]))
      expect([verb, none.status, none.stdout]).toEqual([verb, 2, ''])
      expect(none.stderr, verb).toContain(`${nowhere}: there is no such file or folder`)
    }
    expect((await runCli('cim', 'namespaces', nowhere)).stderr).toContain('there is no such file or folder')
  })

  test('a report file is refused where one exists, and nothing of it is touched', async () => {
    const target = join(tmpdir(), `triad-report-${process.pid}.json`)
    writeFileSync(target, 'mine')
    const run = await runCli('scan', folder, '--format', 'json', '-o', target, '--no-rules')
    expect(run.status).toBe(2)
    expect(readFileSync(target, 'utf8')).toBe('mine')
    rmSync(target)
  })

  test('the text report answers first, and carries no escape code when it is not a terminal', async () => {
    const { stdout } = await runCli('scan', folder, '--no-rules')
    expect(stdout.split('\n')[0]).toMatch(/WMI event subscription/)
    expect(stdout).not.toContain('\u001b')
  })
})
