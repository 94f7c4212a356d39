/**
 * One Windows event as every reader gives it: EVTX, event JSON in any shape, XML lines, message-only forwards.
 * System fields and payload are kept apart, because payload names collide with them (5859 has its own `Provider`).
 */
export interface EventRecord {
  /** Id of the evidence file (`EvidenceItem.id`). */
  readonly evidence: string
  /** Byte offset of the record in the (decompressed) file: EVTX record header, or start of the JSON text or line. */
  readonly offset?: number
  /** System/EventRecordID (not the number in an EVTX record header, which exports renumber). */
  readonly recordId?: number
  /** Present when the record was carved from slack: it survived a wrap or a clear, and is no live record. */
  readonly recovered?: true
  /** System/Provider/@Name as written. */
  readonly provider?: string
  /** System/Provider/@Guid, upper case with braces. */
  readonly providerGuid?: string
  /** System/Channel as written. */
  readonly channel?: string
  readonly eventId: number
  readonly version?: number
  readonly level?: number
  readonly task?: number
  readonly opcode?: number
  /** Hex text as Windows renders it, e.g. `0x8000000000000000`. */
  readonly keywords?: string
  /** System/TimeCreated: FILETIME, 100 ns ticks since 1601-01-01 UTC. */
  readonly timeFiletime?: bigint
  /** System/Execution/@ProcessID and @ThreadID. */
  readonly processId?: number
  readonly threadId?: number
  readonly computer?: string
  /** System/Security/@UserID. */
  readonly userSid?: string
  readonly activityId?: string
  readonly relatedActivityId?: string
  readonly payload: 'EventData' | 'UserData' | 'ProcessingErrorData' | 'none'
  /** Name of the wrapper element inside UserData, e.g. `Operation_ESStoConsumerBinding`; or EventData's Name attribute. */
  readonly payloadElement?: string
  /** Payload field names in order; `''` for an unnamed Data element. Names may repeat. Shared between records: never modify. */
  readonly names: readonly string[]
  /** Payload values in the order of `names`, rendered as Windows renders them in event XML. `undefined` = element absent. */
  readonly values: readonly (string | undefined)[]
  /** Rendered message where the carrier has one (NXLog, forwarded events, Splunk, Log Analytics). */
  readonly message?: string
}

/**
 * One row of a table that was exported from Defender XDR, Sentinel or Log Analytics, recognised by its columns.
 * Values are as the carrier has them (CSV: strings; JSON: any JSON value).
 */
export interface ExportRow {
  readonly evidence: string
  readonly offset?: number
  /** Row number in the file, from 1. */
  readonly rowNumber?: number
  /** Microsoft's table name in its usual spelling, e.g. `DeviceProcessEvents`. */
  readonly table: string
  /** Shared between rows: never modify. Microsoft's spelling of a column where it is a known one. */
  readonly columns: readonly string[]
  readonly values: readonly unknown[]
}

/** Record numbers of a log between two that it has: they were overwritten, cleared, filtered out or damaged. */
export interface RecordIdGap {
  readonly after: number
  readonly before: number
  /** When those two were written: FILETIME. */
  readonly from?: bigint
  readonly to?: bigint
}

/** Numbers of records that a gap lacks. */
export function gapWidth({ after, before }: RecordIdGap): number {
  return before - after - 1
}

/** What one event log covers, whether or not its events were selected: for what could not have been seen. */
export interface LogCoverage {
  readonly evidence: string
  readonly path: string
  /** Channel and computer of one of its events; a log of forwarded events has several. */
  readonly channel?: string
  readonly computer?: string
  /** Live records, readable or not. */
  readonly records: number
  /** Times of writing, from the record headers: FILETIME. */
  readonly earliestFiletime?: bigint
  readonly latestFiletime?: bigint
  /** Lowest and highest number in the record headers, which an export counts anew from 1. */
  readonly firstRecordId?: number
  readonly lastRecordId?: number
  /** Numbers between the lowest and the highest that no live record has. */
  readonly missing: number
  /** The widest gaps, at most a hundred, in order. */
  readonly gaps: readonly RecordIdGap[]
  /** The headers' numbers are not the events' own: an export, of which neither start nor gaps say anything. */
  readonly renumbered?: true
}

/** The payload value of the first field with this name, compared without case (5859 varies `Processid`). */
export function payloadValue(event: EventRecord, name: string): string | undefined {
  const { names, values } = event
  for (let index = 0; index < names.length; index += 1) {
    const candidate = names[index]
    if (candidate === name) return values[index]
  }
  const lower = name.toLowerCase()
  for (let index = 0; index < names.length; index += 1) {
    if (names[index]?.toLowerCase() === lower) return values[index]
  }
  return undefined
}
