import { lookupTable } from '../../bytes/index.ts'
import type { EventRecord, ExportRow } from '../../records/event.ts'
import type { Integrity } from '../model.ts'
import type { AuthoredReader } from './authored.ts'
import { defined } from './objects.ts'
import {
  accountName,
  at,
  baseName,
  fieldsOf,
  type Place,
  placeOfEvent,
  placeOfRow,
  rowText,
  usable,
} from './place.ts'
import type { ObserveSink } from './sink.ts'

/** A process start, however it was recorded. Source: TELEMETRY section 13. */
export interface ProcessStart {
  readonly place: Place
  readonly image: string | undefined
  readonly commandLine: string | undefined
  readonly originalFileName: string | undefined
  readonly parentImage: string | undefined
  readonly parentCommandLine: string | undefined
  readonly user: string | undefined
  /** Folder it was started in; only Sysmon tells. */
  readonly directory?: string | undefined
  /** Whether it runs as LocalSystem; `undefined` where the record does not tell. */
  readonly system: boolean | undefined
  readonly integrity: Integrity | undefined
}

const MESSAGE_LABELS_4688 = {
  NewProcessName: 'New Process Name',
  CommandLine: 'Process Command Line',
  ParentProcessName: 'Creator Process Name',
  SubjectUserSid: 'Security ID',
  SubjectUserName: 'Account Name',
  SubjectDomainName: 'Account Domain',
  MandatoryLabel: 'Mandatory Label',
}

/** LocalSystem's name in the languages Windows comes in; the SID is better and used where there is one. */
const SYSTEM_NAME = /(?:^|\\)(?:system|système|sistema|rendszer|система|systeem)$/i

/** Sysmon 1. */
export function sysmonProcess(event: EventRecord): ProcessStart {
  const field = fieldsOf(event)
  const user = field('User')
  return {
    place: placeOfEvent(event, 'sysmon'),
    image: field('Image'),
    commandLine: field('CommandLine'),
    originalFileName: field('OriginalFileName'),
    parentImage: field('ParentImage'),
    parentCommandLine: field('ParentCommandLine'),
    user,
    directory: field('CurrentDirectory'),
    system: user === undefined ? undefined : SYSTEM_NAME.test(user),
    integrity: integrityOf(field('IntegrityLevel')),
  }
}

/** Security 4688. The process runs as the target account where one is named, else as the subject. */
export function securityProcess(event: EventRecord): ProcessStart {
  const field = fieldsOf(event, MESSAGE_LABELS_4688)
  const targetName = field('TargetUserName')
  const subject = accountName(field('SubjectDomainName'), field('SubjectUserName'))
  const user = usable(targetName) ? accountName(field('TargetDomainName'), targetName) : subject
  const sid = field('SubjectUserSid')
  return {
    place: placeOfEvent(event, 'security'),
    image: field('NewProcessName'),
    commandLine: field('CommandLine'),
    originalFileName: undefined,
    parentImage: field('ParentProcessName'),
    parentCommandLine: undefined,
    user,
    system: usable(targetName)
      ? SYSTEM_NAME.test(targetName)
      : usable(sid)
        ? sid === 'S-1-5-18' || SYSTEM_NAME.test(sid)
        : undefined,
    integrity: integrityOf(field('MandatoryLabel')),
  }
}

/** A row of DeviceProcessEvents. */
export function defenderProcess(row: ExportRow): ProcessStart {
  const sid = rowText(row, 'AccountSid')
  const user = accountName(rowText(row, 'AccountDomain'), rowText(row, 'AccountName'))
  return {
    place: placeOfRow(row, 'defender'),
    image: fullPath(rowText(row, 'FolderPath'), rowText(row, 'FileName')),
    commandLine: rowText(row, 'ProcessCommandLine'),
    originalFileName: rowText(row, 'ProcessVersionInfoOriginalFileName'),
    parentImage: fullPath(
      rowText(row, 'InitiatingProcessFolderPath'),
      rowText(row, 'InitiatingProcessFileName'),
    ),
    parentCommandLine: rowText(row, 'InitiatingProcessCommandLine'),
    user,
    system:
      sid === undefined ? (user === undefined ? undefined : SYSTEM_NAME.test(user)) : sid === 'S-1-5-18',
    integrity: integrityOf(rowText(row, 'ProcessIntegrityLevel')),
  }
}

