import type { BindingFacts, ConsumerFacts, FilterFacts, SideSignal, TimerFacts } from '../model.ts'

/** What a text does with subscriptions. `mentions`: the names stand in it as data (rule text, help, comment). */
export type AuthoringVerb = 'creates' | 'modifies' | 'reads' | 'removes' | 'mentions'

/** What kind of text is read: it decides which syntax applies and how a bare class name is understood. */
export type AuthoringKind =
  /** A process command line (4688, Sysmon 1, DeviceProcessEvents, HostApplication of 400). */
  | 'commandLine'
  /** PowerShell source: a joined 4104 script block, the text of a `.ps1`, a decoded `-EncodedCommand`. */
  | 'powershell'
  /** VBScript or JScript source, or source whose language is not known. */
  | 'script'
  /** `CommandInvocation(...)`/`ParameterBinding(...)` text of 4103 (Payload) and 800. */
  | 'pipeline'

export type AuthoringTool =
  | 'wmic'
  | 'powershell'
  | 'mofcomp'
  | 'vbscript'
  | 'jscript'
  | 'dotnet'
  | 'winmgmt'
  | 'reg'
  | 'wbemtest'
  | 'other'

/** Facts beside the text which change how it is read. */
export interface AuthoringContext {
  readonly image?: string
  /** `OriginalFileName` of the image's version resource: shows a renamed tool. */
  readonly originalFileName?: string
  readonly parentImage?: string
  /** File the script came from, as 4104 `Path` names it. */
  readonly scriptPath?: string
}

/** What of a subscription could be read in the text. Names and queries only where they stand as literals. */
export interface AuthoredObjects {
  readonly filter?: FilterFacts
  readonly consumer?: ConsumerFacts
  readonly binding?: BindingFacts
  readonly timer?: TimerFacts
}

/** One act upon subscriptions that a text performs or tries to perform. An unrelated text has none. */
export interface AuthoringReading {
  readonly verb: AuthoringVerb
  readonly tool: AuthoringTool
  readonly signal: SideSignal
  /** One sentence for a person: what in the text led to the verb. */
  readonly why: string
  /** Subscription classes that the text names, in their usual spelling, sorted. */
  readonly classes: readonly string[]
  readonly objects?: AuthoredObjects
  /** Lower case with single backslashes, e.g. `root\subscription`. */
  readonly namespace?: string
  /** Another machine that the act is aimed at (`/node:`, `-ComputerName`, `\\HOST\root...`, `-N:\\HOST\...`). */
  readonly remoteHost?: string
  /** File given to mofcomp, or written into the auto-recover list. */
  readonly mofPath?: string
  /** mofcomp: `-autorecover` was given, so a rebuilt repository compiles the file again. */
  readonly autorecover?: true
  /** Class names or verbs were split, escaped or built at run time. */
  readonly splitNames: boolean
  /** The tool's file name differs from its original file name. */
  readonly renamed: boolean
  /** The act stands only inside function definitions: the text makes it possible and does not perform it. */
  readonly onlyDefines?: true
  /** Decoded layers in which the act was found, outermost first; absent when it stands in the plain text. */
  readonly decoded?: readonly string[]
}
