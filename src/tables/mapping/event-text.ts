import type { EventRecord } from '../../records/event.ts'

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Text as XML: markup escaped, characters that XML 1.0 cannot hold shown as U+FFFD. */
export function xmlText(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => XML_ESCAPES[character] ?? character)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
}

const EVENT_NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event'
const WMI_NAMESPACE = 'http://manifests.microsoft.com/win/2006/windows/WMI'

/** An element name that XML accepts; anything else becomes `Data`, its name an attribute. */
const isXmlName = (name: string): boolean => /^[A-Za-z_][\w.-]*$/.test(name)

function namedElement(name: string, value: string | undefined): string {
  if (isXmlName(name)) return `<${name}>${xmlText(value ?? '')}</${name}>`
  return dataElement(name, value)
}

function dataElement(name: string, value: string | undefined): string {
  const attribute = name === '' ? '' : ` Name="${xmlText(name)}"`
  return `<Data${attribute}>${xmlText(value ?? '')}</Data>`
}

/** The payload as event XML has it: `<EventData>…` or `<UserData><Operation_…>…`; empty where there is none. */
export function payloadXml(event: EventRecord): string {
  const { names, values } = event
  if (event.payload === 'none') return ''
  if (event.payload === 'UserData') {
    const wrapper = isXmlName(event.payloadElement ?? '') ? (event.payloadElement ?? '') : 'EventXML'
    const namespace = wrapper.startsWith('Operation_') ? ` xmlns="${WMI_NAMESPACE}"` : ''
    const fields = names.map((name, index) => namedElement(name, values[index])).join('')
    return `<UserData xmlns="${EVENT_NAMESPACE}"><${wrapper}${namespace}>${fields}</${wrapper}></UserData>`
  }
  const fields = names.map((name, index) => dataElement(name, values[index])).join('')
  return `<${event.payload} xmlns="${EVENT_NAMESPACE}">${fields}</${event.payload}>`
}

/** `Event.EventData`: the payload inside the wrapper that the agent puts around it. */
export function dataItemXml(event: EventRecord, time: string): string {
  const payload = payloadXml(event)
  return payload === '' ? '' : `<DataItem type="System.XmlData" time="${time}">${payload}</DataItem>`
}

/** `Event.ParameterXml`: the payload values in order. */
export function parameterXml(event: EventRecord): string {
  return event.values.map((value) => `<Param>${xmlText(value ?? '')}</Param>`).join('')
}

/** `WindowsEvent.EventData`: the payload as a JSON object; a name that repeats gives an array. */
export function eventDataJson(event: EventRecord): string | undefined {
  if (event.payload !== 'EventData') return undefined
  const fields = new Map<string, string | string[]>()
  event.names.forEach((name, index) => {
    const key = name === '' ? 'Data' : name
    const value = event.values[index] ?? ''
    const earlier = fields.get(key)
    if (earlier === undefined) fields.set(key, value)
    else if (Array.isArray(earlier)) earlier.push(value)
    else fields.set(key, [earlier, value])
  })
  return JSON.stringify(Object.fromEntries(fields))
}

/** Message templates: `%Name` stands for a payload field. Source: manifests of WMI-Activity and Sysmon. */
const MESSAGES: Readonly<Record<string, string>> = {
  'microsoft-windows-wmi-activity/5857':
    '%ProviderName provider started with result code %Code. HostProcess = %HostProcess; ProcessID = %ProcessID; ProviderPath = %ProviderPath',
  'microsoft-windows-wmi-activity/5858':
    'Id = %Id; ClientMachine = %ClientMachine; User = %User; ClientProcessId = %ClientProcessId; Component = %Component; Operation = %Operation; ResultCode = %ResultCode; PossibleCause = %PossibleCause',
  'microsoft-windows-wmi-activity/5859':
    'Namespace = %NamespaceName; NotificationQuery = %Query; OwnerName = %User; HostProcessID = %Processid;  Provider= %Provider, queryID = %queryid; PossibleCause = %PossibleCause',
  'microsoft-windows-wmi-activity/5860':
    'Namespace = %NamespaceName; NotificationQuery = %Query; UserName = %User; ClientProcessID = %Processid, ClientMachine = %ClientMachine; PossibleCause = %PossibleCause',
  'microsoft-windows-wmi-activity/5861':
    'Namespace = %Namespace; Eventfilter = %ESS (refer to its activate eventid:5859); Consumer = %CONSUMER; PossibleCause = %PossibleCause',
}

const SYSMON_TITLES: Readonly<Record<number, string>> = {
  1: 'Process Create',
  3: 'Network connection detected',
  5: 'Process terminated',
  7: 'Image loaded',
  11: 'File created',
  12: 'Registry object added or deleted',
  13: 'Registry value set',
  19: 'WmiEventFilter activity detected',
  20: 'WmiEventConsumer activity detected',
  21: 'WmiEventConsumerToFilter activity detected',
}

/** `Event.RenderedDescription`: the carrier's own message, else one made by the provider's template, else empty. */
export function renderedDescription(event: EventRecord): string {
  if (event.message !== undefined) return event.message
  const provider = (event.provider ?? '').toLowerCase()
  const template = MESSAGES[`${provider}/${event.eventId}`]
  if (template !== undefined) {
    const lower = new Map(event.names.map((name, index) => [name.toLowerCase(), event.values[index] ?? '']))
    return template.replace(/%(\w+)/g, (_, name: string) => lower.get(name.toLowerCase()) ?? '')
  }
  const title = provider === 'microsoft-windows-sysmon' ? SYSMON_TITLES[event.eventId] : undefined
  if (title === undefined) return ''
  return `${title}:\r\n${event.names.map((name, index) => `${name}: ${event.values[index] ?? ''}`).join('\r\n')}`
}
