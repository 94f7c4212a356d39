/** Codes of `tables`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const tablesCodes = {
  'tables/unknown-column':
    'An exported table has a column that the table does not have at Microsoft; its values were left out.',
  'tables/unknown-table': 'Exported rows name a table that is not known; they were left out.',
  'tables/value-does-not-fit': 'A value of an exported table is not of its column’s type and became null.',
} as const
