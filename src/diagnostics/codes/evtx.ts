/** Codes of `evtx`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const evtxCodes = {} as const
