import { InputError, limitedReport, type Report } from '../diagnostics/index.ts'
import { decodeText, type EvidenceFile, openEvidence, toUtf8 } from '../evidence/index.ts'
import { readClixml, readEventCsv, readEventJson, readEventText, readEventXml } from './events/index.ts'
import { createEvtxScanner } from './evtx/index.ts'
import { scanEvtxFile } from './evtx/node/scan-file.ts'
import { type FileContext, type FileOutcome, unreadOutcome } from './file-context.ts'
import type { EvidenceItem, ReadOptions, RecordSink } from './read.ts'
import { RepositoryFolders } from './repository-folders.ts'

/** MOF text is read whole: the largest that Windows has (cimwin32.mof) are of some megabytes. */
const MAX_MOF_BYTES = 8 * 2 ** 20
/** Repository files are read whole; honest ones are far smaller. */
const MAX_REPOSITORY_BYTES = 2 ** 31 - 1
/** A larger event log is read with visits to the event loop, a little slower without hashes: an interrupt must not wait for it. */
const MAX_BLOCKING_BYTES = 2 ** 28
/** Bytes between two visits to the event loop, where an interrupt is noticed. */
const BREATHE_BYTES = 8 * 2 ** 20

/** Names that promise evidence: a file of such a name and unknown content is an error, not just skipped. */
const EVIDENCE_NAME =
  /\.(evtx|jsonl?|ndjson|csv|xml|clixml|mof|mfl|zip|gz|tgz|zst|7z|tar|btr|map)$|^objects\.data$/i

/** Diagnostics of one code told in one run; an archive can have a million members of no known kind. */
const MAX_TOLD = 1000

/** Readers of text that hold one record at a time. */
const TEXT_READERS = {
  json: readEventJson,
  csv: readEventCsv,
  xml: readEventXml,
  clixml: readClixml,
  'event-text': readEventText,
} as const

interface Session {
  readonly options: ReadOptions
  readonly report: Report
  readonly sink: RecordSink
  readonly repositories: RepositoryFolders
  currentPath: string
  sinceBreath: number
}

/**
 * Reads everything under the paths once and gives the records to the sink, in evidence order (repositories last).
 * One file that cannot be read stops nothing: it is a diagnostic, and an item that says why. The items come in
 * reading order, archives before their members.
 */
