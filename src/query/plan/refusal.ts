import { InputError } from '../../diagnostics/index.ts'
import type { Span } from './expr.ts'

/** The refusal of a construct: valid KQL that Triad does not translate. Code `query/unsupported`. */
export function refusal(what: string, span: Span, source = 'query', hint?: string): InputError {
  return new InputError(
    'query/unsupported',
    `${what} is not supported`,
    { in: 'text', source, start: span.start, end: span.end },
    hint === undefined ? {} : { hint },
  )
}
