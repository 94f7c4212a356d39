import type { Report } from '../../diagnostics/index.ts'
import type { EventRecord } from '../event.ts'
import type { EventSelection } from '../selection.ts'
import { CHUNK_SIZE, FILE_HEADER_SIZE } from './layout.ts'
import { createEvtxScanner } from './scanner.ts'

export interface ReadEvtxOptions {
  /** Copied into every record. Default `evtx`. */
  readonly evidence?: string
  /** Name for diagnostics. Default `evtx`. */
  readonly source?: string
  readonly selection?: EventSelection
  readonly report?: Report
  /** Also give records from slack, marked `recovered`, after the live ones. Default true. */
  readonly recover?: boolean
}

/**
 * The events of an event log in memory, in file order, decoded chunk by chunk as they are asked for. Never throws on
 * any bytes; what cannot be read is given to `report`.
 */
export function* readEvtx(bytes: Uint8Array, options: ReadEvtxOptions = {}): Generator<EventRecord, void> {
  const { evidence = 'evtx', source = 'evtx', selection = 'all', recover = true } = options
  let events: EventRecord[] = []
  const scanner = createEvtxScanner({
    evidence,
    source,
    selection,
    recover,
    report: options.report ?? (() => undefined),
    sink: (event) => events.push(event),
  })
  for (let at = 0; at < bytes.length; ) {
    const next = Math.min(bytes.length, at < FILE_HEADER_SIZE ? FILE_HEADER_SIZE : at + CHUNK_SIZE)
    scanner.feed(bytes.subarray(at, next), at)
    at = next
    yield* events
    events = []
  }
  scanner.end()
  yield* events
}