export async function readEvidence(paths: readonly string[], options: ReadOptions): Promise<EvidenceItem[]> {
  const repositories = new RepositoryFolders((files) => options.sink.repository?.(files))
  const limited = limitedReport(options.report, { each: MAX_TOLD })
  const session: Session = {
    options,
    report: limited.report,
    sink: { ...bindSink(options.sink) },
    repositories,
    currentPath: '',
    sinceBreath: 0,
  }
  const items: EvidenceItem[] = []
  // A file is listed once it was left, an archive once its members were: only then size and hash are known.
  const archives: ReadFile[] = []
  let last: ReadFile | undefined
  const list = ({ file, id, outcome, index }: ReadFile): void => {
    items[index] = toItem(file, id, outcome)
  }
  const ids = new Map<string, number>()
  const files = openEvidence(paths, {
    report: limited.report,
    ...(options.hash === undefined ? {} : { hash: options.hash }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  for await (const file of files) {
    if (options.signal?.aborted === true) break
    const count = (ids.get(file.id) ?? 0) + 1
    ids.set(file.id, count)
    const id = count === 1 ? file.id : `${file.id}-${count}`
    if (last !== undefined) list(last)
    const outcome = await readFile(file, id, session)
    last = { file, id, outcome, index: items.length }
    items.push(toItem(file, id, outcome))
    if (file.format.kind === 'container') archives.push(last)
  }
  if (last !== undefined) list(last)
  archives.forEach(list)
  repositories.flush()
  limited.flush()
  return items
}

interface ReadFile {
  readonly file: EvidenceFile
  readonly id: string
  readonly outcome: FileOutcome
  readonly index: number
}

function toItem(file: EvidenceFile, id: string, outcome: FileOutcome): EvidenceItem {
  const skipped = outcome.skipped ?? (outcome.read === 0 ? file.problem : undefined)
  return {
    id,
    path: file.path,
    kind: outcome.kind,
    sizeBytes: file.sizeBytes,
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    records: { read: outcome.read, relevant: outcome.relevant, damaged: outcome.damaged },
    ...(skipped === undefined ? {} : { skipped }),
  }
}

/** Methods of the caller's sink keep their `this`. */
function bindSink(sink: RecordSink): RecordSink {
  return {
    event: (event) => sink.event?.(event),
    row: (row) => sink.row?.(row),
    mof: (text) => sink.mof?.(text),
    inventory: (entry) => sink.inventory?.(entry),
    ...(sink.log === undefined ? {} : { log: (coverage) => sink.log?.(coverage) }),
  }
}

async function readFile(file: EvidenceFile, id: string, session: Session): Promise<FileOutcome> {
  if (file.problem !== undefined) return unreadOutcome(file.problem)
  session.currentPath = file.path
  await breathe(session, BREATHE_BYTES)
  const limited = limitedReport(session.report, { source: file.path })
  const context: FileContext = {
    evidence: id,
    source: file.path,
    selection: session.options.selection,
    sink: session.sink,
    report: limited.report,
  }
  try {
    const outcome = await readByFormat(file, context, session)
    if (outcome.skipped === undefined) tellMisnamed(file, limited.report)
    return outcome
  } catch (error) {
    tellFailure(error, file, limited.report)
    return unreadOutcome(file.problem ?? '')
  } finally {
    limited.flush()
  }
}

/** What names promise; other names promise nothing. */
const PROMISES: readonly (readonly [RegExp, EvidenceFile['format']['kind'], string])[] = [
  [/\.evtx$/i, 'evtx', 'event log'],
  [/\.(json|jsonl|ndjson)$/i, 'json', 'JSON'],
  [/\.csv$/i, 'csv', 'CSV'],
  [/\.xml$/i, 'xml', 'event XML'],
  [/\.clixml$/i, 'clixml', "PowerShell's Export-Clixml"],
  [/\.(mof|mfl)$/i, 'mof', 'MOF'],
  [/\.(zip|gz|tgz|zst|tzst|7z|tar)$/i, 'container', 'archive'],
]

/** Evidence under a name of another kind is read all the same, but somebody may have hidden it so. */
function tellMisnamed(file: EvidenceFile, report: Report): void {
  const promised = PROMISES.find(([name]) => name.test(file.name))
  if (promised === undefined || promised[1] === file.format.kind) return
  // Export-Clixml writes XML too.
  if (promised[1] === 'xml' && file.format.kind === 'clixml') return
  const actual = PROMISES.find(([, kind]) => kind === file.format.kind)?.[2] ?? file.format.kind
  report({
    code: 'evidence/misnamed',
    severity: 'info',
    message: `the name says ${promised[2]}, the content is ${actual}; it was read as that`,
    at: { in: 'file', source: file.path },
  })
}

/** What went wrong while a file's bytes were read; other errors are faults of ours and go on. */
function tellFailure(error: unknown, file: EvidenceFile, report: Report): void {
  if (!(error instanceof Error) || /^invariant/.test(error.message)) throw error
  file.problem = error.message
  if (error instanceof InputError) {
    report(error.toDiagnostic())
    return
  }
  report({
    code: 'evidence/unreadable',
    severity: 'error',
    message: `reading stopped at byte ${file.bytesRead}: ${error.message}`,
    at: { in: 'bytes', source: file.path, offset: file.bytesRead },
  })
}

async function readByFormat(
  file: EvidenceFile,
  context: FileContext,
  session: Session,
): Promise<FileOutcome> {
  const { format } = file
  switch (format.kind) {
    case 'container':
      return { kind: 'archive', read: 0, relevant: 0, damaged: 0 }
    case 'evtx':
      return readEvtxFile(file, context, session)
    case 'json':
    case 'csv':
    case 'xml':
    case 'clixml':
    case 'event-text': {
      const text = toUtf8(paced(file, session, context.report), format.encoding)
      return orUnknown(await TEXT_READERS[format.kind](text, context), file, context)
    }
    case 'mof': {
      const bytes = await file.bytes(MAX_MOF_BYTES)
      if (bytes === undefined) return tooLarge(file, context, MAX_MOF_BYTES)
      const text = decodeText(bytes, format.encoding)
      if (text.includes('\ufffd')) {
        context.report({
          code: 'evidence/undecodable-text',
          severity: 'warning',
          message: `bytes that are no characters in ${format.encoding} (half a surrogate pair, another code page)`,
          at: { in: 'file', source: file.path },
        })
      }
      session.sink.mof?.({ evidence: context.evidence, path: file.path, text })
      return { kind: 'mof', read: 1, relevant: 1, damaged: 0 }
    }
    case 'repository': {
      const bytes = await file.bytes(MAX_REPOSITORY_BYTES)
      if (bytes === undefined) return tooLarge(file, context, MAX_REPOSITORY_BYTES)
      session.repositories.add(file, format.role, context.evidence, bytes)
      return { kind: 'repository', read: 1, relevant: 1, damaged: 0 }
    }
    case 'formatted-listing':
      context.report({
        code: 'evidence/formatted-listing',
        severity: 'error',
        message: `not read: ${format.reason}`,
        at: { in: 'file', source: file.path },
        hint: 'Get it again through ConvertTo-Json -Depth 4 or Export-Clixml.',
      })
      return unreadOutcome(format.reason)
    case 'unsupported-container':
      context.report({
        code: 'evidence/unsupported-container',
        severity: 'error',
        message: format.reason,
        at: { in: 'file', source: file.path },
      })
      return unreadOutcome(format.reason)
    case 'empty':
    case 'other':
      return unknownFile(file, format.reason, context)
  }
}

function readEvtxFile(file: EvidenceFile, context: FileContext, session: Session): Promise<FileOutcome> {
  const { options, repositories } = session
  const scanOptions = {
    evidence: context.evidence,
    source: context.source,
    selection: context.selection,
    sink: (event: Parameters<NonNullable<RecordSink['event']>>[0]): void => {
      if (event.computer !== undefined) {
        repositories.sawComputer(context.source, event.computer, event.timeFiletime ?? 0n)
      }
      session.sink.event?.(event)
    },
    report: context.report,
    recover: options.recover ?? true,
    ...(session.sink.log === undefined ? {} : { log: session.sink.log }),
  }
  return file.localPath === undefined || file.sizeBytes > MAX_BLOCKING_BYTES
    ? scanStream(file, scanOptions, session)
    : Promise.resolve(scanLocal(file, file.localPath, scanOptions, session))
}

type ScanOptions = Parameters<typeof createEvtxScanner>[0]

async function scanStream(
  file: EvidenceFile,
  scanOptions: ScanOptions,
  session: Session,
): Promise<FileOutcome> {
  const scanner = createEvtxScanner(scanOptions)
  let offset = 0
  for await (const chunk of paced(file, session, scanOptions.report)) {
    scanner.feed(chunk, offset)
    offset += chunk.length
  }
  const { read, relevant, damaged } = scanner.end()
  return { kind: 'evtx', read, relevant, damaged }
}

function scanLocal(
  file: EvidenceFile,
  path: string,
  scanOptions: ScanOptions,
  session: Session,
): FileOutcome {
  const { options } = session
  const counts = scanEvtxFile(path, {
    ...scanOptions,
    bytes: file.readElsewhere(),
    stop: () => options.signal?.aborted === true,
    progress: (bytesRead, bytesTotal) => options.progress?.({ path: file.path, bytesRead, bytesTotal }),
  })
  return { kind: 'evtx', read: counts.read, relevant: counts.relevant, damaged: counts.damaged }
}

/**
 * The file's bytes, with progress told and the event loop visited now and then. Ends early when aborted, and where
 * the bytes cannot be read on (a cut archive), which is told: what came before is still evidence.
 */
async function* paced(file: EvidenceFile, session: Session, report: Report): AsyncGenerator<Uint8Array> {
  const { options } = session
  const chunks = file.chunks()
  for (;;) {
    let next: IteratorResult<Uint8Array>
    try {
      next = await chunks.next()
    } catch (error) {
      tellFailure(error, file, report)
      return
    }
    if (next.done === true) return
    yield next.value
    options.progress?.({ path: file.path, bytesRead: file.bytesRead, bytesTotal: file.sizeBytes })
    if (options.signal?.aborted === true) return
    await breathe(session, next.value.length)
  }
}

/** Synchronous reads and promises alone would never let an interrupt be heard. */
async function breathe(session: Session, bytes: number): Promise<void> {
  session.sinceBreath += bytes
  if (session.sinceBreath < BREATHE_BYTES) return
  session.sinceBreath = 0
  await new Promise((resolve) => setImmediate(resolve))
}

/** The outcome, or where the reader found nothing it knows, a skipped file with a diagnostic where one is due. */
function orUnknown(outcome: FileOutcome, file: EvidenceFile, context: FileContext): FileOutcome {
  return outcome.kind === 'unknown' ? unknownFile(file, outcome.skipped ?? '', context, outcome) : outcome
}

function unknownFile(
  file: EvidenceFile,
  reason: string,
  context: FileContext,
  outcome: FileOutcome = unreadOutcome(reason),
): FileOutcome {
  // Valid JSON, XML or CSV of another kind is common in case folders; only its being named makes it an error.
  const isOtherText = outcome.damaged === 0 && Object.hasOwn(TEXT_READERS, file.format.kind)
  if (file.given || (EVIDENCE_NAME.test(file.name) && !isOtherText)) {
    context.report({
      code: file.format.kind === 'empty' ? 'evidence/empty-file' : 'evidence/unknown-kind',
      severity: 'error',
      message: `not read: ${reason}`,
      at: { in: 'file', source: file.path },
      hint: 'The kind is recognised by content. If this should be evidence, the file may be cut, encrypted or overwritten.',
    })
  }
  return { ...outcome, kind: 'unknown', skipped: reason }
}

function tooLarge(file: EvidenceFile, context: FileContext, limit: number): FileOutcome {
  const message = `larger than the ${limit} bytes that are read of such a file`
  reportLimit(context.report, file.path, message)
  return unreadOutcome(message)
}

function reportLimit(report: Report, source: string, message: string): void {
  report({ code: 'evidence/limit', severity: 'error', message, at: { in: 'file', source } })
}
