import type { JsonObject } from './json-value.ts'
import { readTime } from './time.ts'

const SPLUNK_KEYS = new Set(['LogName', 'SourceName', 'EventCode', 'ComputerName', 'RecordNumber', 'Sid'])

/**
 * Splunk's classic WinEventLog text: a time, then `Key=value` lines, of which `Message` is the last and runs on.
 * `undefined` where a text is not of that form.
 */
export function parseSplunkRaw(raw: string): JsonObject | undefined {
  if (!/^EventCode=\d+\r?$/m.test(raw)) return undefined
  const message = raw.search(/^Message=/m)
  const fields: Record<string, string> = Object.create(null)
  for (const line of raw.slice(0, message < 0 ? undefined : message).split(/\r?\n/)) {
    const equals = line.indexOf('=')
    // Only the keys that an event record has: the event's fields are in the message.
    if (SPLUNK_KEYS.has(line.slice(0, equals))) fields[line.slice(0, equals)] = line.slice(equals + 1)
    else if (equals < 0 && line.trim() !== '') fields.EventTime ??= line.trim()
  }
  if (message >= 0) fields.Message = raw.slice(message + 'Message='.length)
  return fields
}

/** The text's own time is local; the `_time` beside it tells its zone. */
export function withSplunkTime(classic: JsonObject, object: JsonObject): JsonObject {
  const time = object._time
  const zoned =
    typeof time === 'string' && /(?:Z|[+-]\d{2}:?\d{2})$/.test(time) && readTime(time) !== undefined
  return { ...classic, source: object.source, ...(zoned ? { EventTime: time } : {}) }
}
