/** Codes of `cli`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const cliCodes = {} as const
