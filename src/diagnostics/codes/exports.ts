/** Codes of `exports`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const exportsCodes = {} as const
