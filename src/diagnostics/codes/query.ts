/** Codes of `query`: code → what it means, one sentence. `docs/errors.md` is generated from this. */
export const queryCodes = {
  'query/invalid':
    'The KQL is wrong: Microsoft’s parser or binder reports an error (its code stands in the message).',
  'query/unsupported':
    'Valid KQL that Triad does not translate, because it could not promise the same answer.',
  'query/parameter': 'A value for a declared query parameter is missing or not of the declared type.',
  'query/render-ignored': 'The rows are complete; `render` only says how a portal would draw them.',
  'query/last-result':
    'The text gives several tables: several statements, or `fork` or `facet`. The services return each; here the last one is given.',
  'query/stand-in': 'Something that needs a cloud service was answered by a local stand-in.',
  'query/approximate':
    'Kusto estimates this value; Triad computes it exactly, so the last digits may differ.',
} as const
