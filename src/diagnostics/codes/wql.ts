/** Codes of `wql`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const wqlCodes = {} as const
