/** Codes of `detections`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const detectionsCodes = {} as const
