/**
 * Windows events from text: JSON in every shape tools write, event XML, CSV, and events of which only the message
 * is left → {@link EventRecord} with the field names of the event's own XML. The same files may turn out to be rows
 * of exported tables or state listings, for which kind is decided object by object.
 */
import type { FileContext, FileOutcome } from '../file-context.ts'
import { ClixmlReader } from './clixml.ts'
import { readCsvRows } from './csv.ts'
import { ElementReader } from './element-reader.ts'
import { EventTextReader } from './event-text.ts'
import { HeldFaults } from './held-faults.ts'
import { JsonSplitter, MAX_JSON_DEPTH } from './json-splitter.ts'
import { isDeeper, isObject, parseJson } from './json-value.ts'
import { eventPrefix, XmlSplitter } from './xml-splitter.ts'

/** Faults before the first record of a file; more tell no more than these do. */
const MAX_HELD_FAULTS = 1000

/** As much of a file as decided that it is event XML. */
const HEAD_BYTES = 64 * 1024

/** Reads a stream of UTF-8 JSON: an array, JSON Lines, or objects one after the other. */
export async function readEventJson(
  chunks: AsyncIterable<Uint8Array>,
  context: FileContext,
): Promise<FileOutcome> {
  let begin = ''
  const faults = new HeldFaults(
    context.report,
    () => reader.read > 0 || /^[\s\ufeff]*[[{"]/.test(begin),
    MAX_HELD_FAULTS,
  )
  const { report } = faults
  const reader = new ElementReader({ ...context, report })
  const read = (text: string, offset: number): unknown =>
    parseJson(text, () =>
      report({
        code: 'events/lone-surrogate',
        severity: 'error',
        message: 'an escape in this JSON object spells half a character; U+FFFD stands in its place',
        at: { in: 'bytes', source: context.source, offset },
      }),
    )
  const splitter = new JsonSplitter({
    source: context.source,
    report,
    line(bytes, offset) {
      if (reader.passOver(bytes)) return true
      const text = bytes.toString('utf8')
      let value: unknown
      try {
        value = read(text, offset)
      } catch (error) {
        if (error instanceof SyntaxError) return false
        throw error
      }
      if (!isObject(value) || isDeeper(value, MAX_JSON_DEPTH)) return false
      reader.take(value, offset, text)
      return true
    },
    element(text, offset) {
      let value: unknown
      try {
        value = read(text, offset)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        reader.damaged += 1
        report({
          code: 'events/damaged-element',
          severity: 'error',
          message: `the JSON object is not valid (${error.message.slice(0, 120)}); it was left out`,
          at: { in: 'bytes', source: context.source, offset },
        })
        return
      }
      reader.take(value, offset, text)
    },
  })
  for await (const chunk of chunks) {
    if (begin.trimStart() === '') begin = Buffer.from(chunk.subarray(0, HEAD_BYTES)).toString('utf8')
    splitter.feed(chunk)
    if (reader.hopeless) break
  }
  if (!reader.hopeless) splitter.end()
  if (faults.tell()) return reader.outcome('JSON', splitter.damaged)
  return { kind: 'unknown', read: 0, relevant: 0, damaged: 0, skipped: 'text in which no record was found' }
}

/** Reads a CSV file: an exported table, a timeline of EvtxECmd or Hayabusa, Splunk results, Autoruns. */
export async function readEventCsv(
  chunks: AsyncIterable<Uint8Array>,
  context: FileContext,
): Promise<FileOutcome> {
  const reader = new ElementReader(context)
  const damaged = await readCsvRows(chunks, reader, context)
  return reader.outcome('CSV', damaged)
}

/** Reads what PowerShell's Export-Clixml writes: events of Get-WinEvent, CIM and WMI objects, event XML as text. */
export async function readClixml(
  chunks: AsyncIterable<Uint8Array>,
  context: FileContext,
): Promise<FileOutcome> {
  const reader = new ElementReader(context)
  const clixml = new ClixmlReader(context, (value, offset) => reader.take(value, offset))
  for await (const chunk of chunks) clixml.feed(chunk)
  clixml.end()
  return reader.outcome('PowerShell objects', clixml.damaged)
}

/** Reads text of `wevtutil qe /f:text` and raw events of Splunk's classic WinEventLog. */
export async function readEventText(
  chunks: AsyncIterable<Uint8Array>,
  context: FileContext,
): Promise<FileOutcome> {
  const reader = new ElementReader(context)
  const text = new EventTextReader(context, (value, offset) => reader.take(value, offset))
  for await (const chunk of chunks) text.feed(chunk)
  text.end()
  return reader.outcome('event text', text.damaged)
}

/** Reads event XML: `wevtutil qe /f:xml` with or without a root, one event a line, other text between. */
export async function readEventXml(
  chunks: AsyncIterable<Uint8Array>,
  context: FileContext,
): Promise<FileOutcome> {
  const reader = new ElementReader(context)
  let splitter: XmlSplitter | undefined
  for await (const chunk of chunks) {
    splitter ??= new XmlSplitter({
      source: context.source,
      report: context.report,
      prefix: eventPrefix(Buffer.from(chunk.subarray(0, HEAD_BYTES)).toString('latin1')),
      element: (text, offset) => reader.takeXml(text, offset),
    })
    splitter.feed(chunk)
  }
  splitter?.end()
  return reader.outcome('XML', splitter?.damaged ?? 0)
}
