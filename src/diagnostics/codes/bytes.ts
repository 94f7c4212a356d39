/** Codes of `bytes`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const bytesCodes = {
  'bytes/out-of-bounds': 'A structure claims more bytes than the file or its parent structure has.',
} as const
