/** Codes of `tables`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const tablesCodes = {} as const
