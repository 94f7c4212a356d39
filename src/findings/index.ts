/**
 * Records → findings: observations of every source, put together into one entry for each real subscription, judged by
 * an explainable sum, with what was dismissed and what could not be seen. Also the parts by themselves: triggers in
 * plain words, payloads taken apart, known-good by fingerprint.
 */
export * from './allow/index.ts'
export * from './authoring/index.ts'
export * from './baseline/index.ts'
export { createInvestigation, type Investigation, type InvestigationResult } from './investigation.ts'
export * from './judge/index.ts'
export * from './known-good/index.ts'
export type {
  BindingFacts,
  BlindSpot,
  Confidence,
  ConsumerFacts,
  Dismissed,
  Explanation,
  FilterFacts,
  Finding,
  Judgement,
  LifecycleFlags,
  Observation,
  ObservationContext,
  Operation,
  Reason,
  Severity,
  Shows,
  SideSignal,
  Sighting,
  SightingSource,
  State,
  SubscriptionFacts,
  TimerFacts,
  Verdict,
} from './model.ts'
export * from './payload/index.ts'
export * from './trigger/index.ts'
