import { expect, test } from 'vitest'
import { shellOf, typedAtPrompt, typedCommands } from './command-prompt.ts'

test('what the prompt would take for itself is handed on, and what stands in quotes left alone', () => {
  expect(typedAtPrompt('wmic PATH x CREATE T="a \\"b\\" > c & d"')).toBe(
    'wmic PATH x CREATE T="a \\"b\\" > c & d"',
  )
  // Four quotes before the sign: for the prompt it stands outside of them.
  expect(typedAtPrompt('wmic CREATE T="f(\\"S\\") : r \\"echo a > b\\", 0"')).toBe(
    'wmic CREATE T="f(\\"S\\") : r \\"echo a ^> b\\", 0"',
  )
})

test('wmic is for the command prompt, cmdlets are for PowerShell and stay as they are', () => {
  expect([shellOf(['wmic os get']), shellOf(['New-CimInstance x'])]).toEqual(['cmd', 'powershell'])
  expect(typedCommands(['Get-Process > a'])).toEqual(['Get-Process > a'])
})
