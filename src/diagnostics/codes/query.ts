/** Codes of `query`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const queryCodes = {} as const
