import type { Report } from '../../diagnostics/index.ts'
import type { CimInstance } from '../cim-value.ts'
import { normalizeNamespace } from '../object-path.ts'
import type { MofInstance } from './ast.ts'
import { mofInstanceToCim } from './instance.ts'
import { parseMof } from './parser.ts'

/** What event 5861 (and Defender's WmiBindEventFilterToConsumer) says about a binding. */
export interface PossibleCause {
  /** From the message-only wrapper, normalised; absent where the text is PossibleCause alone. */
  readonly namespace?: string
  /** `Eventfilter = ...` of the wrapper. */
  readonly filterName?: string
  /** `Consumer = <Class>="<Name>"` of the wrapper, as written. */
  readonly consumerPath?: string
  readonly filter?: CimInstance
  readonly consumer?: CimInstance
  /** Both objects were read to their closing brace. */
  readonly complete: boolean
}

/** Attack text can repeat the heading: so many places are tried. */
const MAX_CANDIDATES = 16

/**
 * Reads the text of 5861's `PossibleCause`: one line or many, escaped once or twice more as JSON, or inside the rendered
 * message (`Namespace = ...; Eventfilter = ...; Consumer = ...; PossibleCause = ...`). A cut text gives what stands
 * before the cut, `complete: false` and a diagnostic. Quoted attack text (`};`, `instance of`, `Perm. Consumer:`) is only
 * text. Source: TELEMETRY section 3; observed in evidence evtx-folder-w10-aptsimulator and json-covenant-persistwmi-it001.
 */
export function parsePossibleCause(
  text: string,
  options: { readonly source?: string; readonly report?: Report } = {},
): PossibleCause {
  let best = readCause(text)
  // Text escaped once more never reads as complete: its quotes are all escaped, so no string in it ends.
  let layer = text
  for (let depth = 0; depth < 2 && !best.complete; depth += 1) {
    const unescaped = unescapeOnce(layer)
    if (unescaped === layer) break
    layer = unescaped
    const cause = readCause(layer)
    if (completeness(cause) > completeness(best)) best = cause
  }
  if (!best.complete) {
    const nothing = best.filter === undefined && best.consumer === undefined
    options.report?.({
      code: nothing ? 'mof/no-objects' : 'mof/truncated',
      severity: 'warning',
      message: nothing
        ? 'no event filter and no event consumer could be read in PossibleCause'
        : 'PossibleCause is cut off: only a part of the filter and consumer could be read',
      at: { in: 'text', source: options.source ?? 'PossibleCause', start: 0, end: text.length },
      hint: 'look for the same subscription in another source (Sysmon 19-21, the WMI repository)',
    })
  }
  return best
}

function completeness(cause: PossibleCause): number {
  const properties = (cause.filter?.properties.length ?? 0) + (cause.consumer?.properties.length ?? 0)
  return (cause.complete ? 1000 : 0) + properties
}

function unescapeOnce(text: string): string {
  const entities = !text.includes('"') && text.includes('&quot;')
  if (entities) {
    return text
      .replaceAll('&quot;', '"')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  }
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g,
    (_whole, hex: string | undefined, simple: string) =>
      hex === undefined ? (JSON_ESCAPES[simple] ?? simple) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

const JSON_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Names in the wrapper are attack text without quotes, which may hold the heading itself. The right heading is the first
 * one from which two whole objects and nothing else can be read.
 */
function readCause(text: string): PossibleCause {
  const heading = /Binding\s+EventFilter\s*:/gi
  const starts: number[] = []
  for (
    let match = heading.exec(text);
    match !== null && starts.length < MAX_CANDIDATES;
    match = heading.exec(text)
  ) {
    starts.push(match.index)
  }
  let best: Candidate = { complete: false, tail: text.length }
  for (const start of starts.length === 0 ? [0] : starts) {
    const cause = { ...readWrapper(text.slice(0, start)), ...readObjects(text.slice(start)) }
    if (cause.complete && cause.tail === 0) return withoutTail(cause)
    const [better, worse] = [completeness(cause), completeness(best)]
    if (better > worse || (better === worse && cause.tail < best.tail)) best = cause
  }
  return withoutTail(best)
}

/** `tail`: characters behind the objects that are neither blank nor end marks of a carrier. */
interface Candidate extends PossibleCause {
  readonly tail: number
}

function withoutTail({ tail: _tail, ...cause }: Candidate): PossibleCause {
  return cause
}

function readObjects(text: string): Pick<Candidate, 'filter' | 'consumer' | 'complete' | 'tail'> {
  const { statements } = parseMof(text, { unterminated: 'text' })
  const instances = statements.filter((statement): statement is MofInstance => statement.kind === 'instance')
  const filter = instances.find(({ className }) => className.toLowerCase() === '__eventfilter')
  const consumer = instances.find((instance) => instance !== filter)
  const end = consumer?.end ?? filter?.end ?? 0
  return {
    ...(filter === undefined ? {} : { filter: mofInstanceToCim(filter) }),
    ...(consumer === undefined ? {} : { consumer: mofInstanceToCim(consumer) }),
    complete:
      filter !== undefined &&
      consumer !== undefined &&
      filter.truncated !== true &&
      consumer.truncated !== true,
    tail: text.slice(end).replace(/[;.\s]/g, '').length,
  }
}

/** Searches by position rather than by one pattern, whose lazy parts would take quadratic time on long names. */
function readWrapper(text: string): Pick<PossibleCause, 'namespace' | 'filterName' | 'consumerPath'> {
  const head = /^\s*Namespace\s*=\s*([^;]*);\s*Event\s?filter\s*=\s*/i.exec(text)
  const tail = text.toLowerCase().lastIndexOf('(refer to its activate eventid:')
  if (head === null || tail < head[0].length) return {}
  const consumer = /^[^)]*\);\s*Consumer\s*=/i.exec(text.slice(tail))
  const end = text.toLowerCase().lastIndexOf('possiblecause')
  if (consumer === null || end < tail + consumer[0].length) return {}
  return {
    namespace: normalizeNamespace(head[1] ?? ''),
    filterName: text.slice(head[0].length, tail).trimEnd(),
    consumerPath: text
      .slice(tail + consumer[0].length, end)
      .trim()
      .replace(/;$/, ''),
  }
}
