import type { CimValue } from '../lang/cim-value.ts'

/** Where in the evidence a part of a subscription was seen. Names as in the report. */
export interface Sighting {
  readonly evidence: string
  readonly source: SightingSource
  readonly channel?: string
  readonly eventId?: number
  readonly recordId?: number
  readonly offset?: number
  /** ISO 8601 UTC. */
  readonly time?: string
  /** Only for deleted remains: page or chunk slack, free pages, older mappings. */
  readonly recovered?: true
  readonly shows: readonly Shows[]
}

export type SightingSource =
  | 'sysmon'
  | 'wmi-activity'
  | 'security'
  | 'powershell'
  | 'repository'
  | 'mof'
  | 'defender'
  | 'file'

export type Shows = 'filter' | 'consumer' | 'binding' | 'execution' | 'attempt'

export interface FilterFacts {
  readonly name?: string
  readonly query?: string
  readonly queryLanguage?: string
  readonly eventNamespace?: string
  /** `S-1-...` text, or a name where the source gives no SID. */
  readonly creatorSid?: string
  readonly eventAccess?: string
}

export interface ConsumerFacts {
  readonly class?: string
  readonly name?: string
  /** As WMI names them: CommandLineTemplate, ScriptText, ... */
  readonly properties: Readonly<Record<string, CimValue>>
  readonly creatorSid?: string
  /** Superclasses where the repository or a MOF tells them. */
  readonly superclasses?: readonly string[]
}

export interface BindingFacts {
  /** Object path as written. */
  readonly filter?: string
  readonly consumer?: string
  readonly creatorSid?: string
}

export interface TimerFacts {
  readonly class: string
  readonly timerId: string
  readonly intervalMilliseconds?: number
  readonly eventDateTime?: string
}

/** What happened to the object according to the source. `present`: state, not an event. */
export type Operation =
  | 'created'
  | 'modified'
  | 'deleted'
  | 'present'
  | 'activated'
  | 'attempted'
  | 'executed'
  | 'read'

/**
 * One statement of one source about a subscription or a part of it: what every kind of evidence is turned into before
 * correlation. A 5861 record gives one observation with filter, consumer and binding; Sysmon 19 gives one with a filter.
 */
export interface Observation {
  readonly operation: Operation
  readonly host?: string
  /** Lower case, backslashes, e.g. `root\\subscription`; absent where the source does not tell. */
  readonly namespace?: string
  readonly timeFiletime?: bigint
  /** Account as the source names it, e.g. `PC04\\IEUser`. */
  readonly user?: string
  readonly filter?: FilterFacts
  readonly consumer?: ConsumerFacts
  readonly binding?: BindingFacts
  readonly timer?: TimerFacts
  readonly sighting: Sighting
  /** Facts for scoring that are not the objects themselves: parent process, remote client, decoded layers, ... */
  readonly context?: ObservationContext
}

/** Side facts of an observation. All optional; evidence behind each is the observation's sighting. */
export interface ObservationContext {
  /** Process that wrote, compiled or attempted. */
  readonly image?: string
  readonly commandLine?: string
  readonly parentImage?: string
  readonly parentCommandLine?: string
  readonly originalFileName?: string
  /** Integrity level of the process, where the record tells. */
  readonly integrity?: Integrity
  /** What this observation is when it is no plain object: decides section G of SCORING. */
  readonly signal?: SideSignal
  /** Text that a script or command line was decoded to, outermost first. */
  readonly decoded?: readonly string[]
  /** Free text for a person, e.g. which file was replaced. */
  readonly detail?: string
  readonly remoteAddress?: string
  readonly mofPath?: string
  /** Machine that a command or script aims at, where that is not the host it was seen on. */
  readonly remoteHost?: string
  /** Tool that authored, e.g. `wmic`, `mofcomp`, `powershell`. */
  readonly tool?: string
  /** Subscription classes that the authoring text names. */
  readonly classes?: readonly string[]
  /** Class names or verbs were split, escaped or built at run time. */
  readonly splitNames?: true
  /** The tool's file name differs from its original file name. */
  readonly renamed?: true
  /** The act stands only inside function definitions: the text makes it possible and does not perform it. */
  readonly onlyDefines?: true
  /** `-autorecover`, `#pragma autorecover`: a rebuilt repository compiles the file again. */
  readonly autorecover?: true
  /** Script text that authored, cut at 64 Ki characters. */
  readonly script?: string
  /** Account, where the observation is about one: a remote logon. */
  readonly account?: string
}

