import { decodeText, sniffTextEncoding, type TextEncoding } from './text-encoding.ts'

export type ContainerFormat = 'zip' | 'tar' | 'gzip' | 'zstd' | '7z'

/** What a file is by its content. `reason` says for a person why it is not read. */
export type FileFormat =
  | { readonly kind: 'evtx' }
  | { readonly kind: 'container'; readonly container: ContainerFormat }
  | {
      readonly kind: 'json' | 'xml' | 'clixml' | 'csv' | 'event-text' | 'mof'
      readonly encoding: TextEncoding
    }
  | { readonly kind: 'repository'; readonly role: 'objects' | 'index' | 'mapping' }
  | { readonly kind: 'empty'; readonly reason: string }
  | { readonly kind: 'unsupported-container'; readonly reason: string }
  | { readonly kind: 'formatted-listing'; readonly reason: string }
  | { readonly kind: 'other'; readonly reason: string }

const ascii = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end))

const startsWith = (bytes: Uint8Array, magic: string, at = 0): boolean =>
  ascii(bytes, at, at + magic.length) === magic

/** Signatures of what is not read, and how a person calls it. Sources: the formats' own documents; libmagic. */
const OTHER: readonly { readonly magic: string; readonly at?: number; readonly what: string }[] = [
  { magic: 'MZ', what: 'a Windows program (PE)' },
  { magic: 'regf', what: 'a registry hive' },
  { magic: 'SCCA', at: 4, what: 'a prefetch file' },
  { magic: 'MAM\x04', what: 'a compressed prefetch file' },
  { magic: 'LfLe', at: 4, what: 'a classic event log (.evt); convert it with wevtutil epl' },
  { magic: 'L\0\0\0\x01\x14\x02\0', what: 'a Windows shortcut' },
  { magic: 'FILE', what: 'an NTFS master file table' },
  { magic: 'SQLite format 3\0', what: 'an SQLite database' },
  {
    magic: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1',
    what: 'an OLE compound file (Office, installer or jump list)',
  },
  { magic: '%PDF-', what: 'a PDF document' },
  { magic: '\x89PNG', what: 'a picture (PNG)' },
  { magic: '\xff\xd8\xff', what: 'a picture (JPEG)' },
  { magic: 'GIF8', what: 'a picture (GIF)' },
  { magic: '\x7fELF', what: 'a Linux program (ELF)' },
  { magic: 'PAR1', what: 'a Parquet file' },
  { magic: '\xd4\xc3\xb2\xa1', what: 'a packet capture' },
  { magic: '\n\r\r\n', what: 'a packet capture (pcapng)' },
  { magic: '\xef\xcd\xab\x89', at: 4, what: 'an ESE database (SRUM, Active Directory)' },
]

const UNSUPPORTED: readonly { readonly magic: string; readonly at?: number; readonly what: string }[] = [
  { magic: 'Rar!\x1a\x07', what: 'a RAR archive' },
  { magic: 'BZh', what: 'a bzip2 archive' },
  { magic: '\xfd7zXZ\0', what: 'an xz archive' },
  { magic: 'MSCF', what: 'a cabinet archive' },
  { magic: 'MSWIM', what: 'a Windows image (WIM)' },
  { magic: 'EVF\x09\r\n\xff\0', what: 'an EnCase image (E01)' },
  { magic: 'EVF2\r\n\x81\0', what: 'an EnCase image (Ex01)' },
  { magic: 'vhdxfile', what: 'a virtual disk (VHDX)' },
  { magic: 'conectix', what: 'a virtual disk (VHD)' },
  { magic: 'KDMV', what: 'a virtual disk (VMDK)' },
  { magic: 'QFI\xfb', what: 'a virtual disk (QCOW)' },
  { magic: 'PAGEDU64', what: 'a Windows crash dump' },
  { magic: 'PAGEDUMP', what: 'a Windows crash dump' },
  { magic: 'EMiL', what: 'a memory image (LiME)' },
  { magic: 'NTFS    ', at: 3, what: 'a raw NTFS volume' },
]

/**
 * What a file is, from up to 64 KiB of its start, never from its name; the name only tells the parts of a WMI
 * repository apart that have no signature of their own (OBJECTS.DATA).
 */
