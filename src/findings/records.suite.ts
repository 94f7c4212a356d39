import { isoToFiletime } from '../bytes/index.ts'
import type { Diagnostic } from '../diagnostics/index.ts'
import type { EventRecord, ExportRow } from '../records/event.ts'
import { createInvestigation, type Investigation, type InvestigationResult } from './investigation.ts'

/** Records written by hand, in the shapes that readers give, for tests of this room. */
let nextRecordId = 1

export interface SampleOptions {
  readonly host?: string
  readonly time?: string
  readonly evidence?: string
  readonly message?: string
  readonly recordId?: number
  readonly recovered?: true
  readonly userSid?: string
}

const BASE_TIME = '2024-05-01T10:00:00Z'

export function sampleEvent(
  log: { readonly provider: string; readonly channel: string; readonly userData?: string },
  eventId: number,
  fields: Readonly<Record<string, string>> | readonly string[],
  options: SampleOptions = {},
): EventRecord {
  const isList = Array.isArray(fields)
  const names = isList ? fields.map(() => '') : Object.keys(fields)
  const values = isList ? [...fields] : Object.values(fields as Record<string, string>)
  const time = isoToFiletime(options.time ?? BASE_TIME)
  return {
    evidence: options.evidence ?? 'e1',
    recordId: options.recordId ?? nextRecordId++,
    provider: log.provider,
    channel: log.channel,
    eventId,
    ...(time === undefined ? {} : { timeFiletime: time }),
    ...(options.host === '' ? {} : { computer: options.host ?? 'PC1' }),
    payload: names.length === 0 ? 'none' : log.userData === undefined ? 'EventData' : 'UserData',
    names,
    values,
    ...(options.message === undefined ? {} : { message: options.message }),
    ...(options.recovered === undefined ? {} : { recovered: options.recovered }),
    ...(options.userSid === undefined ? {} : { userSid: options.userSid }),
  }
}

export const SYSMON = {
  provider: 'Microsoft-Windows-Sysmon',
  channel: 'Microsoft-Windows-Sysmon/Operational',
}
export const WMI = {
  provider: 'Microsoft-Windows-WMI-Activity',
  channel: 'Microsoft-Windows-WMI-Activity/Operational',
  userData: 'Operation',
}
export const SECURITY = { provider: 'Microsoft-Windows-Security-Auditing', channel: 'Security' }
export const POWERSHELL = {
  provider: 'Microsoft-Windows-PowerShell',
  channel: 'Microsoft-Windows-PowerShell/Operational',
}
export const CLASSIC = { provider: 'PowerShell', channel: 'Windows PowerShell' }

/** A value as Sysmon 19 to 21 write it. */
export function quoted(text: string): string {
  return ` "${text.replace(/[\\"]/g, '\\$&')}"`
}

export function sysmonFilter(
  name: string,
  query: string,
  options: SampleOptions & { operation?: string } = {},
): EventRecord {
  return sampleEvent(
    SYSMON,
    19,
    {
      RuleName: '-',
      EventType: 'WmiFilterEvent',
      Operation: options.operation ?? 'Created',
      User: 'LAB\\eve',
      EventNamespace: quoted('root\\cimv2'),
      Name: quoted(name),
      Query: quoted(query),
    },
    options,
  )
}

export function sysmonConsumer(
  name: string,
  type: 'Command Line' | 'Script',
  destination: string,
  options: SampleOptions & { operation?: string } = {},
): EventRecord {
  return sampleEvent(
    SYSMON,
    20,
    {
      RuleName: '-',
      EventType: 'WmiConsumerEvent',
      Operation: options.operation ?? 'Created',
      User: 'LAB\\eve',
      Name: quoted(name),
      Type: type,
      Destination: quoted(destination),
    },
    options,
  )
}

export function sysmonBinding(
  filter: string,
  consumer: string,
  options: SampleOptions & { operation?: string } = {},
): EventRecord {
  return sampleEvent(
    SYSMON,
    21,
    {
      RuleName: '-',
      EventType: 'WmiBindingEvent',
      Operation: options.operation ?? 'Created',
      User: 'LAB\\eve',
      Consumer: quoted(consumer),
      Filter: quoted(`__EventFilter.Name="${filter}"`),
    },
    options,
  )
}

export interface Triad {
  readonly namespace?: string
  readonly filter: string
  readonly query: string
  readonly consumerClass: string
  readonly consumer: string
  /** Properties as MOF text, e.g. `CommandLineTemplate = "cmd.exe";`. */
  readonly properties: string
}

export function possibleCause(triad: Triad): string {
  return [
    'Binding EventFilter: ',
    'instance of __EventFilter',
    '{',
    '\tCreatorSID = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};',
    '\tEventNamespace = "root\\\\cimv2";',
    `\tName = "${triad.filter}";`,
    `\tQuery = "${triad.query.replace(/[\\"]/g, '\\$&')}";`,
    '\tQueryLanguage = "WQL";',
    '};',
    'Perm. Consumer: ',
    `instance of ${triad.consumerClass}`,
    '{',
    '\tCreatorSID = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};',
    `\tName = "${triad.consumer}";`,
    `\t${triad.properties}`,
    '};',
    '',
  ].join('\n')
}

export function activation(triad: Triad, options: SampleOptions = {}): EventRecord {
  return sampleEvent(
    WMI,
    5861,
    {
      Namespace: `//./${(triad.namespace ?? 'root\\subscription').replaceAll('\\', '/')}`,
      ESS: triad.filter,
      CONSUMER: `${triad.consumerClass}="${triad.consumer}"`,
      PossibleCause: possibleCause(triad),
    },
    options,
  )
}

/** Message of 5861 as a forwarder sends it that ships only the message. */
export function activationMessage(triad: Triad): string {
  return `Namespace = //./${(triad.namespace ?? 'root\\subscription').replaceAll('\\', '/')}; Eventfilter = ${triad.filter} (refer to its activate eventid:5859); Consumer = ${triad.consumerClass}="${triad.consumer}"; PossibleCause = ${possibleCause(triad)}`
}

export function process(fields: Readonly<Record<string, string>>, options: SampleOptions = {}): EventRecord {
  return sampleEvent(SYSMON, 1, { User: 'LAB\\eve', ...fields }, options)
}

export function row(table: string, values: Readonly<Record<string, unknown>>): ExportRow {
  return {
    evidence: 'x1',
    rowNumber: nextRecordId++,
    table,
    columns: Object.keys(values),
    values: Object.values(values),
  }
}

/** Investigates records in the given order; diagnostics are collected beside the result. */
export function investigate(
  records: readonly (EventRecord | ExportRow)[],
  prepare: (investigation: Investigation) => void = () => undefined,
): InvestigationResult & { readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const investigation = createInvestigation({ report: (diagnostic) => diagnostics.push(diagnostic) })
  for (const record of records) {
    if ('table' in record) investigation.addRow(record)
    else investigation.addEvent(record)
  }
  prepare(investigation)
  return { ...investigation.finish(), diagnostics }
}
