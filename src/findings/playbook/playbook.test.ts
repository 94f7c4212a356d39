import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildPlaybook, code, type PlaybookSubject, powershellText, renderPlaybook } from './index.ts'

const subject = (filter: string, consumer: string, more: Partial<PlaybookSubject> = {}): PlaybookSubject => ({
  id: 'abc123',
  host: 'WS01',
  namespace: 'root\\subscription',
  filter: { name: filter, query: 'SELECT * FROM X' },
  consumer: { class: 'CommandLineEventConsumer', name: consumer, properties: { CommandLineTemplate: 'x' } },
  state: 'bound',
  verdict: 'malicious',
  severity: 'high',
  confidence: 'certain',
  score: 60,
  reasons: [{ id: 'consumer/command-line', text: 'The consumer runs a program as SYSTEM', weight: 28 }],
  explanation: { trigger: 'When someone starts Notepad', action: 'runs cmd.exe as SYSTEM' },
  ...more,
})

test('the removal is binding, then consumer, then filter, and only after collection', () => {
  const text = renderPlaybook(buildPlaybook(subject('F', 'C')))
  const at = (words: string): number => text.indexOf(words)
  expect(at('Export every object')).toBeGreaterThan(0)
  expect(at('Remove the binding')).toBeGreaterThan(at('Export every object'))
  expect(at('Remove the consumer')).toBeGreaterThan(at('Remove the binding'))
  expect(at('Remove the filter')).toBeGreaterThan(at('Remove the consumer'))
  expect(at('Nothing may come back')).toBeGreaterThan(at('Remove the filter'))
})

test('nothing changes the host before it was collected and verified', () => {
  const { sections } = buildPlaybook(subject('F', 'C'))
  const first = sections.findIndex((section) => section.steps.some((step) => step.changes === true))
  expect(sections.slice(0, first).map((section) => section.title)).toEqual([
    'First five minutes',
    'Collect (reads only)',
    'Verify before acting',
  ])
})

test('an overwritten stock object is restored, a timer removed', () => {
  const text = renderPlaybook(
    buildPlaybook(
      subject('SCM Event Log Filter', 'X', {
        reasons: [{ id: 'identity/impersonation', text: 'x', weight: 30 }],
        timer: { class: '__IntervalTimerInstruction', timerId: 'T' },
      }),
    ),
  )
  expect(text).toContain('scm.mof')
  expect(text).toContain("$timerId = 'T'")
})

test.each(['SCM \u0415vent Log Filter', 'BVTFilter'])(
  'nothing is restored where no stock object was overwritten (%s)',
  (name) => {
    const reasons = [{ id: 'identity/impersonation', text: 'x', weight: 30 }]
    const text = renderPlaybook(buildPlaybook(subject(name, 'X', { reasons })))
    expect(text).not.toContain('scm.mof')
    expect(text).toContain('it must stay')
  },
)

test('a filter with the stock query stays, and the stock name is no search term', () => {
  const reasons = [{ id: 'identity/impersonation', text: 'x', weight: 30 }]
  const text = renderPlaybook(buildPlaybook(subject('SCM Event Log Filter', 'Helper', { reasons })))
  expect(text).toContain("$_.Query -ne 'select * from MSFT_SCMEventLogEvent'")
  expect(text).not.toContain('Message.Contains')
  expect(text).toContain('Only the stock objects may be there')
})

/** What PowerShell makes of the expression: text literals and [char] joined with +. */
function evaluate(expression: string): string | undefined {
  const inner = expression.startsWith('(') ? expression.slice(1, -1).replace(/^\[string\]/, '') : expression
  let out = ''
  let rest = inner
  for (;;) {
    const match = /^(?:'((?:[^']|'')*)'|\[char\]0x([0-9A-F]{4}))(?: \+ |$)/.exec(rest)
    if (match === null) return undefined
    out +=
      match[2] === undefined
        ? (match[1] ?? '').replaceAll("''", "'")
        : String.fromCharCode(Number.parseInt(match[2], 16))
    rest = rest.slice(match[0].length)
    if (rest === '') return out
  }
}

test('any name becomes an expression that is just that name, in one line of printable ASCII', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom("'", '\u2019', '"', '`', '$', '(', ')', '\n', '\0', ';', '#', 'a'),
      maxLength: 20,
    }),
  )
  fc.assert(
    fc.property(name, (text) => {
      const expression = powershellText(text)
      expect(expression).toMatch(/^[\x20-\x7e]+$/)
      expect(evaluate(expression)).toBe(text)
    }),
  )
})

test('a name cannot leave its place in the Markdown', () => {
  const evil = '`\n```\n# owned\u202e [x](http://a.example) <img>'
  const text = renderPlaybook(
    buildPlaybook(subject(evil, evil, { explanation: { trigger: evil, action: evil } })),
  )
  expect(text).not.toMatch(/^# owned/m)
  expect(text).not.toContain('\u202e')
  expect(text.match(/^ {3}```powershell$/gm)?.length).toBe(text.match(/^ {3}```$/gm)?.length)
  expect(code('a`b')).toBe('`` a`b ``')
})

test('a subject of which nearly nothing is known still gives steps', () => {
  const { filter: _filter, consumer: _consumer, ...rest } = subject('F', 'C')
  const text = renderPlaybook(
    buildPlaybook({ ...rest, reasons: [{ id: 'host/repository-replaced', text: 'x', weight: 50 }] }),
  )
  expect(text).toContain('cannot be trusted')
})
