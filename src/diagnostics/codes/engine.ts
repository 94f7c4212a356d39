/** Codes of `engine`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const engineCodes = {} as const
