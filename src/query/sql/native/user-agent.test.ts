import { expect, test } from 'vitest'
import { userAgentRows } from './user-agent.ts'

const run = (userAgent: string, lookFor: string): unknown => {
  const answer = userAgentRows[0]?.native.run(userAgent, lookFor)
  return answer === null ? null : JSON.parse(String(answer))
}

// The examples of the reference page of parse_user_agent().
const AIR = 'Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1'

test('one target is named as text, several as an array; nothing else is an answer', () => {
  const browser = { Family: 'AdobeAIR', MajorVersion: '2', MinorVersion: '5', Patch: '1' }
  expect(run(AIR, '"browser"')).toEqual({ Browser: browser })
  expect(run(AIR, '["Browser"]')).toEqual({ Browser: browser })
  expect(run(AIR, '["os","device"]')).toEqual({
    OperatingSystem: { Family: 'Windows', MajorVersion: '', MinorVersion: '', Patch: '', PatchMinor: '' },
    Device: { Family: 'Other', Brand: '', Model: '' },
  })
  expect(run(AIR, '"colour"')).toBeNull()
  expect(run('', '"browser"')).toBeNull()
})

test('a text no expression knows is Other, however long and whatever it repeats', () => {
  for (const unit of ['a', '; ', '1.', 'Linux; Android ', 'Mozilla/5.0 (', '$1']) {
    const text = unit.repeat(4096 / unit.length)
    expect(Object.keys(run(text, '["browser","os","device"]') as object)).toEqual([
      'Browser',
      'OperatingSystem',
      'Device',
    ])
  }
  expect(run('no user agent', '"browser"')).toEqual({
    Browser: { Family: 'Other', MajorVersion: '', MinorVersion: '', Patch: '' },
  })
})
