import type { CimValue } from '../../../lang/cim-value.ts'
import { SYSTEM_NAMESPACE } from '../layout.ts'
import type { ClassDescription, PropertyDescription, RepositoryChange } from './describe.ts'

/** S-1-5-18, the class default of every CreatorSID. */
const SYSTEM_SID: readonly number[] = [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]

const CREATOR: PropertyDescription = { name: 'CreatorSID', type: 'uint8[]', default: SYSTEM_SID }
const NAME: PropertyDescription = { name: 'Name', type: 'string', key: true }

/** `name:type` or `name:type=default` with a JSON default, separated by spaces. */
function properties(list: string): PropertyDescription[] {
  return list.split(' ').map((item) => {
    const [, name = '', type = '', value] = /^(\w+):([\w[\]]+)(?:=(.*))?$/.exec(item) ?? []
    return value === undefined ? { name, type } : { name, type, default: JSON.parse(value) as CimValue }
  })
}

/** System classes that subscriptions need, in the order of their derivation. Observed in evidence wbem-w10. */
export const SYSTEM_CLASSES: readonly ClassDescription[] = [
  { name: '__SystemClass', properties: [] },
  { name: '__NAMESPACE', superclass: '__SystemClass', properties: [NAME] },
  {
    name: '__thisNAMESPACE',
    superclass: '__SystemClass',
    properties: [{ name: 'SECURITY_DESCRIPTOR', type: 'uint8[]' }],
  },
  { name: '__IndicationRelated', superclass: '__SystemClass', properties: [] },
  {
    name: '__EventFilter',
    superclass: '__IndicationRelated',
    properties: [
      NAME,
      CREATOR,
      ...properties('QueryLanguage:string Query:string EventNamespace:string EventAccess:string'),
    ],
  },
  {
    name: '__EventConsumer',
    superclass: '__IndicationRelated',
    properties: [...properties('MachineName:string MaximumQueueSize:uint32'), CREATOR],
  },
  {
    name: '__FilterToConsumerBinding',
    superclass: '__IndicationRelated',
    properties: [
      { name: 'Filter', type: 'reference', refersTo: '__EventFilter', key: true },
      { name: 'Consumer', type: 'reference', refersTo: '__EventConsumer', key: true },
      ...properties(
        'DeliveryQoS:uint32 DeliverSynchronously:boolean=false MaintainSecurityContext:boolean=false SlowDownProviders:boolean=false',
      ),
      CREATOR,
    ],
  },
  { name: '__EventGenerator', superclass: '__IndicationRelated', properties: [] },
  {
    name: '__TimerInstruction',
    superclass: '__EventGenerator',
    properties: [
      { name: 'TimerId', type: 'string', key: true },
      { name: 'SkipIfPassed', type: 'boolean', default: false },
    ],
  },
  {
    name: '__IntervalTimerInstruction',
    superclass: '__TimerInstruction',
    properties: properties('IntervalBetweenEvents:uint32'),
  },
  {
    name: '__AbsoluteTimerInstruction',
    superclass: '__TimerInstruction',
    properties: properties('EventDateTime:datetime'),
  },
  { name: '__Provider', superclass: '__SystemClass', properties: [NAME] },
  {
    name: '__Win32Provider',
    superclass: '__Provider',
    properties: properties(
      'CLSID:string ClientLoadableCLSID:string DefaultMachineName:string UnloadTimeout:datetime InitializeAsAdminFirst:boolean Version:uint32 ImpersonationLevel:sint32=0 InitializationReentrancy:sint32=0 PerUserInitialization:boolean=false PerLocaleInitialization:boolean=false Pure:boolean=true HostingModel:string Concurrency:sint32 SupportsSendStatus:boolean SupportsExplicitShutdown:boolean SupportsExtendedStatus:boolean SupportsThrottling:boolean OperationTimeoutInterval:datetime InitializationTimeoutInterval:datetime SupportsQuotas:boolean Enabled:boolean SupportsShutdown:boolean SecurityDescriptor:string',
    ),
  },
  {
    name: '__ProviderRegistration',
    superclass: '__SystemClass',
    properties: [{ name: 'provider', type: 'reference', refersTo: '__Provider' }],
  },
  {
    name: '__EventConsumerProviderRegistration',
    superclass: '__ProviderRegistration',
    properties: [
      { name: 'provider', type: 'reference', refersTo: '__Provider', key: true },
      { name: 'ConsumerClassNames', type: 'string[]' },
    ],
  },
]

/** The five consumer classes that Windows brings in `root\subscription`. Observed in evidence wbem-w10. */
export const CONSUMER_CLASSES: readonly ClassDescription[] = [
  consumer(
    'ActiveScriptEventConsumer',
    'ScriptingEngine:string ScriptText:string ScriptFilename:string KillTimeout:uint32=0',
  ),
  consumer(
    'CommandLineEventConsumer',
    'ExecutablePath:string CommandLineTemplate:string UseDefaultErrorMode:boolean=false CreateNewConsole:boolean=false CreateNewProcessGroup:boolean=false CreateSeparateWowVdm:boolean=false CreateSharedWowVdm:boolean=false Priority:sint32=32 WorkingDirectory:string DesktopName:string WindowTitle:string XCoordinate:uint32 YCoordinate:uint32 XSize:uint32 YSize:uint32 XNumCharacters:uint32 YNumCharacters:uint32 FillAttribute:uint32 ShowWindowCommand:uint32 ForceOnFeedback:boolean=false ForceOffFeedback:boolean=false RunInteractively:boolean=false KillTimeout:uint32=0',
  ),
  consumer(
    'LogFileEventConsumer',
    'Filename:string Text:string MaximumFileSize:uint64=65535 IsUnicode:boolean',
  ),
  consumer(
    'NTEventLogEventConsumer',
    'UNCServerName:string SourceName:string EventID:uint32=0 EventType:uint32=1 Category:uint16 NumberOfInsertionStrings:uint32=0 InsertionStringTemplates:string[]=[""] NameOfRawDataProperty:string NameOfUserSIDProperty:string',
  ),
  consumer(
    'SMTPEventConsumer',
    'SMTPServer:string Subject:string FromLine:string ReplyToLine:string Message:string ToLine:string CcLine:string BccLine:string HeaderFields:string[]',
  ),
]

function consumer(name: string, list: string): ClassDescription {
  return { name, superclass: '__EventConsumer', properties: [NAME, ...properties(list)] }
}

/** The changes that make an empty repository one in which Windows could keep subscriptions. */
export function standardClasses(): RepositoryChange[] {
  return [
    ...SYSTEM_CLASSES.map(
      (definition): RepositoryChange => ({ kind: 'class', namespace: SYSTEM_NAMESPACE, definition }),
    ),
    { kind: 'namespace', name: 'root\\subscription' },
    { kind: 'namespace', name: 'root\\CIMV2' },
    ...CONSUMER_CLASSES.map(
      (definition): RepositoryChange => ({ kind: 'class', namespace: 'root\\subscription', definition }),
    ),
  ]
}
