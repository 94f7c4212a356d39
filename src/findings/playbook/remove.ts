import { bindingCondition, bindingsWhere, isExactly, variables } from './collect.ts'
import { code } from './markdown.ts'
import { powershellText } from './powershell.ts'
import { type PlaybookSection, type PlaybookStep, type PlaybookSubject, stockNaming } from './subject.ts'

const has = (subject: PlaybookSubject, id: string): boolean =>
  subject.reasons.some((reason) => reason.id === id)

/** What the state means for the removal. */
const BY_STATE: Readonly<Record<string, string>> = {
  attempted:
    'Only an attempt was seen, so the commands may find nothing. Then there is nothing to remove: go on with the next section, and hunt.',
  removed:
    'It was gone when the evidence was taken. The commands should find nothing; what they do find came back or was left over, and is collected before it is removed.',
  transient:
    'It was removed again within minutes. The commands should find nothing; what they do find was left over or came back.',
  modified:
    'Something that was there before was changed. Where its former content is known (an inventory, a backup, a clean host of the role), put that back instead of only removing this.',
}

const unlessBound = (bindings: string, objects: string): string =>
  `if (@(${bindings}).Count -eq 0) { ${objects} | Remove-CimInstance -Confirm } else { Write-Warning 'Nothing was removed: a binding still uses it' }`

/** RESPONSE section 5: binding first, then consumer, filter, timer, files, auto-recover entries. */
export function remove(subject: PlaybookSubject): PlaybookSection {
  const { filter, consumer, timer } = subject
  const steps: PlaybookStep[] = []
  const naming = stockNaming(subject)
  const isOverwrite = naming === 'in-its-place'
  if (naming === 'look-alike')
    steps.push({
      text: 'The name only looks like that of a stock object, or the stock object is a leftover: if there is another of nearly the same name, it must stay. The commands compare every character.',
    })
  const state = BY_STATE[subject.state]
  if (state !== undefined) steps.push({ text: state })
  const condition = bindingCondition(subject)
  if (condition !== undefined) {
    const isWhole = filter?.name !== undefined && consumer?.name !== undefined
    steps.push({
      text: isWhole
        ? 'Remove the binding, which stops delivery. It must be exactly one; check it before you confirm.'
        : `Only the ${filter?.name === undefined ? 'consumer' : 'filter'} is known. The commands list every binding of it and ask for each: answer no where the other half belongs there.`,
      commands: [
        ...variables(subject),
        `$binding = @(${bindingsWhere(condition)})`,
        '$binding | Format-List Filter, Consumer, CreatorSID',
        // One line: pasted into a console, a line that fails does not stop the next one.
        isWhole
          ? "if ($binding.Count -eq 1) { $binding | Remove-CimInstance -Confirm } else { Write-Warning ('Nothing was removed: expected one binding, found ' + $binding.Count) }"
          : '$binding | Remove-CimInstance -Confirm',
      ],
      changes: true,
    })
  } else
    steps.push({
      text: 'Filter and consumer are not known by name: enumerate all bindings (section 2) and find the one that does not belong.',
    })
  if (consumer?.name !== undefined && consumer.class !== undefined) {
    const ofConsumer = bindingsWhere(
      `${isExactly('$_.Consumer.Name', '$consumerName')} -and $_.Consumer.CimSystemProperties.ClassName -eq $consumerClass`,
    )
    steps.push({
      text: 'Remove the consumer, by class and exact name, unless other bindings use it.',
      commands: [
        unlessBound(
          ofConsumer,
          `Get-CimInstance -Namespace $ns -ClassName $consumerClass | Where-Object { ${isExactly('$_.Name', '$consumerName')} }`,
        ),
      ],
      changes: true,
    })
  }
  if (filter?.name !== undefined) {
    const filters = `Get-CimInstance -Namespace $ns -ClassName __EventFilter | Where-Object { ${isExactly('$_.Name', '$filterName')}${isOverwrite ? " -and $_.Query -ne 'select * from MSFT_SCMEventLogEvent'" : ''} }`
    steps.push({
      text: isOverwrite
        ? 'The filter bears a stock name. If its query is the stock one, it stays; if not, it is removed and the stock object restored below.'
        : 'Remove the filter, unless other bindings use it.',
      commands: [
        isOverwrite
          ? `${filters} | Remove-CimInstance -Confirm`
          : unlessBound(bindingsWhere(isExactly('$_.Filter.Name', '$filterName')), filters),
      ],
      changes: true,
    })
  }
  if (timer !== undefined) {
    steps.push({
      text: 'Remove the timer.',
      commands: [
        `$timerId = ${powershellText(timer.timerId)}`,
        `Get-CimInstance -Namespace $ns -ClassName ${powershellText(timer.class)} | Where-Object { ${isExactly('$_.TimerId', '$timerId')} } | Remove-CimInstance -Confirm`,
      ],
      changes: true,
    })
  }
  if (isOverwrite) {
    steps.push({
      text: 'Restore the stock object that was overwritten, from the definition file of Windows. Compare that file with one of a clean host of the same build first.',
      commands: [
        "Get-FileHash -LiteralPath ($env:SystemRoot + '\\System32\\wbem\\scm.mof')",
        "mofcomp ($env:SystemRoot + '\\System32\\wbem\\scm.mof')",
      ],
      changes: true,
    })
  }
  if (has(subject, 'host/foreign-provider') || has(subject, 'consumer/unknown-class')) {
    steps.push({
      text: 'Unregister the provider behind the consumer: its `__EventConsumerProviderRegistration` and `__Win32Provider` instances and its CLSID; then quarantine its library.',
      changes: true,
    })
  }
  if (has(subject, 'host/repository-replaced')) {
    steps.push({
      text: "WMI's store was replaced: what live WMI shows cannot be trusted. Read the copied store offline, and restore the store from a backup made before.",
      changes: true,
    })
  }
  steps.push(
    {
      text: 'Quarantine the payload files, with their hashes recorded.',
      changes: true,
    },
    {
      text: 'Look at the auto-recover list. Take out only foreign paths, keep every other entry, and quarantine the MOF file and its copy under `wbem\\AutoRecover`.',
      commands: [
        "(Get-ItemProperty -LiteralPath 'HKLM:\\SOFTWARE\\Microsoft\\WBEM\\CIMOM').'Autorecover MOFs'",
      ],
      changes: true,
    },
    {
      text: 'Do not delete by wildcard or by class, and do not reset the repository: management products use the same classes, and a reset runs the auto-recover files again.',
    },
  )
  return { title: 'Remove', steps }
}