export function identify(head: Uint8Array, name: string, sizeBytes: number | undefined): FileFormat {
  if (head.length === 0) return { kind: 'empty', reason: 'the file is empty' }
  if (startsWith(head, 'ElfFile\0') || startsWith(head, 'ElfChnk\0') || startsWith(head, 'ElfChnk\0', 4096)) {
    return { kind: 'evtx' }
  }
  const container = containerFormat(head)
  if (container !== undefined) return container
  const repository = repositoryRole(head, name, sizeBytes)
  if (repository !== undefined) return { kind: 'repository', role: repository }
  for (const { magic, at, what } of UNSUPPORTED) {
    if (startsWith(head, magic, at ?? 0)) {
      return {
        kind: 'unsupported-container',
        reason: `${what}, which is not opened; extract the evidence from it`,
      }
    }
  }
  for (const { magic, at, what } of OTHER) {
    if (startsWith(head, magic, at ?? 0)) return { kind: 'other', reason: `${what}, not read` }
  }
  if (isUsnJournal(head)) return { kind: 'other', reason: 'a USN journal ($J), not read' }
  return textFormat(head, name)
}

function containerFormat(head: Uint8Array): FileFormat | undefined {
  if (startsWith(head, 'PK\x03\x04') || startsWith(head, 'PK\x05\x06') || startsWith(head, 'PK\x07\x08')) {
    const nameLength = (head[26] ?? 0) + (head[27] ?? 0) * 256
    const first = ascii(head, 30, 30 + Math.min(nameLength, 64))
    if (first === '[Content_Types].xml' || first === 'mimetype') {
      return { kind: 'other', reason: 'an Office document, not read' }
    }
    return { kind: 'container', container: 'zip' }
  }
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return { kind: 'container', container: 'gzip' }
  if (startsWith(head, '\x28\xb5\x2f\xfd')) return { kind: 'container', container: 'zstd' }
  if (startsWith(head, '7z\xbc\xaf\x27\x1c')) return { kind: 'container', container: '7z' }
  if (isTar(head)) return { kind: 'container', container: 'tar' }
  return undefined
}

/** POSIX and GNU tar have `ustar`; a V7 header has only its checksum, so that is what decides. */
function isTar(head: Uint8Array): boolean {
  if (head.length < 512) return false
  const stored = Number.parseInt(ascii(head, 148, 156).replace(/[\0 ]+/g, ''), 8)
  let sum = 0
  for (let index = 0; index < 512; index += 1) sum += index >= 148 && index < 156 ? 32 : (head[index] ?? 0)
  return sum === stored && sum > 256
}

/**
 * Which part of a WMI repository a file is. MAPPING*.MAP and INDEX.BTR have signatures (0xABCD, 0xACCC / 0xADDD at
 * offset 0); OBJECTS.DATA has none: its first page is a table of contents of 16-byte entries whose first offset
 * points behind the table, and its size is a multiple of 8192.
 */
function repositoryRole(
  head: Uint8Array,
  name: string,
  sizeBytes: number | undefined,
): 'objects' | 'index' | 'mapping' | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const signature = head.length >= 4 ? view.getUint32(0, true) : 0
  if (signature === 0xabcd && head.length >= 24) return 'mapping'
  if ((signature === 0xaccc || signature === 0xaddd || signature === 0xbadd) && head.length >= 8192)
    return 'index'
  const lower = name.toLowerCase()
  const named = /objects[^/]*\.data/.test(lower)
  if (head.length < 8192) return undefined
  if (named && looksLikeObjects(view)) return 'objects'
  // A repository that was rewritten may begin with an unused page; the name then has to do.
  if (/^objects\.data$/.test(lower) && (sizeBytes ?? 8192) % 8192 === 0 && !isMostlyText(head))
    return 'objects'
  return looksLikeObjects(view) && (sizeBytes ?? 8192) % 8192 === 0 ? 'objects' : undefined
}

function looksLikeObjects(view: DataView): boolean {
  let entries = 0
  let end = -1
  for (let at = 0; at + 16 <= 8192; at += 16) {
    const [id, offset, length] = [
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
    ]
    if (id === 0 && offset === 0 && length === 0) {
      // The first record follows the table's zero entry.
      return entries > 0 && view.getUint32(4, true) === at + 16
    }
    if (id === 0 || offset === 0 || length === 0) return false
    if (end >= 0 && offset < end && entries > 0) return false
    if (offset > 8192 && entries > 0) return false
    end = offset + length
    entries += 1
  }
  return false
}

const isMostlyText = (head: Uint8Array): boolean => sniffTextEncoding(head) !== undefined

