/** Codes of `wql`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const wqlCodes = {
  'wql/unexpected-character': 'A character stands in a WQL query where no WQL word can begin.',
  'wql/unterminated-string': 'A string in a WQL query has no closing quote.',
  'wql/unexpected-token': 'A WQL query does not follow the grammar here.',
  'wql/too-deep': 'Conditions of a WQL query are nested deeper than is read.',
  'wql/too-long': 'A WQL query is longer than WMI or this reader accepts.',
} as const
