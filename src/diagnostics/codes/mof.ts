/** Codes of `mof`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const mofCodes = {} as const
