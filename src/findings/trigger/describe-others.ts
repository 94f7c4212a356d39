import type { TriggerKind, TriggerRow } from './model.ts'
import { changeWords, type Describer } from './part.ts'

interface Row {
  readonly classes: RegExp
  readonly kind: TriggerKind
  readonly row: TriggerRow
  /** Object and its verbs: added, removed, changed, any of them. */
  readonly what: string
  readonly verbs?: readonly [string, string, string, string]
  /** Said as it is for events that are no change of an object. */
  readonly event?: string
}

const PLUGGED = ['is plugged in', 'is removed', 'changes', 'is plugged in, changes or is removed'] as const
const ADDED = ['is added', 'is removed', 'is changed', 'is added, changed or removed'] as const

/** Classes that need no words of their own: one row each. */
const ROWS: readonly Row[] = [
  {
    classes: /^(?:win32_ip4routetableevent|win32_ip4persistedroutetable|win32_ip4routetable|msft_netroute)$/,
    kind: 'network',
    row: 'activity',
    what: 'a network route',
    event: 'when a network route changes (for example on joining another network)',
  },
  {
    classes: /^msndis_statusmediaconnect$/,
    kind: 'network',
    row: 'activity',
    what: 'a network connection',
    event: 'when a network connection is made',
  },
  {
    classes: /^msndis_statusmediadisconnect$/,
    kind: 'network',
    row: 'activity',
    what: 'a network connection',
    event: 'when a network connection is lost',
  },
  {
    classes:
      /^(?:msft_net\w+|win32_networkadapter\w*|win32_networkconnection|msndis_\w+|win32_networkprotocol|win32_pingstatus)$/,
    kind: 'network',
    row: 'activity',
    what: 'a network connection',
    verbs: ['is made', 'is lost', 'changes', 'is made, changes or is lost'],
    event: 'when a network connection is made, changes or is lost',
  },
  {
    classes:
      /^(?:win32_usb\w*|win32_pnp\w*|win32_keyboard|win32_pointingdevice|win32_desktopmonitor|win32_bluetooth\w*|win32_sounddevice|cim_usb\w*)$/,
    kind: 'device',
    row: 'activity',
    what: 'a device (such as a USB device)',
    verbs: PLUGGED,
  },
  {
    classes: /^win32_printjob$/,
    kind: 'print',
    row: 'operational',
    what: 'a print job',
    verbs: [
      'is sent to a printer',
      'is finished',
      'makes progress',
      'is sent, makes progress or is finished',
    ],
  },
  {
    classes: /^(?:win32_printer\w*|win32_tcpipprinterport)$/,
    kind: 'print',
    row: 'operational',
    what: 'a printer',
    verbs: ADDED,
  },
  {
    classes: /^(?:win32_share|win32_serverconnection|win32_serversession|win32_connectionshare)$/,
    kind: 'share',
    row: 'operational',
    what: 'a shared folder or a connection to it',
    verbs: ADDED,
  },
  {
    classes: /^(?:win32_scheduledjob|msft_scheduledtask|cim_job)$/,
    kind: 'scheduled-job',
    row: 'operational',
    what: 'a scheduled task',
    verbs: ADDED,
  },
  {
    classes: /^(?:win32_useraccount|win32_systemaccount|win32_account|win32_group|ds_\w+|ads_\w+)$/,
    kind: 'account',
    row: 'operational',
    what: 'a user account or group',
    verbs: ADDED,
  },
  {
    classes: /^win32_groupuser$/,
    kind: 'account',
    row: 'operational',
    what: 'an account',
    verbs: [
      'is added to a group',
      'is taken out of a group',
      'changes its group',
      'is added to or taken out of a group',
    ],
  },
  {
    classes: /^win32_systemtrace$/,
    kind: 'everything',
    row: 'operational',
    what: 'a program',
    event: 'whenever any program starts, ends, starts a thread or loads a module, which is all the time',
  },
  {
    classes: /^(?:win32_threadtrace|win32_threadstarttrace|win32_threadstoptrace|win32_thread)$/,
    kind: 'everything',
    row: 'operational',
    what: 'a thread of a program',
    event: 'whenever any program starts or ends a thread, which is all the time',
  },
  {
    classes: /^msft_scmeventlogevent$/,
    kind: 'event-log',
    row: 'operational',
    what: 'an event',
    event: "when Windows' service manager reports something about a service (start, stop, failure)",
  },
  {
    classes: /^(?:msft_netservice\w*|msft_scm\w*)$/,
    kind: 'service',
    row: 'operational',
    what: 'a service',
    event: 'when Windows reports something about a service',
  },
  {
    classes:
      /^(?:win32_product|win32_quickfixengineering|win32_installedwin32program|win32_installedproductsoftwarefeatures)$/,
    kind: 'other',
    row: 'operational',
    what: 'a program or update',
    verbs: ['is installed', 'is removed', 'changes', 'is installed, changed or removed'],
  },
  {
    classes: /^(?:antivirusproduct|antispywareproduct|firewallproduct|msft_mp\w+)$/,
    kind: 'other',
    row: 'security-tool',
    what: 'the registered antivirus or firewall product',
    verbs: ADDED,
    event: 'when the antivirus product reports something',
  },
  {
    classes: /^(?:win32_perf\w+|win32_processor|win32_physicalmemory|win32_memory\w*)$/,
    kind: 'performance',
    row: 'operational',
    what: 'a performance counter',
    verbs: ['appears', 'goes away', 'changes', 'changes'],
  },
  {
    classes: /^(?:win32_startupcommand|win32_autochk\w*)$/,
    kind: 'registry',
    row: 'registry-autostart',
    what: 'a program in the list of programs that start with Windows',
    verbs: ADDED,
  },
  {
    classes: /^win32_environment$/,
    kind: 'other',
    row: 'operational',
    what: 'an environment variable',
    verbs: ADDED,
  },
]

export const others: readonly Describer[] = ROWS.map((row) => ({
  classes: row.classes,
  consumes: () => false,
  describe: (group) => {
    const rows = [row.row]
    const broad =
      group.alternatives.some((atoms) => atoms.length === 0) && row.kind === 'everything'
        ? { broad: true as const }
        : {}
    if (row.verbs === undefined || (group.change === 'happened' && row.event !== undefined))
      return { kind: row.kind, words: row.event ?? `when ${row.what} changes`, rows, ...broad }
    const [created, deleted, modified, operated] = row.verbs
    return {
      kind: row.kind,
      words: `when ${row.what} ${changeWords(group.change, { created, deleted, modified, operated })}`,
      rows,
      ...broad,
    }
  },
}))
