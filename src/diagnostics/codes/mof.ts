/** Codes of `mof`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const mofCodes = {
  'mof/unexpected-character': 'A character stands in MOF text where no MOF word can begin.',
  'mof/unterminated-string': 'A string in MOF text has no closing quote before the text (or its line) ends.',
  'mof/unterminated-comment': 'A block comment in MOF text is not closed.',
  'mof/unexpected-token': 'MOF text does not follow the grammar here; reading goes on at the next statement.',
  'mof/too-deep': 'Arrays or embedded instances in MOF text are nested deeper than is read.',
  'mof/unknown-alias': 'A value refers to an instance alias that the text does not define.',
  'mof/too-many-errors': 'MOF text has more errors than are listed one by one.',
  'mof/truncated': 'A MOF object is cut off: what stands before the cut is shown.',
  'mof/no-objects': 'PossibleCause text holds neither an event filter nor an event consumer.',
} as const
