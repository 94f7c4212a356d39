/**
 * Known-good subscriptions, by fingerprint of the whole object and never by name: stock Windows ones exactly, vendors'
 * as far as they are published. A known name with other content is an impersonation.
 */
export {
  canonicalJson,
  creatorSid,
  type Fingerprint,
  type FingerprintInput,
  fingerprintOf,
  normalQuery,
} from './fingerprint.ts'
export { type KnownGoodMatch, matchKnownGood, matchVendor } from './match.ts'
export { deceptiveCharacters, editDistance, foldName, looksRandom } from './names.ts'
export type { KnownGoodContent, KnownGoodEntry, VendorEntry } from './types.ts'
