import { lookupTable } from '../../../bytes/index.ts'

/** What a cmdlet does with WMI objects. `class` and `namespace` come from its parameters. */
export interface WmiCmdlet {
  readonly verb: 'creates' | 'modifies' | 'reads' | 'removes'
  /** Parameter that holds the properties. */
  readonly properties?: string
  /** Parameter names in the order of positions. */
  readonly positions: readonly string[]
}

const SET: WmiCmdlet = { verb: 'creates', properties: 'Arguments', positions: ['Class', 'Arguments'] }
const NEW: WmiCmdlet = { verb: 'creates', properties: 'Property', positions: ['ClassName', 'Property'] }
const CHANGE: WmiCmdlet = { verb: 'modifies', properties: 'Property', positions: ['InputObject'] }
const GET: WmiCmdlet = { verb: 'reads', positions: ['Class', 'Property'] }
const GET_CIM: WmiCmdlet = { verb: 'reads', positions: ['ClassName'] }
const REMOVE: WmiCmdlet = { verb: 'removes', positions: ['InputObject'] }

/** Cmdlets and aliases, in lower case. Register-WmiEvent is not here: it makes no permanent subscription. */
export const WMI_CMDLETS: ReadonlyMap<string, WmiCmdlet> = new Map([
  ['set-wmiinstance', SET],
  ['swmi', SET],
  ['new-ciminstance', NEW],
  ['ncim', NEW],
  ['set-ciminstance', CHANGE],
  ['scim', CHANGE],
  ['get-wmiobject', GET],
  ['gwmi', GET],
  ['get-ciminstance', GET_CIM],
  ['gcim', GET_CIM],
  ['get-cimclass', GET_CIM],
  ['remove-wmiobject', REMOVE],
  ['rwmi', REMOVE],
  ['remove-ciminstance', REMOVE],
  ['rcim', REMOVE],
])

/** Public tools whose one command makes (or removes) a whole subscription. */
export interface ToolCommand {
  readonly tool: string
  readonly verb: 'creates' | 'reads' | 'removes'
  /** Parameters that name filter and consumer. */
  readonly name?: string
  readonly filterName?: string
  readonly consumerName?: string
  /** Parameter with the payload → consumer class and property. */
  readonly payloads?: Readonly<Record<string, readonly [string, string]>>
  /** Only these switches make it a WMI subscription. */
  readonly needs?: readonly string[]
}

const COMMAND = ['CommandLineEventConsumer', 'CommandLineTemplate'] as const
const SCRIPT = ['ActiveScriptEventConsumer', 'ScriptText'] as const

/** In lower case. Source: TRADECRAFT C14; parameter names observed in evidence or in the published tools. */
export const TOOL_COMMANDS: ReadonlyMap<string, ToolCommand> = new Map<string, ToolCommand>([
  [
    'register-maliciouswmievent',
    {
      tool: 'PowerLurk',
      verb: 'creates',
      name: 'EventName',
      payloads: { PermanentCommand: COMMAND, PermanentScript: SCRIPT },
      needs: ['PermanentCommand', 'PermanentScript'],
    },
  ],
  ['get-wmievent', { tool: 'PowerLurk', verb: 'reads' }],
  ['add-wmipersistence', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['register-wmibackdoor', { tool: 'WMIBackdoor', verb: 'creates' }],
  ['install-wmipersistence', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['new-wmipersistence', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['set-wmipersistence', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['invoke-wmipersistence', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['invoke-wmipersist', { tool: 'a WMI persistence script', verb: 'creates' }],
  ['remove-wmipersistence', { tool: 'a WMI persistence script', verb: 'removes' }],
  ['new-elevatedpersistenceoption', { tool: 'PowerSploit', verb: 'creates', needs: ['PermanentWMI'] }],
  ['new-wmieventfilter', { tool: 'a WMI event module', verb: 'creates', filterName: 'Name' }],
  ['new-wmieventconsumer', { tool: 'a WMI event module', verb: 'creates', consumerName: 'Name' }],
  ['new-wmifiltertoconsumerbinding', { tool: 'a WMI event module', verb: 'creates' }],
  ['get-wmieventfilter', { tool: 'a WMI event module', verb: 'reads' }],
  ['get-wmieventconsumer', { tool: 'a WMI event module', verb: 'reads' }],
  ['remove-wmieventfilter', { tool: 'a WMI event module', verb: 'removes' }],
  ['remove-wmieventconsumer', { tool: 'a WMI event module', verb: 'removes' }],
])

/**
 * Names that WMIBackdoor.ps1 gives when its caller gives none: switch or parameter → name. Source: the published script,
 * observed in evidence evtx-folder-w10-aptsimulator (4104).
 */
export const WMI_BACKDOOR_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = lookupTable({
  'new-wmibackdoortrigger': {
    timinginterval: 'TimingIntervalTrigger',
    datetime: 'DatetimeTrigger',
    processname: 'ProcessStartTrigger',
    newormodifiedfileextensions: 'NewOrModifiedFileTrigger',
    lockedscreen: 'LockedScreenTrigger',
    interactivelogon: 'InteractiveLogonTrigger',
    driveinsertion: 'DriveInsertionTrigger',
  },
  'new-wmibackdooraction': {
    backdoor: 'LaunchBeaconingBackdoor',
    killprocess: 'KillProcess',
    infectdrive: 'DriveInfector',
    fileupload: 'FileUpload',
  },
})
