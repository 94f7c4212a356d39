/** Codes of `reports`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const reportsCodes = {} as const
