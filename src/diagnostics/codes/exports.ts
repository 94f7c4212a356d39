/** Codes of `exports`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const exportsCodes = {
  'exports/damaged-row':
    'A row of a CSV file has more or fewer fields than its header, or bad quoting, and was left out.',
  'exports/cut-file': 'A CSV file ends inside a quoted field; the last row was left out.',
  'exports/oversized-row': 'One row of a CSV file is larger than the limit and was left out.',
} as const
