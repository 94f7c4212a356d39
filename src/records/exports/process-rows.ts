import { filetimeToIso } from '../../bytes/index.ts'
import { asNumber, asText, asWord } from '../events/json-value.ts'
import { readTime } from '../events/time.ts'

/** Columns of DeviceProcessEvents that other schemas have a counterpart of; every row has all of them, in this order. */
const COLUMNS = [
  'Timestamp',
  'DeviceId',
  'DeviceName',
  'ActionType',
  'FileName',
  'FolderPath',
  'SHA1',
  'SHA256',
  'MD5',
  'ProcessVersionInfoCompanyName',
  'ProcessVersionInfoProductName',
  'ProcessVersionInfoProductVersion',
  'ProcessVersionInfoInternalFileName',
  'ProcessVersionInfoOriginalFileName',
  'ProcessVersionInfoFileDescription',
  'ProcessId',
  'ProcessUniqueId',
  'ProcessCommandLine',
  'ProcessIntegrityLevel',
  'ProcessCreationTime',
  'AccountDomain',
  'AccountName',
  'AccountSid',
  'InitiatingProcessAccountDomain',
  'InitiatingProcessAccountName',
  'InitiatingProcessAccountSid',
  'InitiatingProcessFileName',
  'InitiatingProcessFolderPath',
  'InitiatingProcessId',
  'InitiatingProcessUniqueId',
  'InitiatingProcessCommandLine',
  'InitiatingProcessParentFileName',
] as const

export const PROCESS_COLUMNS: readonly string[] = COLUMNS

/** What a row of another schema says of a process start, each value as its carrier has it. */
export interface ProcessFacts {
  readonly time: unknown
  readonly host: unknown
  readonly image: unknown
  readonly fileName?: unknown
  readonly commandLine: unknown
  readonly pid: unknown
  readonly guid: unknown
  readonly created?: unknown
  readonly integrity: unknown
  /** Name with its domain before it, or the name alone. */
  readonly user: unknown
  readonly userDomain?: unknown
  readonly userSid: unknown
  readonly actor?: unknown
  readonly actorSid?: unknown
  readonly parentImage: unknown
  readonly parentFileName?: unknown
  readonly parentCommandLine: unknown
  readonly parentPid: unknown
  readonly parentGuid: unknown
  readonly grandparent?: unknown
  readonly sha1: unknown
  readonly sha256: unknown
  readonly md5: unknown
  readonly company: unknown
  readonly product: unknown
  readonly productVersion: unknown
  readonly internalName?: unknown
  readonly originalName: unknown
  readonly description: unknown
}

/**
 * The values of a row of DeviceProcessEvents in the order of {@link PROCESS_COLUMNS}, which is what process starts of all
 * sources become. `DeviceId` is the host's name in lower case, as it is for events. Source: the telemetry reference, section 13.
 */
export function processRow(facts: ProcessFacts): readonly unknown[] {
  const host = asWord(facts.host)
  const image = asWord(facts.image)
  const parent = asWord(facts.parentImage)
  const user = account(facts.user, facts.userDomain)
  const actor = account(facts.actor, undefined)
  const cells: Readonly<Record<(typeof COLUMNS)[number], unknown>> = {
    Timestamp: isoTime(facts.time),
    DeviceId: host?.toLowerCase(),
    DeviceName: host,
    ActionType: 'ProcessCreated',
    FileName: asWord(facts.fileName) ?? baseName(image),
    FolderPath: image,
    SHA1: asWord(facts.sha1)?.toLowerCase(),
    SHA256: asWord(facts.sha256)?.toLowerCase(),
    MD5: asWord(facts.md5)?.toLowerCase(),
    ProcessVersionInfoCompanyName: asWord(facts.company),
    ProcessVersionInfoProductName: asWord(facts.product),
    ProcessVersionInfoProductVersion: asWord(facts.productVersion),
    ProcessVersionInfoInternalFileName: asWord(facts.internalName),
    ProcessVersionInfoOriginalFileName: asWord(facts.originalName),
    ProcessVersionInfoFileDescription: asWord(facts.description),
    ProcessId: asNumber(facts.pid),
    ProcessUniqueId: asWord(facts.guid),
    ProcessCommandLine: asText(facts.commandLine),
    ProcessIntegrityLevel: asWord(facts.integrity)?.replace(/^[a-z]/, (letter) => letter.toUpperCase()),
    ProcessCreationTime: isoTime(facts.created ?? facts.time),
    AccountDomain: user.domain,
    AccountName: user.name,
    AccountSid: sid(facts.userSid),
    InitiatingProcessAccountDomain: actor.domain,
    InitiatingProcessAccountName: actor.name,
    InitiatingProcessAccountSid: sid(facts.actorSid),
    InitiatingProcessFileName: asWord(facts.parentFileName) ?? baseName(parent),
    InitiatingProcessFolderPath: parent,
    InitiatingProcessId: asNumber(facts.parentPid),
    InitiatingProcessUniqueId: asWord(facts.parentGuid),
    InitiatingProcessCommandLine: asText(facts.parentCommandLine),
    InitiatingProcessParentFileName: baseName(asWord(facts.grandparent)),
  }
  return COLUMNS.map((column) => cells[column])
}

function isoTime(value: unknown): string | undefined {
  const time = readTime(value)
  return time === undefined ? undefined : filetimeToIso(time)
}

const baseName = (path: string | undefined): string | undefined => path?.slice(path.lastIndexOf('\\') + 1)

function account(user: unknown, domain: unknown): { name?: string | undefined; domain?: string | undefined } {
  const text = asWord(user)
  const slash = text?.indexOf('\\') ?? -1
  if (text === undefined || slash < 0) return { name: text, domain: asWord(domain) }
  return { name: text.slice(slash + 1), domain: text.slice(0, slash) }
}

function sid(value: unknown): string | undefined {
  const text = asWord(value)
  return text !== undefined && /^S-1-/i.test(text) ? text : undefined
}
