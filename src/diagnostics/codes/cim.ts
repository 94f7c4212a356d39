/** Codes of `cim`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const cimCodes = {} as const
