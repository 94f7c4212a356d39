/** Codes of `cli`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const cliCodes = {
  'cli/usage': 'The command was called wrongly: an unknown verb, option or value, or one that is missing.',
  'cli/output-exists':
    'The output file exists already and --force was not given, or a folder or device stands in its place.',
  'cli/output-in-evidence': 'The output file would lie inside the evidence, where nothing is ever written.',
  'cli/not-found': 'A file or id that the call names does not exist, or cannot be reached.',
  'cli/missing-package': 'An optional npm package that this verb needs is not installed.',
} as const
