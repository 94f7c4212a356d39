import { code, plain } from './markdown.ts'
import { powershellNamespace, powershellText } from './powershell.ts'
import type { PlaybookSection, PlaybookStep, PlaybookSubject } from './subject.ts'

const CLASSES = [
  '__EventFilter',
  '__EventConsumer',
  '__FilterToConsumerBinding',
  '__IntervalTimerInstruction',
  '__AbsoluteTimerInstruction',
  '__EventConsumerProviderRegistration',
  '__Win32Provider',
]

/** Lines that set `$ns` and the two names which later commands use. */
export function variables(subject: PlaybookSubject): readonly string[] {
  const { filter, consumer } = subject
  return [
    `$ns = ${powershellNamespace(subject.namespace ?? 'root\\subscription')}`,
    ...(filter?.name === undefined ? [] : [`$filterName = ${powershellText(filter.name)}`]),
    ...(consumer?.name === undefined ? [] : [`$consumerName = ${powershellText(consumer.name)}`]),
    ...(consumer?.class === undefined ? [] : [`$consumerClass = ${powershellText(consumer.class)}`]),
  ]
}

/**
 * A PowerShell condition that a text is exactly a variable's. `-eq` and `-ceq` compare by culture, which takes a name with
 * an invisible character in it for the same name.
 */
export const isExactly = (property: string, variable: string): string =>
  `[string]::Equals(${property}, ${variable})`

/** A condition for a binding: exact names, letter for letter, of the parts that are known. */
export function bindingCondition(subject: PlaybookSubject): string | undefined {
  const parts = [
    ...(subject.filter?.name === undefined ? [] : [isExactly('$_.Filter.Name', '$filterName')]),
    ...(subject.consumer?.name === undefined ? [] : [isExactly('$_.Consumer.Name', '$consumerName')]),
    ...(subject.consumer?.class === undefined
      ? []
      : ['$_.Consumer.CimSystemProperties.ClassName -eq $consumerClass']),
  ]
  return parts.length === 0 ? undefined : parts.join(' -and ')
}

/** Bindings that a condition holds for. */
export const bindingsWhere = (condition: string): string =>
  `Get-CimInstance -Namespace $ns -ClassName __FilterToConsumerBinding | Where-Object { ${condition} }`

/** RESPONSE section 2. */
export function collect(subject: PlaybookSubject): PlaybookSection {
  const files = (subject.indicators ?? []).filter(({ kind }) => kind === 'path').map(({ value }) => value)
  const steps: PlaybookStep[] = [
    {
      text: 'Export every object of the namespace, with all properties.',
      commands: [
        ...variables(subject),
        `foreach ($class in ${CLASSES.map(powershellText).join(', ')}) {`,
        '  Get-CimInstance -Namespace $ns -ClassName $class -ErrorAction SilentlyContinue | Export-Clixml (".\\wmi-" + $class + ".xml")',
        '}',
      ],
    },
    {
      text: 'Walk all namespaces: subscriptions may lie in any of them.',
      commands: [
        "function Get-Namespaces($name) { $name; Get-CimInstance -Namespace $name -ClassName __NAMESPACE -ErrorAction SilentlyContinue | ForEach-Object { Get-Namespaces ($name + '/' + $_.Name) } }",
        "Get-Namespaces 'root' | ForEach-Object { $n = $_; Get-CimInstance -Namespace $n -ClassName __FilterToConsumerBinding -ErrorAction SilentlyContinue | Select-Object @{ n = 'Namespace'; e = { $n } }, Filter, Consumer, CreatorSID }",
      ],
    },
    {
      text: 'Export the logs.',
      commands: [
        'wevtutil epl Microsoft-Windows-WMI-Activity/Operational .\\wmi-activity.evtx',
        'wevtutil epl Microsoft-Windows-Sysmon/Operational .\\sysmon.evtx',
        'wevtutil epl Microsoft-Windows-PowerShell/Operational .\\powershell.evtx',
        'wevtutil epl Security .\\security.evtx',
      ],
    },
    {
      text: "Copy WMI's store, `%SystemRoot%\\System32\\wbem\\Repository` and any `Repository.00*` beside it, with a raw or shadow copy: deleted remains can be read from it.",
    },
    {
      text: 'Save the auto-recover list.',
      commands: ["reg export 'HKLM\\SOFTWARE\\Microsoft\\WBEM\\CIMOM' .\\cimom.reg"],
    },
    {
      text: 'Collect prefetch files of MOFCOMP, WMIC, SCRCONS, POWERSHELL and WBEMTEST, Amcache, ShimCache, and memory of scrcons.exe and WmiPrvSE.exe if they run.',
    },
  ]
  if (files.length > 0) {
    steps.push({
      text: `Copy and hash the files that the payload names: ${files
        .slice(0, 8)
        .map((file) => code(file))
        .join(', ')}.`,
      commands: files
        .slice(0, 8)
        .map(
          (file) =>
            `Get-FileHash -LiteralPath ([Environment]::ExpandEnvironmentVariables(${powershellText(file)})) -ErrorAction SilentlyContinue`,
        ),
    })
  }
  return { title: 'Collect (reads only)', steps }
}

/** RESPONSE section 3. */
export function verifyBefore(subject: PlaybookSubject): PlaybookSection {
  const condition = bindingCondition(subject)
  return {
    title: 'Verify before acting',
    steps: [
      {
        text: 'Read the object again by its exact names. They may hold quotes, odd spaces or look-alike letters: use these commands, do not retype.',
        ...(condition === undefined
          ? {}
          : {
              commands: [
                ...variables(subject),
                `$binding = @(${bindingsWhere(condition)})`,
                '$binding | Format-List Filter, Consumer, CreatorSID, DeliverSynchronously, MaintainSecurityContext',
                ...(subject.filter?.name === undefined
                  ? []
                  : [`${bindingsWhere(isExactly('$_.Filter.Name', '$filterName'))} | Measure-Object`]),
              ],
            }),
      },
      { text: 'Compare the whole content with a clean host of the same role, never the name alone.' },
      {
        text: 'Check the payload: is its file there, who signed it, what is its hash? If it reads a WMI class or a registry value, fetch that too.',
      },
      {
        text: `Check when it fires next: removing just before is safer than just after. ${plain(subject.explanation.trigger)}.`,
      },
      { text: 'Decide the scope first: the search over the estate is easier while the object exists.' },
    ],
  }
}
