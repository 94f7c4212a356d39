import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { cimCommand } from './cim.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures/cim/', import.meta.url))

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = 0
})

/** What the verb writes to standard output. */
async function output(...args: string[]): Promise<string> {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk, encodingOrDone, done) => {
    text += String(chunk)
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done
    callback?.()
    return true
  })
  await cimCommand().parseAsync(args, { from: 'user' })
  vi.restoreAllMocks()
  return text
}

test('every verb of triad cim says how it is called, with examples', () => {
  const command = cimCommand()
  expect(command.commands.map((verb) => verb.name())).toEqual([
    'namespaces',
    'classes',
    'instances',
    'timeline',
  ])
  for (const verb of command.commands) expect(verb.helpInformation()).toContain('--format <format>')
})

test('namespaces as JSON have name, classDefinitions and instances, and nothing else', async () => {
  const text = await output('namespaces', `${FIXTURES}filter-overwritten`, '--format', 'json')
  expect(JSON.parse(text)).toEqual({
    namespaces: [
      { name: '__SystemClass', classDefinitions: 15, instances: 0 },
      { name: 'root', classDefinitions: 0, instances: 2 },
      { name: 'root\\CIMV2', classDefinitions: 0, instances: 0 },
      { name: 'root\\subscription', classDefinitions: 5, instances: 4 },
    ],
  })
})

test('instances by class and subclasses, in the folder of another layout, and deleted ones when asked', async () => {
  const consumers = JSON.parse(
    await output('instances', `${FIXTURES}xp-layout`, '-c', '__EventConsumer', '--subclasses', '-f', 'json'),
  )
  expect(consumers.instances.map((instance: { path: string }) => instance.path)).toEqual([
    'CommandLineEventConsumer.Name="Updater"',
    'NTEventLogEventConsumer.Name="SCM Event Log Consumer"',
  ])
  const deleted = await output(
    'instances',
    `${FIXTURES}subscription-deleted-long-ago`,
    '--recovered',
    '-c',
    'CommandLineEventConsumer',
  )
  expect(deleted).toContain('CommandLineEventConsumer.Name="Updater"')
})

test('a path without a repository is a wrong call, a repository that cannot be followed an unreadable one', async () => {
  await expect(output('namespaces', `${FIXTURES}README.md`)).rejects.toThrow(/no WMI repository/)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const text = await output('classes', `${FIXTURES}xp-layout/OBJECTS.DATA`, '-f', 'json')
  expect(JSON.parse(text)).toEqual({ classes: [] })
  expect(process.exitCode).toBe(3)
})