/** RESPONSE section 6. */
export function verifyRemoval(subject: PlaybookSubject): PlaybookSection {
  const { filter, consumer } = subject
  const condition = bindingCondition(subject)
  const commands = [
    ...variables(subject),
    ...(condition === undefined ? [] : [bindingsWhere(condition)]),
    ...(consumer?.name === undefined
      ? []
      : [
          `Get-CimInstance -Namespace $ns -ClassName __EventConsumer | Where-Object { ${isExactly('$_.Name', '$consumerName')} }`,
        ]),
    ...(filter?.name === undefined
      ? []
      : [
          `Get-CimInstance -Namespace $ns -ClassName __EventFilter | Where-Object { ${isExactly('$_.Name', '$filterName')} }`,
        ]),
  ]
  return {
    title: 'Verify the removal',
    steps: [
      {
        text:
          stockNaming(subject) === 'in-its-place'
            ? 'Enumerate again, in all namespaces. Only the stock objects may be there: compare every property with a clean host.'
            : 'Enumerate again, in all namespaces. Nothing may come back, and no half may be left.',
        commands,
      },
      {
        text: 'Restart the WMI service or the host twice. No new 5861 may show this content. Its absence alone proves nothing: there is no event for a deletion there.',
      },
      {
        text: 'Check Sysmon 19 to 21 for the records of your own deletion, and the Application log for WMI event 10, which tells of a broken rest.',
      },
      {
        text: 'Watch for 24 hours for the same content, creator or payload: if it returns, something installs it.',
      },
      ...(subject.fingerprint === undefined
        ? []
        : [
            {
              text: `Scan the host's new evidence with triad and look for fingerprint ${code(subject.fingerprint)}.`,
            },
          ]),
    ],
  }
}