/** How much a process may do: `high` is an elevated administrator's. Source: [MS-DTYP] 2.4.2.4, S-1-16-... */
export type Integrity = 'low' | 'medium' | 'high' | 'system'

export type SideSignal =
  | 'repository-replaced'
  | 'foreign-provider'
  /** Who serves a class of consumers: no act, but what stands behind it. */
  | 'provider-registered'
  | 'consumer-child'
  | 'script-creates'
  | 'command-creates'
  | 'mofcomp'
  | 'autorecover'
  /** A file put into wbem\mof, which only Windows XP and Server 2003 compile by themselves. */
  | 'mof-dropped'
  /** A definition file written where Windows keeps its own: nothing by itself, but no servicing if it is compiled. */
  | 'mof-written'
  /** winmgmt /resetrepository or /salvagerepository: every auto-recover MOF is compiled again. */
  | 'repository-reset'
  | 'consumer-host-start'
  | 'remote-logon'
  | 'removal'
  | 'enumeration'
  | 'documentation'

export type State = 'attempted' | 'partial' | 'bound' | 'executed' | 'modified' | 'removed' | 'transient'
export type Verdict = 'malicious' | 'suspicious' | 'unknown' | 'known-good'
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'informational'
export type Confidence = 'certain' | 'high' | 'medium' | 'low'

/** A subscription put back together from all its observations; judged next. */
export interface SubscriptionFacts {
  /** Stable over runs on the same evidence; does not depend on evidence paths or ids. */
  readonly id: string
  readonly host?: string
  readonly namespace?: string
  readonly filter?: FilterFacts
  readonly consumer?: ConsumerFacts
  readonly binding?: BindingFacts
  readonly timer?: TimerFacts
  readonly complete: boolean
  readonly state: State
  readonly user?: string
  readonly firstSeen?: string
  readonly lastSeen?: string
  /** When its last making began, where an event shows it. */
  readonly madeAt?: string
  /** The WMI-Activity log of its host, from when to when, has no record of its making. */
  readonly unseenMaking?: { readonly logBegins: string; readonly logEnds: string }
  readonly sightings: readonly Sighting[]
  /** Everything it was built from, in time order. */
  readonly observations: readonly Observation[]
  /** Contents this subscription's objects had before (overwritten), oldest first. */
  readonly earlier?: readonly {
    readonly filter?: FilterFacts
    readonly consumer?: ConsumerFacts
    readonly when?: string
  }[]
  readonly flags: LifecycleFlags
}

export interface LifecycleFlags {
  readonly transient?: boolean
  readonly recreated?: boolean
  readonly modified?: boolean
  readonly halfTriad?: boolean
  readonly executed?: boolean
  readonly removed?: boolean
}

export interface Reason {
  /** Stable feature id from the weights file, e.g. `consumer/active-script`. */
  readonly id: string
  readonly text: string
  readonly weight: number
  /** Sightings (as `evidence#recordId` or `evidence@offset`) this reason rests on. */
  readonly from?: readonly string[]
}

export interface Explanation {
  readonly trigger: string
  readonly action: string
}

export interface Judgement {
  readonly verdict: Verdict
  readonly severity: Severity
  readonly confidence: Confidence
  readonly score: number
  readonly reasons: readonly Reason[]
  readonly explanation: Explanation
  readonly fingerprint?: string
  /** Layers of the payload that were decoded, outermost first, bounded in size. */
  readonly decoded?: readonly { readonly how: string; readonly text: string }[]
  readonly indicators?: readonly {
    readonly kind: 'url' | 'domain' | 'ip' | 'path' | 'hash'
    readonly value: string
  }[]
  /** The entry of the team's allow list that makes it known-good; such subscriptions are counted as suppressed. */
  readonly allowed?: { readonly owner: string; readonly reason: string; readonly expires: string }
}

/** A subscription as the report shows it: facts and judgement. */
export interface Finding {
  readonly facts: SubscriptionFacts
  readonly judgement: Judgement
}

/** Looked like the technique and is not. */
export interface Dismissed {
  readonly what: string
  readonly reason: string
  readonly from: readonly {
    readonly evidence: string
    readonly recordId?: number
    readonly offset?: number
  }[]
}

export interface BlindSpot {
  readonly host?: string
  readonly missing: string
  readonly hides: string
  /** What to switch on or collect, so that it is seen next time. */
  readonly switchOn?: string
}
