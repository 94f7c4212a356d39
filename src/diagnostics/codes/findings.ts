/** Codes of `findings`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const findingsCodes = {} as const