const USN_V3_HEADER = 76

/** USN_RECORD_V2/V3: length, major version 2 or 3, minor 0; a sparse journal begins with zero pages. [MS-FSCC] 2.3.62. */
function isUsnJournal(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  for (let at = 0; at + USN_V3_HEADER <= head.length; at += 8) {
    const length = view.getUint32(at, true)
    if (length === 0) continue
    const [major, minor] = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)]
    const nameOffset = view.getUint16(at + (major === 2 ? 58 : 74), true)
    return (
      length >= 60 &&
      length < 1024 &&
      (major === 2 || major === 3) &&
      minor === 0 &&
      nameOffset === (major === 2 ? 60 : 76)
    )
  }
  return false
}

function textFormat(head: Uint8Array, name: string): FileFormat {
  if (head.every((byte) => byte === 0)) return { kind: 'other', reason: 'only zero bytes' }
  const encoding = sniffTextEncoding(head)
  if (encoding === undefined) return { kind: 'other', reason: 'bytes of no known kind' }
  const text = decodeText(head, encoding)
  const start = text.trimStart()
  if (start === '') return { kind: 'other', reason: 'text without content' }
  if (/^(?:<\?xml[^>]*>\s*)?<Objs\s[^>]*powershell/i.test(start)) return { kind: 'clixml', encoding }
  const hasEvents = /<(?:\w+:)?Events?[\s>]/.test(text)
  // JSON and CSV may carry event XML inside a field: what the text begins with decides.
  // Syslog's priority, `<13>`, is no XML.
  if (hasEvents && /^<\D/.test(start)) return { kind: 'xml', encoding }
  if (looksLikeJson(start)) return { kind: 'json', encoding }
  if (looksLikeMof(text, name)) return { kind: 'mof', encoding }
  if (EVENT_TEXT.test(start)) return { kind: 'event-text', encoding }
  if (looksLikeCsv(start)) return { kind: 'csv', encoding }
  const listing = FORMATTED.find(({ marks }) => marks.every((mark) => mark.test(text)))
  if (listing === undefined && hasJsonLines(start)) return { kind: 'json', encoding }
  if (hasEvents) return { kind: 'xml', encoding }
  if (listing !== undefined) return { kind: 'formatted-listing', reason: listing.what }
  return { kind: 'other', reason: 'text of no known kind' }
}

/** How `wevtutil qe /f:text` begins, or a raw event of Splunk's classic WinEventLog. */
const EVENT_TEXT =
  /^(?:Event\[\d+\]:?\s*\r?\n\s+Log Name: |\d{2}\/\d{2}\/\d{4} \d{2}:\d{2}:\d{2}[^\r\n]*\r?\nLogName=)/

const WMIC_LIST = 'a list of WMIC (some characters of values escaped, others not)'
const POWERSHELL_LIST = 'a list or table that PowerShell formatted for people (long values wrapped or cut)'

/** Listings of events or subscriptions in which values are no longer whole. */
const FORMATTED: readonly { readonly marks: readonly RegExp[]; readonly what: string }[] = [
  { marks: [/^ProviderName {1,40}: /m, /^Id {1,40}: \d/m], what: POWERSHELL_LIST },
  { marks: [/^ {0,40}TimeCreated {1,40}Id {1,40}LevelDisplayName {1,40}Message/m], what: POWERSHELL_LIST },
  {
    marks: [
      /^__CLASS {1,40}: (?:__EventFilter|__FilterToConsumerBinding|__\w{1,40}Instruction|\w{0,60}EventConsumer)/m,
    ],
    what: POWERSHELL_LIST,
  },
  { marks: [/^EventNamespace {1,40}: /m, /^QueryLanguage {1,40}: /m], what: POWERSHELL_LIST },
  {
    marks: [/^CreatorSID {1,40}: /m, /^(?:CommandLineTemplate|ScriptText|Filter) {1,40}: /m],
    what: POWERSHELL_LIST,
  },
  {
    marks: [/^EventNamespace=/m, /^QueryLanguage=/m],
    what: WMIC_LIST,
  },
  {
    marks: [/^CreatorSID=/m, /^(?:CommandLineTemplate|ScriptText|Filter)=/m],
    what: WMIC_LIST,
  },
]

/**
 * `{` or `[` followed by what JSON allows there; MOF blocks and INI sections also begin with brackets. evtx_dump
 * writes `Record 1` on a line of its own before each object.
 */
