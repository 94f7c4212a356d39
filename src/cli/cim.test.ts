import { expect, test } from 'vitest'
import { cimCommand } from './cim.ts'

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
