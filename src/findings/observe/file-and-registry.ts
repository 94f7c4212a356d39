import type { EventRecord, ExportRow } from '../../records/event.ts'
import { defined } from './objects.ts'
import {
  accountName,
  asSource,
  at,
  baseName,
  fieldsOf,
  type Place,
  placeOfEvent,
  placeOfRow,
  rowText,
} from './place.ts'
import { fullPath } from './process.ts'
import { foreignProvider, normalizePath, userWritable } from './provider-path.ts'
import type { ObserveSink } from './sink.ts'

/**
 * Files of the WMI repository in its one real place. Anything else that is called repository (a Maven cache, a Git
 * folder) is nothing. XP keeps them in `FS`. Source: TELEMETRY section 7.
 */
const REPOSITORY_FILE =
  /^(?:[a-z]:)?\\windows\\(?:system32|sysnative|syswow64)\\wbem\\repository\\(?:fs\\)?(?:objects\.data|index\.btr|mapping\d?\.(?:map|ver)|objects\.map|index\.map)$/
/** Compiled as soon as it lies there on Windows XP and Server 2003, never since. Source: TRADECRAFT C9c. */
const LEGACY_MOF = /^(?:[a-z]:)?\\windows\\system32\\wbem\\mof\\[^\\]+\.mof$/
/** Where Windows keeps its own definitions. */
const WBEM_MOF =
  /^(?:[a-z]:)?\\windows\\(?:system32|sysnative|syswow64)\\wbem\\(?:[^\\]+\\)?[^\\]+\.(?:mof|mfl)$/
/** Writers that belong there: the service itself (in svchost) and Windows servicing and setup. */
const SERVICING = new Set([
  ...['svchost.exe', 'winmgmt.exe', 'wmiprvse.exe', 'tiworker.exe', 'trustedinstaller.exe', 'poqexec.exe'],
  ...['setuphost.exe', 'setupplatform.exe', 'setup.exe', 'windeploy.exe', 'oobeldr.exe', 'dismhost.exe'],
  ...['dism.exe', 'wuauclt.exe', 'musnotification.exe', 'system', 'ntoskrnl.exe', 'registry', 'services.exe'],
])
const AUTORECOVER = /\\software\\(?:wow6432node\\)?microsoft\\wbem\\cimom(?:\\|$)/i
/** 4663 AccessMask bits that write, append or delete. Source: [MS-DTYP] 2.4.3. */
const WRITE_ACCESS = 0x2 | 0x4 | 0x10000 | 0x40000000

/** A file written, created or renamed, however it was recorded. */
export interface FileWrite {
  readonly place: Place
  readonly path: string | undefined
  readonly image: string | undefined
  readonly user: string | undefined
}

/** A registry value set, however it was recorded. */
export interface RegistryWrite {
  readonly place: Place
  readonly key: string | undefined
  readonly valueName: string | undefined
  readonly data: string | undefined
  readonly previousData: string | undefined
  readonly image: string | undefined
  readonly user: string | undefined
}

/** Sysmon 11. */
export function sysmonFile(event: EventRecord): FileWrite {
  const field = fieldsOf(event)
  return {
    place: placeOfEvent(event, 'sysmon'),
    path: field('TargetFilename'),
    image: field('Image'),
    user: field('User'),
  }
}

/** Security 4663 on a file; `undefined` when it only reads. */
export function securityFile(event: EventRecord): FileWrite | undefined {
  const field = fieldsOf(event, {
    ObjectName: 'Object Name',
    ProcessName: 'Process Name',
    AccessMask: 'Access Mask',
  })
  if ((Number(field('AccessMask') ?? 0) & WRITE_ACCESS) === 0) return undefined
  return {
    place: placeOfEvent(event, 'security'),
    path: field('ObjectName'),
    image: field('ProcessName'),
    user: accountName(field('SubjectDomainName'), field('SubjectUserName')),
  }
}

/** A row of DeviceFileEvents; `undefined` for deletions. */
export function defenderFile(row: ExportRow): FileWrite | undefined {
  if (rowText(row, 'ActionType') === 'FileDeleted') return undefined
  return {
    place: placeOfRow(row, 'defender'),
    path: fullPath(rowText(row, 'FolderPath'), rowText(row, 'FileName')),
    image: fullPath(rowText(row, 'InitiatingProcessFolderPath'), rowText(row, 'InitiatingProcessFileName')),
    user: initiator(row),
  }
}

