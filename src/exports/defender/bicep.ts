import { isObject, type Json, type JsonObject } from '../sentinel/delta.ts'

/** A Bicep value. A text of several lines stands in triple quotes, where nothing is escaped or interpolated. */
export function bicepValue(value: Json, indent = ''): string {
  if (typeof value === 'string') return bicepText(value)
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map((item: Json) => `${inner}${bicepValue(item, inner)}\n`).join('')}${indent}]`
  }
  if (!isObject(value)) return String(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  const lines = entries.map(([key, held]) => `${inner}${bicepKey(key)}: ${bicepValue(held, inner)}\n`)
  return `{\n${lines.join('')}${indent}}`
}

const bicepKey = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : quoted(key))

function bicepText(text: string): string {
  return text.includes('\n') && !text.includes("'''") && !text.endsWith("'")
    ? `'''\n${text}'''`
    : quoted(text)
}

function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll('${', '\\${')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
  return `'${escaped}'`
}

/** A custom detection as a Bicep resource. Source: SENTINEL 4.3: entity mappings carry an id; no custom details yet. */
export function defenderBicep(symbol: string, resource: JsonObject, apiVersion: string): string {
  return [
    'extension MicrosoftSecurity',
    '',
    '// The preview takes no custom details; they are in the Graph form beside this file.',
    `resource ${symbol} 'Microsoft.Security/detectionRules@${apiVersion}' = ${bicepValue(forBicep(resource))}`,
    '',
  ].join('\n')
}

function forBicep(resource: JsonObject): JsonObject {
  const action = isObject(resource.detectionAction) ? resource.detectionAction : {}
  const template = isObject(action.alertTemplate) ? action.alertTemplate : {}
  const { customDetails: _, ...rest } = template
  const mappings = isObject(template.entityMappings) ? template.entityMappings : {}
  const withIds = Object.fromEntries(
    Object.entries(mappings).map(([list, items]) => [
      list,
      (Array.isArray(items) ? items : [])
        .filter(isObject)
        .map((item, index) => ({ id: `${list}${index + 1}`, ...item })),
    ]),
  )
  return { ...resource, detectionAction: { ...action, alertTemplate: { ...rest, entityMappings: withIds } } }
}
