import type { Dismissed, Observation } from '../model.ts'

/** Receives what one unit of evidence says: statements about subscriptions, and what only looked like one. */
export interface ObserveSink {
  observe(observation: Observation): void
  dismiss(entry: Dismissed): void
}
