import { finished, type Schema, type SchemaProperty } from './class-schema.ts'
import type { Layout } from './layout.ts'
import { nameHash } from './name-hash.ts'
import { typeCode, typeSize } from './value.ts'

const CONSUMER = 'MachineName:string MaximumQueueSize:uint32 CreatorSID:uint8[] *Name:string'
const CONSUMER_CHAIN = ['__EventConsumer', '__IndicationRelated', '__SystemClass']

/**
 * Layouts of the classes that make up subscriptions, for remains without a class definition: properties in index and
 * offset order, keys with a star. Observed in evidence wbem-w10 and equal in a newer build (`docs/formats/cim.md`).
 */
const KNOWN: readonly (readonly [name: string, superclasses: readonly string[], properties: string])[] = [
  [
    '__EventFilter',
    ['__IndicationRelated', '__SystemClass'],
    '*Name:string CreatorSID:uint8[] QueryLanguage:string Query:string EventNamespace:string EventAccess:string',
  ],
  [
    '__FilterToConsumerBinding',
    ['__IndicationRelated', '__SystemClass'],
    '*Filter:reference *Consumer:reference DeliveryQoS:uint32 DeliverSynchronously:boolean ' +
      'MaintainSecurityContext:boolean SlowDownProviders:boolean CreatorSID:uint8[]',
  ],
  [
    'ActiveScriptEventConsumer',
    CONSUMER_CHAIN,
    `${CONSUMER} ScriptingEngine:string ScriptText:string ScriptFilename:string KillTimeout:uint32`,
  ],
  [
    'CommandLineEventConsumer',
    CONSUMER_CHAIN,
    `${CONSUMER} ExecutablePath:string CommandLineTemplate:string UseDefaultErrorMode:boolean ` +
      'CreateNewConsole:boolean CreateNewProcessGroup:boolean CreateSeparateWowVdm:boolean ' +
      'CreateSharedWowVdm:boolean Priority:sint32 WorkingDirectory:string DesktopName:string WindowTitle:string ' +
      'XCoordinate:uint32 YCoordinate:uint32 XSize:uint32 YSize:uint32 XNumCharacters:uint32 ' +
      'YNumCharacters:uint32 FillAttribute:uint32 ShowWindowCommand:uint32 ForceOnFeedback:boolean ' +
      'ForceOffFeedback:boolean RunInteractively:boolean KillTimeout:uint32',
  ],
  [
    'LogFileEventConsumer',
    CONSUMER_CHAIN,
    `${CONSUMER} Filename:string Text:string MaximumFileSize:uint64 IsUnicode:boolean`,
  ],
  [
    'NTEventLogEventConsumer',
    CONSUMER_CHAIN,
    `${CONSUMER} UNCServerName:string SourceName:string EventID:uint32 EventType:uint32 Category:uint16 ` +
      'NumberOfInsertionStrings:uint32 InsertionStringTemplates:string[] NameOfRawDataProperty:string ' +
      'NameOfUserSIDProperty:string',
  ],
  [
    'SMTPEventConsumer',
    CONSUMER_CHAIN,
    `${CONSUMER} SMTPServer:string Subject:string FromLine:string ReplyToLine:string Message:string ` +
      'ToLine:string CcLine:string BccLine:string HeaderFields:string[]',
  ],
  [
    '__IntervalTimerInstruction',
    ['__TimerInstruction', '__EventGenerator', '__IndicationRelated', '__SystemClass'],
    '*TimerId:string SkipIfPassed:boolean IntervalBetweenEvents:uint32',
  ],
  [
    '__AbsoluteTimerInstruction',
    ['__TimerInstruction', '__EventGenerator', '__IndicationRelated', '__SystemClass'],
    '*TimerId:string SkipIfPassed:boolean EventDateTime:datetime',
  ],
  [
    '__EventConsumerProviderRegistration',
    ['__ProviderRegistration', '__SystemClass'],
    '*provider:reference ConsumerClassNames:string[]',
  ],
]

const schemasByLayout = new Map<Layout, ReadonlyMap<string, Schema>>()

/** Fall-back schemas by class hash. Their defaults are not known. */
export function knownSchemas(layout: Layout): ReadonlyMap<string, Schema> {
  const known = schemasByLayout.get(layout)
  if (known !== undefined) return known
  const schemas = new Map(
    KNOWN.map(([name, superclasses, list]) => [
      nameHash(name, layout),
      knownSchema(name, superclasses, list),
    ]),
  )
  schemasByLayout.set(layout, schemas)
  return schemas
}

function knownSchema(name: string, superclasses: readonly string[], list: string): Schema {
  let offset = 0
  const properties = list.split(' ').map((item, index): SchemaProperty => {
    const [label = '', typeText = ''] = item.split(':')
    const type = typeCode(typeText) ?? 0
    const property = {
      name: label.replace('*', ''),
      type,
      index,
      offset,
      isKey: label.startsWith('*'),
      origin: name,
      part: undefined,
      qualifiersAt: 0,
      overrides: undefined,
    }
    offset += typeSize(type) ?? 0
    return property
  })
  const dataSize = Math.ceil(properties.length / 4) + offset
  return finished({ name, superclasses, properties, dataSize, part: undefined, parent: undefined })
}

/**
 * The schema itself, or with the known names and keys where it has the known layout under other ones: a damaged or
 * doctored definition of a system class must not make its instances unrecognisable.
 */
export function withKnownNames(schema: Schema, known: Schema): Schema {
  const { properties } = schema
  if (properties.length !== known.properties.length) return schema
  let same = schema.name.toLowerCase() === known.name.toLowerCase()
  for (const [index, property] of properties.entries()) {
    const usual = known.properties[index]
    if (usual === undefined || property.type !== usual.type || property.offset !== usual.offset) return schema
    same &&= property.name.toLowerCase() === usual.name.toLowerCase() && property.isKey === usual.isKey
  }
  return same ? schema : { ...known, part: schema.part, parent: schema.parent }
}
