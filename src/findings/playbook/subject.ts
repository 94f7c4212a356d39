/** The subscription a playbook is for: the parts of a report's entry that its steps name. */
export interface PlaybookSubject {
  readonly id: string
  readonly host?: string
  readonly namespace?: string
  readonly filter?: { readonly name?: string; readonly query?: string; readonly creatorSid?: string }
  readonly consumer?: {
    readonly class?: string
    readonly name?: string
    readonly properties: Readonly<Record<string, unknown>>
    readonly creatorSid?: string
  }
  readonly binding?: { readonly filter?: string; readonly consumer?: string; readonly creatorSid?: string }
  readonly timer?: { readonly class: string; readonly timerId: string }
  readonly state: string
  readonly user?: string
  readonly firstSeen?: string
  readonly lastSeen?: string
  readonly verdict: string
  readonly severity: string
  readonly confidence: string
  readonly score: number
  readonly reasons: readonly { readonly id: string; readonly text: string; readonly weight: number }[]
  readonly explanation: { readonly trigger: string; readonly action: string }
  readonly fingerprint?: string
  readonly indicators?: readonly { readonly kind: string; readonly value: string }[]
}

const STOCK = ['scm event log filter', 'scm event log consumer']

/**
 * How a subscription stands to the stock one whose name it bears: in its place (same name: WMI kept one object), or
 * beside it under a name that only looks the same. `undefined` for all others.
 */
export function stockNaming(subject: PlaybookSubject): 'in-its-place' | 'look-alike' | undefined {
  if (!subject.reasons.some(({ id }) => id === 'identity/impersonation')) return undefined
  const names = [subject.filter?.name, subject.consumer?.name].map((name) => name?.toLowerCase() ?? '')
  return names.some((name) => STOCK.includes(name)) ? 'in-its-place' : 'look-alike'
}

/** One thing to do. `changes` marks what alters the host: everything before the first such step is read-only. */
export interface PlaybookStep {
  readonly text: string
  readonly commands?: readonly string[]
  readonly changes?: true
}

export interface PlaybookSection {
  readonly title: string
  readonly steps: readonly PlaybookStep[]
}

/** Questions and steps for one subscription, its names filled in. */
export interface Playbook {
  readonly schema: 'triad.playbook/1'
  readonly subscription: string
  readonly title: string
  readonly summary: readonly string[]
  readonly questions: readonly { readonly question: string; readonly answer: string }[]
  readonly sections: readonly PlaybookSection[]
}
