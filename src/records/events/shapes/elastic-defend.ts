import { addField, newDraft } from '../draft.ts'
import { asNumber, asText, asWord, entriesBelow, lookUp, pick } from '../json-value.ts'
import { readTime } from '../time.ts'
import type { Shape } from './shape.ts'

const PROVIDER = 'Microsoft-Windows-WMI-Activity'

/**
 * API events of Elastic Defend 8.16 and later: `IWbemServices::PutInstance` with the consumer, the filter and both
 * their texts. They tell what 5861 tells, and become one. Field names: Elastic's prebuilt rules.
 */
export const elasticDefend: Shape = (object, wanted) => {
  const api = asWord(lookUp(object, 'process.Ext.api.name'))
  if (api === undefined) return undefined
  if (!/^IWbemServices::/.test(api) || !wanted(PROVIDER, undefined, 5861)) return 'unwanted'
  const parameters = new Map(entriesBelow(object, 'process.Ext.api.parameters'))
  const at = (name: string): string | undefined => asText(parameters.get(name))
  const consumerType = at('consumer_type')
  if (consumerType === undefined || at('event_filter_name') === undefined) return 'unwanted'
  const draft = newDraft(5861)
  draft.provider = PROVIDER
  draft.channel = `${PROVIDER}/Operational`
  draft.timeFiletime = readTime(pick(object, '@timestamp') ?? lookUp(object, 'event.created'))
  draft.computer = asWord(lookUp(object, 'host.hostname') ?? lookUp(object, 'host.name'))
  draft.processId = asNumber(lookUp(object, 'process.pid'))
  draft.message = asWord(lookUp(object, 'process.Ext.api.summary'))
  draft.payload = 'UserData'
  draft.payloadElement = 'Operation_ESStoConsumerBinding'
  addField(draft, 'Namespace', at('namespace'))
  addField(draft, 'ESS', at('event_filter_name'))
  addField(draft, 'CONSUMER', `${consumerType}="${at('consumer_name') ?? ''}"`)
  addField(
    draft,
    'PossibleCause',
    `Binding EventFilter: \n${instance('__EventFilter', at('event_filter_details'))}\nPerm. Consumer: \n${instance(consumerType, at('consumer_details'))}\n`,
  )
  return draft
}

/** The details are MOF text without its `instance of` line, or without these two words alone. */
function instance(className: string, details: string | undefined): string {
  const text = (details ?? '').trim()
  if (/^instance\s+of\s/i.test(text)) return text
  if (/^\w+\s*\{/.test(text)) return `instance of ${text}${text.endsWith(';') ? '' : ';'}`
  const body = text.startsWith('{') ? text : `{\n${text}\n}`
  return `instance of ${className}\n${body}${body.endsWith(';') ? '' : ';'}`
}
