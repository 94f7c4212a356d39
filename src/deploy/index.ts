/**
 * Rules → a tenant: the exact requests of Sentinel's and Defender's APIs, sent with patience and read back. Tested
 * against a local server that speaks the documented protocol; it has not been run against Azure.
 */
export { type ApiRequest, type ClientOptions, send } from './client.ts'
export { tokenSource } from './credential.ts'
export {
  DEFENDER_ROLE,
  type DefenderTarget,
  deployDefenderRule,
  GRAPH_ENDPOINT,
  planDefender,
} from './defender.ts'
export type { DeployResult } from './result.ts'
export {
  AZURE_ENDPOINT,
  deploySentinelRule,
  missingWatchlists,
  planSentinel,
  SENTINEL_ROLE,
  type SentinelTarget,
} from './sentinel.ts'
