/** What an event filter waits for, as a closed list. */
export type TriggerKind =
  | 'uptime'
  | 'clock'
  | 'timer'
  | 'logon'
  | 'logoff'
  | 'failed-logon'
  | 'process-start'
  | 'process-stop'
  | 'service'
  | 'volume'
  | 'device'
  | 'registry'
  | 'wmi-self-watch'
  | 'wmi-change'
  | 'module-load'
  | 'file'
  | 'network'
  | 'power'
  | 'shutdown'
  | 'event-log'
  | 'performance'
  | 'account'
  | 'scheduled-job'
  | 'print'
  | 'share'
  /** An event class or object that we have no words for; it is named. */
  | 'other'
  /** No condition at all, or one that is always true, on objects that change all the time. */
  | 'everything'
  /** A condition that can never be true. */
  | 'never'
  /** The query text is not WQL as WMI reads it; it is shown. */
  | 'unparsable'
  /** The query is not in the evidence. */
  | 'unknown'

/** Rows of SCORING section C that a trigger earns; several may apply, the cap is the scorer's. */
export type TriggerRow =
  | 'self-watch'
  | 'security-tool'
  | 'failed-logon'
  /** The sign-in of one particular account. */
  | 'magic-account'
  | 'uptime'
  /** Interval of at most 10 minutes, or unknown: the worked examples E9 and E10 score an unseen interval so. */
  | 'timer-short'
  | 'timer-long'
  | 'clock'
  /** Logon or session, process start, volume insertion, network change. */
  | 'activity'
  | 'registry-autostart'
  | 'operational'
  /** WITHIN below 2 seconds, or no WHERE on a broad class. */
  | 'broad'

export interface TriggerProcess {
  /** As the query writes it; a LIKE pattern stays a pattern. */
  readonly name: string
  /** Product name that people know, e.g. `Process Explorer`. */
  readonly label?: string
  readonly role: 'analyst-tool' | 'security-product' | 'common-app' | 'other'
}

export interface TriggerRegistry {
  readonly hive?: string
  readonly key?: string
  readonly value?: string
  readonly watches: 'autostart' | 'security' | 'other'
}

export interface TriggerExplanation {
  readonly kind: TriggerKind
  /** One sentence for someone who has never heard of WMI, without a full stop; it can follow "runs". */
  readonly plain: string
  readonly rows: readonly TriggerRow[]
  /** Query text as in the evidence. */
  readonly query?: string
  /** Class in FROM, as written. */
  readonly eventClass?: string
  /** Classes that TargetInstance must be, as written. */
  readonly targetClasses?: readonly string[]
  readonly withinSeconds?: number
  readonly processes?: readonly TriggerProcess[]
  readonly services?: readonly string[]
  readonly registry?: readonly TriggerRegistry[]
  /** Seconds after start of the computer. */
  readonly uptime?: { readonly fromSeconds?: number; readonly toSeconds?: number }
  readonly timer?: { readonly id?: string; readonly intervalMilliseconds?: number; readonly at?: string }
  /** Account names that a logon trigger waits for. */
  readonly accounts?: readonly string[]
  readonly logonTypes?: readonly number[]
  readonly eventCodes?: readonly number[]
  readonly flags: {
    /** No condition narrows a busy class. */
    readonly broad?: true
    /** The condition is always true (`1 = 1`). */
    readonly tautology?: true
    /** WITHIN below 2 seconds. */
    readonly fastPolling?: true
    /** GROUP WITHIN throttles or counts. */
    readonly grouped?: true
  }
}
