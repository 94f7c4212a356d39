/** Codes of `evidence`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const evidenceCodes = {} as const