function isMofcomp({ image, originalFileName }: ProcessStart): boolean {
  return baseName(image) === 'mofcomp.exe' || originalFileName?.toLowerCase() === 'mofcomp.exe'
}

const INTEGRITY = lookupTable<Integrity>({
  untrusted: 'low',
  's-1-16-0': 'low',
  low: 'low',
  's-1-16-4096': 'low',
  medium: 'medium',
  's-1-16-8192': 'medium',
  's-1-16-8448': 'medium',
  high: 'high',
  's-1-16-12288': 'high',
  system: 'system',
  's-1-16-16384': 'system',
})

/** `High` (Sysmon, Defender), `S-1-16-12288` or `Mandatory Label\High Mandatory Level` (4688). */
function integrityOf(text: string | undefined): Integrity | undefined {
  return text === undefined
    ? undefined
    : INTEGRITY[text.toLowerCase().replace(/^mandatory label\\| mandatory level$/g, '')]
}

/** FolderPath of Defender includes the file name in most rows and leaves it out in some. */
export function fullPath(folder: string | undefined, file: string | undefined): string | undefined {
  if (folder === undefined || file === undefined) return folder ?? file
  return baseName(folder) === file.toLowerCase() ? folder : `${folder.replace(/\\$/, '')}\\${file}`
}

/**
 * What a process start says: an author by its command line, the script host of consumers, a child of a host of
 * consumers. Whether a child of WmiPrvSE is a consumer's or a remote `Win32_Process.Create` is decided when all
 * consumers are known, so only LocalSystem's are passed on: a consumer runs as nothing else.
 */
export function observeProcess(start: ProcessStart, authors: AuthoredReader, sink: ObserveSink): void {
  const image = baseName(start.image)
  const parent = baseName(start.parentImage)
  const context = defined({
    image: start.image,
    commandLine: start.commandLine,
    originalFileName: start.originalFileName,
    parentImage: start.parentImage,
    parentCommandLine: start.parentCommandLine,
  })
  const common = { operation: 'executed' as const, ...(start.user === undefined ? {} : { user: start.user }) }
  if (image === 'scrcons.exe') {
    sink.observe(
      at(start.place, ['execution'], {
        ...common,
        consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
        context: { ...context, signal: 'consumer-host-start' },
      }),
    )
  } else if (parent === 'scrcons.exe') {
    sink.observe(
      at(start.place, ['execution'], {
        ...common,
        consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
        context: { ...context, signal: 'consumer-child' },
      }),
    )
  } else if (parent === 'wmiprvse.exe' && start.system !== false) {
    sink.observe(
      at(start.place, ['execution'], {
        ...common,
        consumer: { class: 'CommandLineEventConsumer', properties: {} },
        context: {
          ...context,
          signal: 'consumer-child',
          ...(start.system === undefined ? {} : { account: 'SYSTEM' }),
        },
      }),
    )
  }
  // Windows records command lines only where it is told to; that mofcomp ran, and who started it, it always does.
  if (start.commandLine === undefined && isMofcomp(start)) {
    sink.observe(
      at(start.place, ['attempt'], {
        operation: 'attempted',
        ...(start.user === undefined ? {} : { user: start.user }),
        context: {
          ...context,
          signal: 'mofcomp',
          tool: 'mofcomp',
          detail: 'its command line is not recorded',
          ...defined({ integrity: start.system === true ? ('system' as const) : start.integrity }),
          ...(image === 'mofcomp.exe' ? {} : { renamed: true as const }),
        },
      }),
    )
    return
  }
  if (start.commandLine === undefined && image !== 'wbemtest.exe') return
  authors.read(
    {
      text: start.commandLine ?? start.image ?? '',
      kind: 'commandLine',
      context: defined({
        image: start.image,
        originalFileName: start.originalFileName,
        parentImage: start.parentImage,
      }),
      ...defined({
        user: start.user,
        parentCommandLine: start.parentCommandLine,
        directory: start.directory,
        integrity: start.system === true ? 'system' : start.integrity,
      }),
    },
    start.place,
  )
}
