import { filetimeToIso, isoToFiletime } from '../../bytes/index.ts'
import { type EventRecord, type ExportRow, payloadValue } from '../../records/event.ts'
import type { Observation, Shows, Sighting, SightingSource } from '../model.ts'

/** What every observation from one record shares: when, on which host, and where it stands in the evidence. */
export interface Place {
  readonly host?: string | undefined
  readonly timeFiletime?: bigint | undefined
  readonly sighting: Omit<Sighting, 'shows'>
}

/**
 * Place of an event record, worked out when it is asked for: most records are looked at and let go. Sysmon's own
 * UtcTime is not used: it lies up to seconds before the record.
 */
export function placeOfEvent(event: EventRecord, source: SightingSource): Place {
  return new LazyPlace(() => {
    const time = event.timeFiletime === undefined ? undefined : filetimeToIso(event.timeFiletime)
    return {
      ...(usable(event.computer) ? { host: event.computer } : {}),
      ...(event.timeFiletime === undefined || time === undefined ? {} : { timeFiletime: event.timeFiletime }),
      sighting: {
        evidence: event.evidence,
        source,
        ...(event.channel === undefined ? {} : { channel: event.channel }),
        eventId: event.eventId,
        ...(event.recordId === undefined ? {} : { recordId: event.recordId }),
        ...(event.offset === undefined ? {} : { offset: event.offset }),
        ...(time === undefined ? {} : { time }),
        ...(event.recovered === true ? { recovered: true as const } : {}),
      },
    }
  })
}

/** Place of a row of an exported table; the row's number stands in for a record id. */
export function placeOfRow(row: ExportRow, source: SightingSource): Place {
  return new LazyPlace(() => {
    const host = rowText(row, 'DeviceName') ?? rowText(row, 'Computer')
    const written = rowText(row, 'Timestamp') ?? rowText(row, 'TimeGenerated')
    const filetime = written === undefined ? undefined : isoToFiletime(written)
    const time = filetime === undefined ? undefined : filetimeToIso(filetime)
    return {
      ...(host === undefined ? {} : { host }),
      ...(filetime === undefined || time === undefined ? {} : { timeFiletime: filetime }),
      sighting: {
        evidence: row.evidence,
        source,
        channel: row.table,
        ...(row.rowNumber === undefined ? {} : { recordId: row.rowNumber }),
        ...(row.offset === undefined ? {} : { offset: row.offset }),
        ...(time === undefined ? {} : { time }),
      },
    }
  })
}

class LazyPlace implements Place {
  #make: (() => Place) | undefined
  #made: Place | undefined

  constructor(make: () => Place) {
    this.#make = make
  }

  get host(): string | undefined {
    return this.#place().host
  }

  get timeFiletime(): bigint | undefined {
    return this.#place().timeFiletime
  }

  get sighting(): Place['sighting'] {
    return this.#place().sighting
  }

  #place(): Place {
    if (this.#made === undefined && this.#make !== undefined) {
      this.#made = this.#make()
      // Let the record go.
      this.#make = undefined
    }
    return this.#made ?? { sighting: { evidence: '', source: 'file' } }
  }
}

/** A place whose sightings are of another source. */
export function asSource(place: Place, source: SightingSource): Place {
  const { host, timeFiletime, sighting } = place
  return { host, timeFiletime, sighting: { ...sighting, source } }
}

/** An observation at a place: the fields that depend on where it was seen are filled in. */
export function at(
  place: Place,
  shows: readonly Shows[],
  rest: Omit<Observation, 'host' | 'timeFiletime' | 'sighting'>,
): Observation {
  return {
    ...(place.host === undefined ? {} : { host: place.host }),
    ...(place.timeFiletime === undefined ? {} : { timeFiletime: place.timeFiletime }),
    ...rest,
    sighting: { ...place.sighting, shows },
  }
}

/** How a dismissed entry names the place. */
export function fromPlace(place: Place): { evidence: string; recordId?: number; offset?: number } {
  const { evidence, recordId, offset } = place.sighting
  return {
    evidence,
    ...(recordId === undefined ? {} : { recordId }),
    ...(offset === undefined ? {} : { offset }),
  }
}

/** Text of a row's column, found without case; `undefined` for absent and empty values. */
export function rowText(row: ExportRow, column: string): string | undefined {
  const value = rowValue(row, column)
  if (value === undefined || value === null || value === '') return undefined
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Value of a row's column, found without case. */
export function rowValue(row: ExportRow, column: string): unknown {
  const direct = row.columns.indexOf(column)
  if (direct >= 0) return row.values[direct]
  const lower = column.toLowerCase()
  return row.values[row.columns.findIndex((name) => name.toLowerCase() === lower)]
}

/** Reads a field of an event by name: from its payload or, where a forwarder sent only that, its rendered message. */
export type Field = (name: string) => string | undefined

/**
 * Fields of an event. A message has them as `Name: value` lines (Sysmon) or as tabbed lines in sections (Security);
 * `messageLabels` gives the label of a field in such a message where it differs from the field's name.
 */
export function fieldsOf(event: EventRecord, messageLabels: Readonly<Record<string, string>> = {}): Field {
  return (name) => {
    const value = payloadValue(event, name)
    if (value !== undefined && value !== '') return value
    if (event.message === undefined || event.message === '') return undefined
    return messageLine(event.message, messageLabels[name] ?? name)
  }
}

/** Value of the first line `label: value` of a rendered message. */
export function messageLine(message: string, label: string): string | undefined {
  const escaped = label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const value = new RegExp(`(?:^|[\\r\\n])[ \\t]*${escaped}:[ \\t]*([^\\r\\n]*)`, 'i').exec(message)?.[1]
  return value === undefined || value.trim() === '' ? undefined : value.trimEnd()
}

/** False for the placeholders that Windows and forwarders write where there is no value. */
export function usable(text: string | undefined): text is string {
  return text !== undefined && text !== '' && text !== '-' && text !== 'N/A'
}

/** `DOMAIN\name` of an account; the name alone where there is no domain. */
export function accountName(domain: string | undefined, name: string | undefined): string | undefined {
  if (!usable(name)) return undefined
  return usable(domain) ? `${domain}\\${name}` : name
}

/** Last component of a Windows path, lower case, without quotes. */
export function baseName(path: string | undefined): string {
  if (path === undefined) return ''
  const trimmed = path.trim().replace(/^"|"$/g, '')
  return trimmed.slice(Math.max(trimmed.lastIndexOf('\\'), trimmed.lastIndexOf('/')) + 1).toLowerCase()
}
