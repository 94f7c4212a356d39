/**
 * Observations → subscriptions: what several sources say about one object of one host becomes one entry with its state,
 * its content over time, and every place where it was seen.
 */
export { correlate } from './correlate.ts'
export { Hosts } from './hosts.ts'
export { STOCK_NAMES } from './resolve.ts'
