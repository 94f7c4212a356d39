/** A team's own known-good: fingerprints of whole subscriptions with scope, owner, reason and an end. */
export { checkAllowed, isExpired, parseAllowList, printAllowList } from './allow-list.ts'
export type { AllowAnswer, AllowEntry, AllowList } from './types.ts'
