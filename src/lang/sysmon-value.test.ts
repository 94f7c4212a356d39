import { expect, test } from 'vitest'
import { unquoteSysmon } from './sysmon-value.ts'

test.each([
  [' "root\\\\CimV2"', 'root\\CimV2'],
  [
    ' "cmd.exe /c echo %ProcessId% >> c:\\\\\\\\temp\\\\\\\\log.txt"',
    'cmd.exe /c echo %ProcessId% >> c:\\\\temp\\\\log.txt',
  ],
  [
    ' "\\\\\\\\.\\\\ROOT\\\\subscription:CommandLineEventConsumer.Name=\\"X\\""',
    '\\\\.\\ROOT\\subscription:CommandLineEventConsumer.Name="X"',
  ],
  [' "powershell -EncodedCommand &lt;blah&gt;"', 'powershell -EncodedCommand <blah>'],
  ['&quot;a&quot;', 'a'],
  [' "if (a < b) x = \'&lt;\'"', "if (a < b) x = '&lt;'"],
  ['Created', 'Created'],
  ['PC04\\IEUser', 'PC04\\IEUser'],
  ['"', '"'],
])('%s is unquoted once', (value, expected) => expect(unquoteSysmon(value)).toBe(expected))
