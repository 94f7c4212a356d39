import { type JsonObject, lookUp } from '../events/json-value.ts'
import { processRow } from './process-rows.ts'

/**
 * A process event of the Elastic Common Schema that has no Windows event with it (Elastic Defend, Elastic Agent and other
 * senders): the values of a row of DeviceProcessEvents, `'other'` for the end of a process and other things that happen
 * to one, `undefined` where the object is no such event. Keys nested or dotted, as in Kibana's CSV, which has a dash
 * where a document lacks a field. Source: ECS field reference, `event.category` and `event.type`; the telemetry reference, section 13.
 */
export function ecsProcess(object: JsonObject): readonly unknown[] | 'other' | undefined {
  const at = (...names: readonly string[]): unknown => {
    for (const name of names) {
      const value = lookUp(object, name)
      if (value !== undefined && value !== null && value !== '' && value !== '-') return value
    }
    return undefined
  }
  if (at('process.command_line', 'process.executable', 'process.name') === undefined) return undefined
  if (!words(at('event.category')).includes('process')) return undefined
  if (!isStart(words(at('event.type')), words(at('event.action')))) return 'other'
  return processRow({
    time: at('@timestamp', 'event.created'),
    host: at('host.hostname', 'host.name'),
    image: at('process.executable'),
    fileName: at('process.name'),
    commandLine: at('process.command_line'),
    pid: at('process.pid'),
    guid: at('process.entity_id'),
    created: at('process.start'),
    integrity: at('process.Ext.token.integrity_level_name'),
    user: at('user.name'),
    userDomain: at('user.domain'),
    userSid: at('user.id'),
    parentImage: at('process.parent.executable'),
    parentFileName: at('process.parent.name'),
    parentCommandLine: at('process.parent.command_line'),
    parentPid: at('process.parent.pid'),
    parentGuid: at('process.parent.entity_id'),
    sha1: at('process.hash.sha1'),
    sha256: at('process.hash.sha256'),
    md5: at('process.hash.md5'),
    company: at('process.pe.company'),
    product: at('process.pe.product'),
    productVersion: at('process.pe.file_version'),
    originalName: at('process.pe.original_file_name'),
    description: at('process.pe.description'),
  })
}

/** Sets of words are arrays, a word alone, or in CSV words with commas between. */
function words(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value]
  return list.flatMap((item) => (typeof item === 'string' ? item.toLowerCase().split(/\s*,\s*/) : []))
}

/** Where neither type nor action is there, the document was cut down to what is of interest, and a process was. */
function isStart(types: readonly string[], actions: readonly string[]): boolean {
  if (types.length > 0) return types.includes('start')
  return actions.length === 0 || actions.some((action) => /start|creat|exec/.test(action))
}
