/**
 * An event filter's query to plain words and to the facts that scoring needs: uptime windows, clock times, timers,
 * sign-ins, programs, services, devices, registry keys, WMI itself. An unreadable query is said to be so and shown.
 */
export { explainTrigger, type TriggerFilter } from './explain.ts'
export { matchesLike } from './like.ts'
export type {
  TriggerExplanation,
  TriggerKind,
  TriggerProcess,
  TriggerRegistry,
  TriggerRow,
} from './model.ts'
export { describeProgram, isSecurityService } from './programs.ts'
