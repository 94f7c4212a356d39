/** Codes of `engine`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const engineCodes = {
  'engine/case-unusable':
    'The case file cannot be opened: it is no DuckDB database of ours, in use, or not writable.',
  'engine/external-data':
    'A file that externaldata or a stand-in table names is not in the allowed folder or cannot be read.',
  'engine/function-missing': 'A query needs a function that this engine does not have.',
  'engine/not-installed': 'The chosen database engine is not installed.',
  'engine/out-of-memory': 'A query needs more memory than the limit allows.',
  'engine/run-failed': 'The database refused or failed a query at run time.',
  'engine/schema-probe': 'Output columns that depend on the data could not be settled.',
  'engine/stand-in': 'A table or function of the cloud was answered by a local stand-in.',
  'engine/timeout': 'A query ran longer than its time limit and was stopped.',
} as const
