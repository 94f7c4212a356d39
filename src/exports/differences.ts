/**
 * Where a rule of the KQL pack and the Sigma rules of the same meaning do not fire on the same hosts of the real
 * evidence, and why. A test holds this list against the evidence, both ways; `docs/exports.md` prints it.
 */
export interface Difference {
  /** Rule of the pack. */
  readonly rule: string
  /** Evidence item whose hosts differ. */
  readonly item: string
  readonly fires: 'kql' | 'sigma'
  readonly why: string
}

export const DIFFERENCES: readonly Difference[] = [
  {
    rule: 'wmi-consumer-executed',
    item: 'evtx-winpwnage-iewin7',
    fires: 'kql',
    why: 'the consumer runs cmd.exe as a child of WmiPrvSE.exe; the KQL weighs identity and program of such children, the other platforms see script consumers only',
  },
]

/** Rules of the pack that no rule of the platform content repeats, and why. */
export const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
  'wmi-foreign-consumer-provider':
    'compares a provider’s folder with a list by regular expressions over normalised paths',
  'wmi-half-triad': 'rests on the absence of a binding, which these languages cannot wait for',
  'wmi-subscription-bound-defender': 'rests on an event that only Defender for Endpoint records',
  'wmi-subscription-correlated': 'joins all sources to one subscription by names read out of MOF text',
}
