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

const STATES = ['attempted', 'partial', 'bound', 'executed', 'modified', 'removed', 'transient']
const HOSTILE = [
  `'; Remove-Item C:\\ -Recurse; '`,
  '\u2018; calc; \u2019 \u201c$(calc)\u201d \u201e`calc`\u201f \u201a\u201b',
  '"&calc|%COMSPEC%^&$(calc)"',
  'a\r\ncalc\nb',
  '#>\u0000<# \u202e\u200b',
]
const commandsOf = (playbook: ReturnType<typeof buildPlaybook>): string[] =>
  playbook.sections.flatMap(({ steps }) => steps.flatMap(({ commands }) => commands ?? []))

test.each(STATES)('hostile names stay texts in every command (%s)', (state) => {
  for (const name of HOSTILE) {
    const playbook = buildPlaybook(
      subject(name, name, {
        state,
        host: name,
        namespace: `root\\${name}`,
        timer: { class: '__IntervalTimerInstruction', timerId: name },
        indicators: [{ kind: 'path', value: name }],
        consumer: { class: name, name, properties: {} },
      }),
    )
    for (const line of commandsOf(playbook)) {
      expect(line).toMatch(/^[\x20-\x7e]+$/)
      // What is left when every quoted text is taken away is ours.
      const ours = line.replace(/'(?:[^']|'')*'/g, 'T')
      expect(ours, line).not.toMatch(/calc|Remove-Item|COMSPEC|'/)
    }
    expect(JSON.parse(JSON.stringify(playbook))).toEqual(playbook)
  }
})

test('names are compared by their characters: by culture, an invisible one would not count', () => {
  const lines = commandsOf(buildPlaybook(subject('F\u200b', 'C', { timer: { class: 'T', timerId: 'T' } })))
  expect(lines.join('\n')).not.toMatch(/-c?eq \$(?:filterName|consumerName|timerId)/)
  expect(lines.join('\n')).toContain('[string]::Equals($_.Filter.Name, $filterName)')
})

test('a check that fails stops what it guards, also when all lines are pasted at once', () => {
  const lines = commandsOf(buildPlaybook(subject('F', 'C')))
  expect(lines.filter((line) => line.startsWith('throw') || line.includes('{ throw'))).toEqual([])
  const removals = lines.filter((line) => line.includes('Remove-CimInstance'))
  expect(removals).toHaveLength(3)
  for (const line of removals)
    expect(line).toMatch(/^if \(.*\) \{ .*Remove-CimInstance -Confirm \} else \{ Write-Warning /)
})

test('where one half is known, every binding of it is asked for, not taken for the one', () => {
  const { consumer: _, ...half } = subject('F', 'C', { state: 'partial' })
  const text = renderPlaybook(buildPlaybook(half))
  expect(text).toContain('Only the filter is known')
  expect(text).toContain('   $binding | Remove-CimInstance -Confirm')
})

test('the removal says what the state means for it', () => {
  const removal = (state: string): string =>
    buildPlaybook(subject('F', 'C', { state }))
      .sections.find(({ title }) => title === 'Remove')
      ?.steps.map(({ text }) => text)
      .join('\n') ?? ''
  expect(removal('attempted')).toContain('nothing to remove')
  expect(removal('removed')).toContain('should find nothing')
  expect(removal('transient')).toContain('within minutes')
  expect(removal('modified')).toContain('put that back')
  expect(removal('bound')).not.toContain('should find nothing')
})

test('an address in the explanation is no link, and exports have a folder of their own', () => {
  const explanation = {
    trigger: 'see www.a.example',
    action: 'gets http://evil.example/x.ps1 for a@b.example',
  }
  const text = renderPlaybook(buildPlaybook(subject('F', 'C', { explanation })))
  expect(text).not.toMatch(/https?:\/\/evil|\bwww\.a/)
  expect(text).toContain('a\\@b.example')
  expect(text.indexOf('Set-Location (New-Item')).toBeLessThan(text.indexOf('Export-Csv'))
})
