/** Limits of a Sentinel rule file, as the public content repository's validator has them. Source: SENTINEL 1.1 and 1.2. */
export const SENTINEL_LIMITS = {
  name: 256,
  description: 5000,
  query: 10_000,
  version: 20,
  threshold: 10_000,
  /** Minutes: 5 minutes to 14 days. */
  shortestMinutes: 5,
  longestMinutes: 20_160,
  /** A period of two days or more needs a frequency of at least an hour. */
  longPeriodMinutes: 2880,
  longPeriodFrequencyMinutes: 60,
  entityMappings: 10,
  fieldMappings: 3,
  customDetails: 20,
  customDetailName: 20,
  column: 500,
  displayNameFormat: 256,
  descriptionFormat: 5000,
  placeholders: 3,
} as const
