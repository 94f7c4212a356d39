/** Codes of `findings`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const findingsCodes = {
  'findings/bad-allow-list':
    'An allow list cannot be used: an entry lacks its fingerprint, owner, reason or end.',
  'findings/bad-baseline': 'A baseline file cannot be used: it is not JSON of the expected shape.',
  'findings/bad-report': 'A file that should be a report of triad in JSON is not one.',
  'findings/bad-weights': 'A file of weights cannot be used: it names an unknown feature or gives no number.',
} as const