function looksLikeJson(text: string): boolean {
  const start = text.replace(/^Record \d+\s+/, '')
  // An object or event XML as a string, each on a line of its own.
  if (/^"\s*(?:\{|<)[^"]{0,1000}\\"/.test(start)) return true
  return /^\{\s*("|\}|$)/.test(start) || /^\[\s*([[{"\]\d-]|$|true|false|null)/.test(start)
}

/** Characters of a line's header; syslog's with structured data has some hundred. */
const MAX_LINE_HEADER = 1024

/**
 * One JSON object a line after a header of syslog's or another's: `<13>Nov 24 12:00:00 host {"Event": …}`; or JSON after
 * some lines of another kind (a comment, a tool's greeting). Where a log has event XML on more of its lines, that is read.
 */
function hasJsonLines(text: string): boolean {
  const lines = text.split(/\r?\n/)
  const json = lines.filter((line, index) => isJsonLine(line, lines[index + 1])).length
  return json > 0 && json > lines.filter((line) => /^[^{]*<(?:\w+:)?Event[\s>]/.test(line)).length
}

/** Without `next` the line is the last of what was read of the file, and may go on. */
function isJsonLine(line: string, next: string | undefined): boolean {
  if (/^\s*[[{]\s*$/.test(line)) return /^\s*(?:\{|"(?:[^"\\]|\\.)*"\s*:)/.test(next ?? '')
  const header = /\{\s*"/.exec(line.slice(0, MAX_LINE_HEADER))
  if (header === null) return false
  return (
    /^\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(line.slice(header.index)) &&
    (next === undefined || /\}\s*$/.test(line))
  )
}

/**
 * MOF begins, after comments, with a pragma, an instance, a class or a qualifier list ([DSP0221] annex A); scripts
 * that carry MOF in a string begin otherwise. A file named `.mof` may have other text before.
 */
function looksLikeMof(text: string, name: string): boolean {
  const bare = withoutComments(text).trimStart()
  const instance = /\binstance\s+of\s+\w+\s*(?:as\s+\$\w+\s*)?\{/i
  const pragma =
    /^[ \t]*#pragma\s+(?:namespace|autorecover|classflags|instanceflags|deleteclass|deleteinstance|include|locale|amendment)\b/im
  if (/\.(mof|mfl)$/i.test(name))
    return instance.test(bare) || pragma.test(bare) || /\bclass\s+\w+/i.test(bare)
  if (/^#pragma\s/i.test(bare)) return pragma.test(bare)
  if (/^instance\s+of\s/i.test(bare)) return instance.test(bare)
  // The same beginning in C++, C# or JavaScript is followed by words that MOF does not have.
  return (
    /^(?:\[[^\]]{0,4000}\]\s*)?class\s+\w+\s*(?::\s*\w+\s*)?\{/i.test(bare) &&
    !/\b(?:public|private|protected|function|return|import|using|void|const|new)\b|=>/.test(bare)
  )
}

/** Without block and line comments; linear, where a pattern would start anew at each of a thousand `/*`. */
function withoutComments(text: string): string {
  const kept: string[] = []
  let from = 0
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at)) {
    const next = text[at + 1]
    if (next !== '*' && next !== '/') {
      at += 1
      continue
    }
    kept.push(text.slice(from, at))
    const end = next === '*' ? text.indexOf('*/', at + 2) : text.indexOf('\n', at)
    if (end < 0) return kept.join(' ')
    from = next === '*' ? end + 2 : end
    at = from
  }
  kept.push(text.slice(from))
  return kept.join(' ')
}

/** Lines before the header: Excel's `sep=;`, and the type that Export-Csv of Windows PowerShell names. */
const CSV_LEAD = /^(?:sep=.\r?\n|#TYPE [^\r\n]*\r?\n)+/i

/** A first line of at least three separated names, or Splunk's `_raw`; which table it is, the names decide. */
function looksLikeCsv(start: string): boolean {
  const line = start.replace(CSV_LEAD, '').split(/\r?\n/, 1)[0] ?? ''
  if (/^"?_raw"?$|^"?_time"?,"?_raw"?$/.test(line)) return true
  return [',', ';', '\t'].some((separator) => {
    const fields = line.split(separator)
    return fields.length >= 3 && fields.every((field) => /^\s*"?[\w $@#./\\()[\]:-]{0,80}"?\s*$/.test(field))
  })
}
