/** Names of the value types of BinXML, as in `VALUE` of the layout. */
export type EvtxValueType =
  | 'string'
  | 'ansiString'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'real32'
  | 'real64'
  | 'bool'
  | 'binary'
  | 'guid'
  | 'sizeT'
  | 'filetime'
  | 'systemTime'
  | 'sid'
  | 'hexInt32'
  | 'hexInt64'

/**
 * What a value of a type is made from: numbers and bigints for the numeric types and FILETIME (ticks), text for text,
 * GUID and SID, bytes for `binary` and `systemTime` (or their upper-case hex).
 */
export type EvtxScalar = string | number | bigint | boolean | Uint8Array

export interface EvtxTypedValue {
  readonly type: EvtxValueType
  readonly value: EvtxScalar
}

/** An array value: Windows shows one element for each item. */
export interface EvtxArrayValue {
  readonly type: EvtxValueType
  readonly values: readonly EvtxScalar[]
}

/** Text is `string`, a number `uint32`, a boolean `bool`; `null` is an absent element. */
export type EvtxFieldValue = string | number | boolean | null | EvtxTypedValue | EvtxArrayValue

/** Name and value; the name `''` is a Data element without Name attribute. */
export type EvtxField = readonly [name: string, value: EvtxFieldValue]

/** One event to write, as a person would describe it. */
export interface EvtxEventInput {
  readonly provider: string
  /** `{...}` or without braces, any case. */
  readonly providerGuid?: string
  readonly channel: string
  readonly eventId: number
  readonly version?: number
  readonly level?: number
  readonly task?: number
  readonly opcode?: number
  /** Hex text `0x...`. Default `0x8000000000000000`. */
  readonly keywords?: string
  /** FILETIME ticks, or an ISO time. */
  readonly time: bigint | string
  readonly processId?: number
  readonly threadId?: number
  readonly computer: string
  readonly userSid?: string
  readonly activityId?: string
  readonly relatedActivityId?: string
  /** Default: one more than the record before, from 1. */
  readonly recordId?: number
  readonly eventData?: readonly EvtxField[]
  /** EventData's own Name attribute. */
  readonly eventDataName?: string
  readonly userData?: {
    /** The wrapper element, e.g. `Operation_ESStoConsumerBinding`. */
    readonly element: string
    /** Its `xmlns`. */
    readonly namespace?: string
    readonly fields: readonly EvtxField[]
  }
  /**
   * How the record is stored: with templates (as the event log service does, default) or as plain text (as forwarded
   * and exported events are).
   */
  readonly form?: 'templates' | 'text'
}

export interface WriteEvtxOptions {
  /** Most records in one chunk. Default: as many as fit. */
  readonly recordsPerChunk?: number
  /** Zero-filled chunks after the last one, as preallocated logs have. */
  readonly emptyChunks?: number
  /** Sets the file's dirty flag, as a log copied while open has. */
  readonly dirty?: boolean
  /** Overrides the chunk count of the file header: dirty logs have one that is too low. */
  readonly headerChunkCount?: number
  /** Events the log held before it was cleared: what the new ones do not overwrite stays in slack. */
  readonly clearedEvents?: readonly EvtxEventInput[]
}
