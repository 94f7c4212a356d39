/** Codes of `detections`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const detectionsCodes = {
  'detections/bad-yaml': 'A rule file is not readable YAML.',
  'detections/bad-field': 'A field of a rule file is missing, misspelled or has a value that is not allowed.',
  'detections/missing-file': 'A rule names a query or evidence file that does not exist.',
  'detections/limit': 'A rule exceeds a limit of the platform it is meant for.',
  'detections/pack-failed':
    'The detection pack could not be run over the evidence; what was reconstructed stands by itself.',
  'detections/query': 'A rule’s query does not compile against the table schemas.',
  'detections/column': 'A rule maps a column that its query does not return.',
  'detections/scenario': 'A test names a simulated scenario that does not exist.',
} as const
