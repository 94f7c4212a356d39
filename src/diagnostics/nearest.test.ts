import { expect, test } from 'vitest'
import { nearest } from './index.ts'

test('a misspelt name finds the one that was meant, another none', () => {
  const choices = ['entityMappings', 'DeviceName', 'DeviceId', 'Scheduled']
  expect(nearest('entityMapping', choices)).toBe('entityMappings')
  expect(nearest('scheduled', choices)).toBe('Scheduled')
  expect(nearest('DeviceNam', choices)).toBe('DeviceName')
  expect(nearest('Critical', choices)).toBeUndefined()
  expect(nearest('', choices)).toBeUndefined()
})
