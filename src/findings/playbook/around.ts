import { defang } from '../payload/index.ts'
import { code, plain } from './markdown.ts'
import { powershellText } from './powershell.ts'
import { type PlaybookSection, type PlaybookSubject, stockNaming } from './subject.ts'

/** RESPONSE section 1. */
export function firstMinutes(subject: PlaybookSubject): PlaybookSection {
  const isLoud = subject.reasons.some(({ id }) =>
    [
      'payload/encoded-powershell',
      'payload/network',
      'payload/memory-code',
      'payload/decoded',
      'host/consumer-child',
    ].includes(id),
  )
  return {
    title: 'First five minutes',
    steps: [
      {
        text: 'Delete nothing yet. Once the binding is gone, the link between trigger and payload is gone too, and no new 5861 will be written for it.',
      },
      {
        text: 'Take a snapshot of processes, connections and sign-ins, in a folder of its own: all exports below go there too.',
        commands: [
          "Set-Location (New-Item -ItemType Directory -Path ($env:SystemDrive + '\\response-' + (Get-Date -Format 'yyyyMMdd-HHmmss')))",
          'Get-CimInstance Win32_Process | Select-Object ProcessId, ParentProcessId, Name, CommandLine, CreationDate | Export-Csv -NoTypeInformation .\\processes.csv',
          'Get-NetTCPConnection | Export-Csv -NoTypeInformation .\\connections.csv',
          'quser; (Get-CimInstance Win32_OperatingSystem).LastBootUpTime',
        ],
      },
      {
        text: isLoud
          ? 'Isolate the host from the network now: the payload is encoded, reaches out or runs already.'
          : 'Keep the host reachable for collection, unless scrcons.exe or a child of WmiPrvSE.exe has network connections: then isolate it.',
      },
      { text: 'Protect the logs before they roll over: the WMI-Activity log is small.' },
    ],
  }
}

/** RESPONSE section 4. */
export function contain(subject: PlaybookSubject): PlaybookSection {
  const places = (subject.indicators ?? []).filter(
    ({ kind }) => kind === 'url' || kind === 'domain' || kind === 'ip',
  )
  return {
    title: 'Contain',
    steps: [
      {
        text:
          places.length === 0
            ? 'Isolate the host, or block what the payload talks to if isolation is not possible.'
            : `Isolate the host, or block these destinations: ${places
                .slice(0, 10)
                .map(({ value }) => code(defang(value)))
                .join(', ')}.`,
      },
      {
        text: 'If it is running, end the process that hosts it. It comes back at the next trigger, so go on at once.',
        commands: ['Get-Process -Name scrcons -ErrorAction SilentlyContinue | Stop-Process -Confirm'],
        changes: true,
      },
      {
        text: 'Do not stop the WMI service on a server: monitoring, management and clusters stop with it, and a stopped service hides the objects from enumeration.',
      },
    ],
  }
}

/** RESPONSE section 7. */
export function hunt(subject: PlaybookSubject): PlaybookSection {
  const creator = subject.consumer?.creatorSid ?? subject.filter?.creatorSid
  const indicators = subject.indicators ?? []
  return {
    title: 'Hunt for siblings',
    steps: [
      {
        text:
          stockNaming(subject) === 'in-its-place'
            ? 'Search every host for the same content with triad: the name is on every Windows and finds nothing.'
            : 'Search every host for the same content. Event 5861 is written again at every start of WMI, so old ones announce themselves.',
        ...(subject.filter?.name === undefined || stockNaming(subject) === 'in-its-place'
          ? {}
          : {
              commands: [
                `$name = ${powershellText(subject.filter.name)}`,
                "Get-WinEvent -FilterHashtable @{ LogName = 'Microsoft-Windows-WMI-Activity/Operational'; Id = 5861 } | Where-Object { $_.Message.Contains($name) }",
              ],
            }),
      },
      ...(creator === undefined
        ? []
        : [
            {
              text: `Search for everything else that ${code(creator)} created: its last sign-ins, groups and other hosts.`,
            },
          ]),
      ...(indicators.length === 0
        ? []
        : [
            {
              text: `Search proxy, DNS and file telemetry for: ${indicators
                .slice(0, 20)
                .map(({ value }) => code(defang(value)))
                .join(', ')}.`,
            },
          ]),
      {
        text: 'Look for other footholds of the same actor on this host: services, scheduled tasks, Run keys, COM hijacks, web shells, SQL Agent jobs.',
      },
      {
        text: 'Look at the hosts from which someone signed in over the network within an hour of the creation.',
      },
      {
        text: 'Look for consumers outside root\\subscription, LogFile consumers that write to web or start-up folders, and auto-recover lists with foreign MOF files.',
      },
    ],
  }
}

/** RESPONSE section 8. */
export function harden(): PlaybookSection {
  return {
    title: 'Harden',
    steps: [
      {
        text: 'Make the WMI-Activity log large enough to keep months.',
        commands: ['wevtutil sl Microsoft-Windows-WMI-Activity/Operational /ms:67108864'],
        changes: true,
      },
      {
        text: 'Log Sysmon 19, 20 and 21 with every operation, not only Created; log PowerShell script blocks and modules; log command lines in 4688.',
      },
      {
        text: 'Consider the Defender rule that blocks persistence through WMI (e6db77e5-3df2-4cf1-b95a-636979351e5b) where the ConfigMgr client is not present.',
      },
      { text: 'Collect all subscriptions of all namespaces every week, and compare by fingerprint.' },
    ],
  }
}

/** RESPONSE section 9. */
export function record(subject: PlaybookSubject): PlaybookSection {
  return {
    title: 'Record',
    steps: [
      {
        text: `Write down: subscription ${code(subject.id)}, host, who removed what and when, where the exports lie and their hashes, what is still open.`,
      },
      {
        text: `Why it was judged ${subject.severity} (score ${subject.score}): ${subject.reasons
          .filter(({ weight }) => weight !== 0)
          .map(({ text, weight }) => `${plain(text)} (${weight > 0 ? '+' : ''}${weight})`)
          .join('; ')}.`,
      },
    ],
  }
}
