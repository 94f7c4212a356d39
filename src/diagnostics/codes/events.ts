/** Codes of `events`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const eventsCodes = {} as const
