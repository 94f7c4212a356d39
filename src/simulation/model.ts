import type { CimValue } from '../lang/cim-value.ts'
import type { RepositoryChange } from '../records/cim/write/index.ts'
import type { Recorder } from './recorder.ts'

/** The machine that is simulated. Names are of the reserved kind: they belong to nobody. */
export interface SimulatedHost {
  readonly name: string
  readonly domain: string
  readonly user: string
  readonly userSid: string
  /** Defender's device id. */
  readonly deviceId: string
}

/** The three objects of a subscription as they are stored. */
export interface SimulatedSubscription {
  readonly namespace: string
  readonly filter: {
    readonly name: string
    readonly query: string
    readonly eventNamespace: string
    /** SDDL. */
    readonly eventAccess?: string
  }
  readonly consumer: {
    readonly class: string
    readonly name: string
    readonly properties: Readonly<Record<string, CimValue>>
  }
  readonly creatorSid: string
  readonly timer?: { readonly timerId: string; readonly intervalMilliseconds: number }
}

/** What of the technique a telemetry source must show; asserted by `triad test`. */
export interface ExpectedSignal {
  readonly channel: string
  readonly eventId: number
  readonly count: number
  /** Field that must hold this text. */
  readonly field?: readonly [name: string, contains: string]
  readonly what: string
}

export interface Scenario {
  readonly id: string
  readonly title: string
  /** What is done, for a person. */
  readonly description: string
  /** `validation`: one of the three techniques every deployment should be tested with. */
  readonly kind: 'validation' | 'variant' | 'benign'
  /** Rows of TRADECRAFT it stands for, e.g. `C2`, `V1`. */
  readonly covers: readonly string[]
  /** Commands a tester runs on a lab machine for the same evidence; shown, never run by us. */
  readonly commands?: readonly string[]
  readonly cleanup?: readonly string[]
  readonly signals: readonly ExpectedSignal[]
  /** Records what Windows, Sysmon and Defender would. */
  record(recorder: Recorder): void
  /** Subscriptions that exist afterwards, for the repository; with `deletes`, those that were removed again. */
  readonly stored?: readonly SimulatedSubscription[]
  readonly deletes?: readonly SimulatedSubscription[]
  /** Repository changes beyond subscriptions (classes, providers). */
  readonly repository?: readonly RepositoryChange[]
  /** Text files the scenario leaves: file name → text. */
  readonly files?: Readonly<Record<string, string>>
}

/** One file of simulated evidence; `path` is relative, with `/`. */
export interface SimulatedFile {
  readonly path: string
  readonly bytes: Uint8Array
}
