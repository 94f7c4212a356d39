import type { EventRecord } from '../event.ts'
import { type Chunk, chunkError } from './chunk.ts'
import { ChunkReader } from './chunk-reader.ts'
import { RECORD_HEADER_SIZE, TOKEN } from './layout.ts'
import { PayloadReader } from './payload.ts'
import { type EventPlan, planEvent } from './plan.ts'
import type { Substitutions } from './substitutions.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** System/Provider/@Name and System/EventID of a record, which decide whether it is wanted. */
export interface EventIdentity {
  readonly provider: string | undefined
  readonly eventId: number | undefined
}

/** Turns records of a chunk into events. */
export class RecordReader {
  readonly chunkReader: ChunkReader
  private readonly evidence: string
  private readonly payload: PayloadReader

  constructor(evidence: string, chunk: Chunk) {
    this.evidence = evidence
    this.chunkReader = new ChunkReader(chunk)
    this.payload = new PayloadReader(this.chunkReader)
  }

  /** The event of the record at `start` whose BinXML ends at `end`. Throws `InputError` with an `evtx/` code. */
  read(start: number, end: number): EventRecord {
    this.payload.reset()
    const at = start + RECORD_HEADER_SIZE
    const position = this.chunkReader.skipFragmentHeader(at, end)
    const values = this.chunkReader.level(0)
    if (this.chunkReader.chunk.bytes[position] === TOKEN.templateInstance) {
      const { template, valuesAt } = this.chunkReader.instanceAt(position, end)
      const plan = template.eventPlan
      if (plan === undefined) throw this.noEvent(start)
      values.read(this.chunkReader.chunk, valuesAt, end)
      return this.event(plan, values, start, end)
    }
    values.clear()
    const plan = planEvent(this.chunkReader.fragment(position, end))
    if (plan === undefined) throw this.noEvent(start)
    return this.event(plan, values, start, end)
  }

  /** Provider and event id alone, of any form of record, without reading its payload. */
  identify(start: number, end: number): EventIdentity {
    const position = this.chunkReader.skipFragmentHeader(start + RECORD_HEADER_SIZE, end)
    const values = this.chunkReader.level(0)
    let plan: EventPlan | undefined
    if (this.chunkReader.chunk.bytes[position] === TOKEN.templateInstance) {
      const { template, valuesAt } = this.chunkReader.instanceAt(position, end)
      plan = template.eventPlan
      values.read(this.chunkReader.chunk, valuesAt, end)
    } else {
      values.clear()
      plan = planEvent(this.chunkReader.fragment(position, end, 'System'))
    }
    if (plan === undefined) throw this.noEvent(start)
    const { provider, eventSource, eventId } = plan.system
    return {
      provider: this.chunkReader.text(provider, values) ?? this.chunkReader.text(eventSource, values),
      eventId: this.chunkReader.integer(eventId, values),
    }
  }

  private event(plan: EventPlan, values: Substitutions, start: number, end: number): EventRecord {
    const { system } = plan
    const eventId = this.chunkReader.integer(system.eventId, values)
    if (eventId === undefined) throw this.noEvent(start)
    const { payload } = this
    payload.add(plan.body, values, 0, end)
    const event: Mutable<EventRecord> = {
      evidence: this.evidence,
      offset: this.chunkReader.chunk.fileOffset + start,
      eventId,
      payload: payload.payload,
      names: payload.names,
      values: payload.values,
    }
    this.addNumbers(event, plan, values)
    this.addTexts(event, plan, values)
    const time = this.chunkReader.filetime(system.timeCreated, values)
    if (time !== undefined) event.timeFiletime = time
    if (payload.element !== undefined) event.payloadElement = payload.element
    if (payload.message !== undefined) event.message = payload.message
    return event
  }

  private addNumbers(event: Mutable<EventRecord>, { system }: EventPlan, values: Substitutions): void {
    const recordId = this.chunkReader.integer(system.recordId, values)
    if (recordId !== undefined) event.recordId = recordId
    const version = this.chunkReader.integer(system.version, values)
    if (version !== undefined) event.version = version
    const level = this.chunkReader.integer(system.level, values)
    if (level !== undefined) event.level = level
    const task = this.chunkReader.integer(system.task, values)
    if (task !== undefined) event.task = task
    const opcode = this.chunkReader.integer(system.opcode, values)
    if (opcode !== undefined) event.opcode = opcode
    const processId = this.chunkReader.integer(system.processId, values)
    if (processId !== undefined) event.processId = processId
    const threadId = this.chunkReader.integer(system.threadId, values)
    if (threadId !== undefined) event.threadId = threadId
  }

  private addTexts(event: Mutable<EventRecord>, { system }: EventPlan, values: Substitutions): void {
    const provider =
      this.chunkReader.text(system.provider, values) ?? this.chunkReader.text(system.eventSource, values)
    if (provider !== undefined) event.provider = provider
    const providerGuid = this.chunkReader.text(system.providerGuid, values)
    if (providerGuid !== undefined) event.providerGuid = providerGuid.toUpperCase()
    const channel = this.chunkReader.text(system.channel, values)
    if (channel !== undefined) event.channel = channel
    const computer = this.chunkReader.text(system.computer, values)
    if (computer !== undefined) event.computer = computer
    const keywords = this.chunkReader.text(system.keywords, values)
    if (keywords !== undefined) event.keywords = keywords
    const userSid = this.chunkReader.text(system.userSid, values)
    if (userSid !== undefined && userSid !== '') event.userSid = userSid
    const activityId = this.chunkReader.text(system.activityId, values)
    if (activityId !== undefined && activityId !== '') event.activityId = activityId.toUpperCase()
    const relatedActivityId = this.chunkReader.text(system.relatedActivityId, values)
    if (relatedActivityId !== undefined && relatedActivityId !== '') {
      event.relatedActivityId = relatedActivityId.toUpperCase()
    }
  }

  private noEvent(start: number): Error {
    return chunkError(
      'evtx/no-event',
      'the record holds no Event element with an event id',
      this.chunkReader.chunk,
      start,
    )
  }
}
