/** Codes of `platforms`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const platformsCodes = {
  'platforms/bad-field':
    'A field of a Sentinel rule file is missing, misspelled or has a value that is not allowed.',
  'platforms/limit': 'A Sentinel rule exceeds a limit of the service or of its content repository.',
  'platforms/advice': 'A Sentinel rule is accepted, but something about it is likely to be unwanted.',
  'platforms/not-a-rule': 'A file to be converted holds no analytics rule or hunting query.',
  'platforms/bad-json': 'A file to be converted is not readable JSON.',
  'platforms/not-expressible':
    'A platform has no form for a part of a rule; the exported rule leaves it out.',
  'platforms/bad-rule': 'A rule of the platform content is wrong and was not exported.',
} as const
