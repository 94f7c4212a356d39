import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Report } from '../diagnostics/index.ts'
import {
  type Detection,
  type DetectionTest,
  type ExpectedFiring,
  SIGNALS,
  type Signal,
  SOURCES,
  type Source,
} from './model.ts'
import { type FieldReader, readYamlFields } from './yaml-reader.ts'

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const VERSION = /^\d+\.\d+\.\d+$/
const DURATION = /^\d+[mhd]$/
const TECHNIQUE = /^T\d{4}(\.\d{3})?$/
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/
const TEMPLATE_ID = /^[a-z0-9]+(-[a-z0-9]+)*$/

/**
 * Loads every detection of a content folder, sorted by id. What is wrong with one is reported and leaves that one out;
 * the others still load.
 */
export function loadDetections(folder: string, report: Report): Detection[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'detection.yaml')))
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => loadDetection(join(folder, name), report) ?? [])
}

/** Loads one detection folder; `undefined`, with all faults reported, when it cannot be used. */
export function loadDetection(folder: string, report: Report): Detection | undefined {
  const source = join(folder, 'detection.yaml')
  const fields = readYamlFields(readFileSync(source, 'utf8'), source, report)
  if (fields === undefined) return undefined
  const detection = readDetection(fields, folder)
  fields.finish()
  return fields.failed ? undefined : detection
}

function readDetection(fields: FieldReader, folder: string): Detection {
  const id = fields.text('id', { pattern: TEMPLATE_ID, says: 'lower-case words joined by hyphens' })
  if (id !== '' && id !== basename(folder)) {
    fields.fault('id', `id must be the folder's name, ${basename(folder)}`, 'detections/bad-field')
  }
  const query = readText(fields, folder, 'query.kql', 'id')
  const kind = fields.choice('kind', ['scheduled', 'nrt', 'hunting'])
  const schedule = fields.object('schedule', (inner) => ({
    frequency: inner.text('frequency', { pattern: DURATION, says: 'a duration such as 5m, 1h or 14d' }),
    period: inner.text('period', { pattern: DURATION, says: 'a duration such as 5m, 1h or 14d' }),
    operator: inner.choice('operator', ['gt', 'lt', 'eq', 'ne'], 'gt'),
    threshold: inner.integer('threshold', 0),
  }))
  if (kind === 'scheduled' && schedule === undefined) {
    fields.fault('kind', 'a scheduled rule needs a schedule', 'detections/bad-field')
  }
  const alert = fields.object('alert', (inner) => ({
    ...optional('title', inner.optionalText('title', { most: 256 })),
    ...optional('description', inner.optionalText('description', { most: 5000 })),
    ...optional('severityColumn', inner.optionalText('severityColumn')),
  }))
  const defender = fields.object('defender', (inner) => {
    const queryFile = inner.optionalText('query')
    return {
      frequency: inner.text('frequency', {
        pattern: /^P(T\d+[HS]|1D)$/,
        says: 'PT0S, PT1H, PT3H, PT12H or P1D',
      }),
      ...optional('queryFile', queryFile),
      query: queryFile === undefined ? query : readText(inner, folder, queryFile, 'query'),
    }
  })
  const nrt = fields.object('nrt', (inner) => ({
    guid: inner.text('guid', { pattern: GUID, says: 'a GUID in lower case' }),
  }))
  return {
    id,
    guid: fields.text('guid', { pattern: GUID, says: 'a GUID in lower case' }),
    title: fields.text('title', { most: 256 }),
    description: fields.text('description', { most: 5000 }),
    version: fields.text('version', { pattern: VERSION, says: 'three numbers, 1.0.0' }),
    kind,
    severity: fields.choice('severity', ['informational', 'low', 'medium', 'high']),
    status: fields.choice('status', ['stable', 'experimental', 'baseline'], 'stable'),
    technique: fields.text('technique', { pattern: TECHNIQUE, says: 'an ATT&CK technique, T1546.003' }),
    tactics: fields.texts('tactics'),
    tables: fields.objects('tables', (inner) => ({
      name: inner.text('name'),
      connectors: inner.texts('connectors'),
      enable: inner.text('enable'),
    })),
    ...optional('schedule', schedule),
    grouping: fields.choice('grouping', ['alert-per-result', 'single-alert'], 'alert-per-result'),
    entities: fields.objects('entities', (inner) => ({
      type: inner.text('type'),
      fields: inner.textMap('fields'),
    })),
    customDetails: fields.textMap('customDetails'),
    ...optional('alert', alert),
    falsePositives: fields.texts('falsePositives'),
    blindSpots: fields.texts('blindSpots'),
    tuning: fields.objects('tuning', (inner) => ({
      name: inner.text('name'),
      default: inner.text('default'),
      effect: inner.text('effect'),
    })),
    references: fields.texts('references'),
    ...optional('defender', defender),
    signals: readSignals(fields),
    ...optional('nrt', nrt),
    fires: readFirings(fields),
    tests: fields.objects('tests', (inner) => readTest(inner, folder)),
    ...optional('notes', fields.optionalText('notes')),
    query,
    folder,
  }
}

/** Reads `signals`: the telemetry that can fire a rule. */
export function readSignals(fields: FieldReader): Signal[] {
  return fields.texts('signals', SIGNALS).flatMap((name) => SIGNALS.find((signal) => signal === name) ?? [])
}

/** Reads `fires`: scenarios that must fire a rule, and the sources that suffice for each. */
export function readFirings(fields: FieldReader): ExpectedFiring[] {
  return fields.objects('fires', (inner) => ({
    scenario: inner.text('scenario'),
    sources: readSources(inner),
  }))
}

function readSources(fields: FieldReader): Source[] {
  return fields.texts('sources', SOURCES).flatMap((name) => SOURCES.find((source) => source === name) ?? [])
}

/** Reads one entry of `tests`; files are relative to the folder and must exist. */
export function readTest(fields: FieldReader, folder: string): DetectionTest {
  const evidence = fields.texts('evidence')
  for (const file of evidence) {
    if (!existsSync(join(folder, file))) {
      fields.fault('evidence', `${file} does not exist in ${folder}`, 'detections/missing-file')
    }
  }
  const scenario = fields.optionalText('scenario')
  const sources = readSources(fields)
  const at = fields.optionalText('at', { pattern: TIME, says: 'a UTC time such as 2026-01-01T12:00:00Z' })
  return {
    name: fields.text('name'),
    evidence,
    ...optional('scenario', scenario),
    ...(sources.length === 0 ? {} : { sources }),
    ...optional('at', at),
    rows: fields.integer('rows'),
    expect: fields.plainObjects('expect'),
  }
}

function readText(fields: FieldReader, folder: string, file: string, field: string): string {
  const path = join(folder, file)
  if (existsSync(path)) return readFileSync(path, 'utf8').trimEnd()
  fields.fault(field, `${file} does not exist in ${folder}`, 'detections/missing-file')
  return ''
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V })
}
