/** Codes of `deploy`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const deployCodes = {
  'deploy/no-credential': 'No token could be had for the platform’s API.',
  'deploy/unauthorized': 'The platform refused the token; nothing more was sent.',
  'deploy/forbidden': 'The signed-in identity lacks a role or permission; nothing more was sent.',
  'deploy/refused': 'The platform refused a rule; the message is the platform’s own.',
  'deploy/unavailable':
    'The platform did not answer, or kept answering that it is busy, within the allowed tries.',
  'deploy/no-watchlist':
    'The workspace lacks a watchlist that the rules read; they will fail until it exists.',
  'deploy/not-as-sent': 'What the platform holds after an update is not what was sent.',
  'deploy/bad-endpoint': 'The given address of the platform’s API cannot be used.',
} as const