/** Repository files written by anything but the service; files written by the script host of consumers. */
export function observeFile(write: FileWrite, sink: ObserveSink): void {
  if (write.path === undefined || write.image === undefined) return
  const image = baseName(write.image)
  if (image === 'scrcons.exe') {
    sink.observe(
      at(write.place, ['execution'], {
        operation: 'executed',
        consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
        context: {
          signal: 'consumer-host-start',
          image: write.image,
          detail: `scrcons.exe wrote ${write.path}`,
        },
      }),
    )
    return
  }
  if (LEGACY_MOF.test(normalizePath(write.path)) && !SERVICING.has(image)) {
    sink.observe(
      at(asSource(write.place, 'file'), ['attempt'], {
        operation: 'attempted',
        ...(write.user === undefined ? {} : { user: write.user }),
        context: { signal: 'mof-dropped', image: write.image, mofPath: write.path, detail: write.path },
      }),
    )
    return
  }
  if (WBEM_MOF.test(normalizePath(write.path)) && !SERVICING.has(image)) {
    sink.observe(
      at(asSource(write.place, 'file'), ['attempt'], {
        operation: 'attempted',
        ...(write.user === undefined ? {} : { user: write.user }),
        context: { signal: 'mof-written', image: write.image, mofPath: write.path, detail: write.path },
      }),
    )
    return
  }
  if (!/repository/i.test(write.path) || !REPOSITORY_FILE.test(normalizePath(write.path))) return
  const known = SERVICING.has(image) && (!/[\\/]/.test(write.image) || !foreignProvider(write.image))
  const place = normalizePath(write.image)
  // A copy of svchost.exe elsewhere is no service.
  const misplaced =
    image === 'svchost.exe' &&
    /\\/.test(place) &&
    !/\\windows\\(?:system32|syswow64)\\svchost\.exe$/.test(place)
  if ((known && !misplaced) || image.startsWith('<')) return
  sink.observe(
    at(asSource(write.place, 'file'), ['attempt'], {
      operation: 'modified',
      ...(write.user === undefined ? {} : { user: write.user }),
      context: { signal: 'repository-replaced', image: write.image, detail: write.path },
    }),
  )
}

/** Sysmon 13 (value set). */
export function sysmonRegistry(event: EventRecord): RegistryWrite {
  const field = fieldsOf(event)
  const target = field('TargetObject')
  const cut = target?.lastIndexOf('\\') ?? -1
  return {
    place: placeOfEvent(event, 'sysmon'),
    key: target?.slice(0, Math.max(cut, 0)),
    valueName: target?.slice(cut + 1),
    data: field('Details'),
    previousData: undefined,
    image: field('Image'),
    user: field('User'),
  }
}

/** Security 4657. */
export function securityRegistry(event: EventRecord): RegistryWrite {
  const field = fieldsOf(event, {
    ObjectName: 'Object Name',
    ObjectValueName: 'Object Value Name',
    OldValue: 'Old Value',
    NewValue: 'New Value',
    ProcessName: 'Process Name',
  })
  return {
    place: placeOfEvent(event, 'security'),
    key: field('ObjectName'),
    valueName: field('ObjectValueName'),
    data: field('NewValue'),
    previousData: field('OldValue'),
    image: field('ProcessName'),
    user: accountName(field('SubjectDomainName'), field('SubjectUserName')),
  }
}

/** A row of DeviceRegistryEvents. */
export function defenderRegistry(row: ExportRow): RegistryWrite {
  return {
    place: placeOfRow(row, 'defender'),
    key: rowText(row, 'RegistryKey'),
    valueName: rowText(row, 'RegistryValueName'),
    data: rowText(row, 'RegistryValueData'),
    previousData: rowText(row, 'PreviousRegistryValueData'),
    image: fullPath(rowText(row, 'InitiatingProcessFolderPath'), rowText(row, 'InitiatingProcessFileName')),
    user: initiator(row),
  }
}

/**
 * The auto-recover list gains a MOF outside Windows' and products' folders, or is written by something that neither
 * compiles MOF nor services Windows. Sysmon shows a REG_MULTI_SZ only as `Binary Data`.
 */
export function observeRegistry(write: RegistryWrite, sink: ObserveSink): void {
  if (write.valueName?.toLowerCase() !== 'autorecover mofs' || !AUTORECOVER.test(`${write.key ?? ''}\\`))
    return
  const before = new Set(mofPaths(write.previousData).map(normalizePath))
  const added = mofPaths(write.data).filter((path) => !before.has(normalizePath(path)))
  const foreign = added.filter((path) => foreignProvider(path) || userWritable(path))
  const image = baseName(write.image)
  const usualWriter =
    SERVICING.has(image) || image === 'mofcomp.exe' || image === '' || image === 'msiexec.exe'
  if (foreign.length === 0 && (added.length > 0 || usualWriter)) return
  sink.observe(
    at(write.place, ['attempt'], {
      operation: 'attempted',
      ...(write.user === undefined ? {} : { user: write.user }),
      context: {
        signal: 'autorecover',
        autorecover: true,
        ...defined({ image: write.image, mofPath: foreign[0] }),
        detail:
          foreign.length === 0
            ? 'the auto-recover list was written; its content is not recorded'
            : `the auto-recover list gained ${foreign.join(', ')}`,
      },
    }),
  )
}

/** Paths of a REG_MULTI_SZ, however it was written as text: NUL, line ends, `;`, `|` or blanks between full paths. */
function mofPaths(data: string | undefined): string[] {
  if (data === undefined || /^binary data$/i.test(data.trim())) return []
  return data
    .split(/\0|\\0|[\r\n;|]+|,\s?(?=[a-z]:\\|%|\\\\)|\s(?=[a-z]:\\|%\w{1,64}%|\\\\)/i)
    .map((part) => part.trim())
    .filter((part) => part !== '' && /[\\/]/.test(part))
    .slice(0, 4096)
}

function initiator(row: ExportRow): string | undefined {
  return accountName(
    rowText(row, 'InitiatingProcessAccountDomain'),
    rowText(row, 'InitiatingProcessAccountName'),
  )
}
