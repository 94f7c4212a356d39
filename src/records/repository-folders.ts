import type { EvidenceFile } from '../evidence/index.ts'
import type { RepositoryFiles } from './cim/types.ts'

interface Part {
  readonly role: 'objects' | 'index' | 'mapping'
  readonly name: string
  readonly evidence: string
  readonly bytes: Uint8Array
}

/** Bytes of repositories held back at most, waiting for the logs that name their host. */
const MAX_HELD_BYTES = 768 * 2 ** 20

/** Names of computers remembered for one tree; a machine that was renamed has two or three. */
const MAX_NAMES = 64

/** Gathers the files of WMI repositories by folder, and gives each folder once, with its host where that is known. */
export class RepositoryFolders {
  readonly #folders = new Map<string, Part[]>()
  /** For each Windows tree the computers that its logs speak of, with the time of the latest event of each. */
  readonly #hosts = new Map<string, Map<string, bigint>>()
  readonly #deliver: (files: RepositoryFiles) => void
  #heldBytes = 0

  constructor(deliver: (files: RepositoryFiles) => void) {
    this.#deliver = deliver
  }

  add(
    file: Pick<EvidenceFile, 'path' | 'name'>,
    role: Part['role'],
    evidence: string,
    bytes: Uint8Array,
  ): void {
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.'
    if (this.#heldBytes + bytes.length > MAX_HELD_BYTES) this.flush(folder)
    this.#heldBytes += bytes.length
    const parts = this.#folders.get(folder) ?? []
    parts.push({ role, name: file.name, evidence, bytes })
    this.#folders.set(folder, parts)
  }

  /** Remembers which computers the logs beside a repository speak of. */
  sawComputer(path: string, computer: string, time: bigint): void {
    const tree = windowsTree(path)
    // The log of forwarded events speaks of other computers.
    if (tree === undefined || /forwardedevents\.evtx$/i.test(path)) return
    const names = this.#hosts.get(tree) ?? new Map<string, bigint>()
    this.#hosts.set(tree, names)
    const known = names.get(computer)
    if (known === undefined ? names.size < MAX_NAMES : time > known) names.set(computer, time)
  }

  /**
   * The computer that the path and the logs beside the repository agree on; else the one whose event is the latest, for
   * names change, and a folder may be named after the case; without logs the one that the path names.
   */
  #hostOf(folder: string): string | undefined {
    const named = hostOfPath(folder)
    const seen = [...(this.#hosts.get(windowsTree(folder) ?? '') ?? [])]
    const label = (host: string): string => (host.split('.', 1)[0] ?? '').toLowerCase()
    const agreed = named === undefined ? undefined : seen.find(([host]) => label(host) === label(named))
    if (agreed !== undefined) return agreed[0]
    const [latest] = seen.sort(([, a], [, b]) => (a > b ? -1 : a < b ? 1 : 0))
    return latest?.[0] ?? named
  }

  /** Gives all folders that are complete; `except` names one that is still being read. */
  flush(except?: string): void {
    for (const [folder, parts] of this.#folders) {
      if (folder === except) continue
      this.#folders.delete(folder)
      for (const part of parts) this.#heldBytes -= part.bytes.length
      this.#deliver(toRepository(folder, parts, this.#hostOf(folder)))
    }
  }
}

function toRepository(source: string, parts: readonly Part[], host: string | undefined): RepositoryFiles {
  const objects = parts.find((part) => part.role === 'objects')
  const index = parts.find((part) => part.role === 'index')
  const mappings = parts
    .filter((part) => part.role === 'mapping')
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  return {
    source,
    evidence: {
      ...(objects === undefined ? {} : { objects: objects.evidence }),
      ...(index === undefined ? {} : { index: index.evidence }),
      ...(mappings.length === 0 ? {} : { mappings: mappings.map((part) => part.evidence) }),
    },
    ...(objects === undefined ? {} : { objects: objects.bytes }),
    ...(index === undefined ? {} : { index: index.bytes }),
    mappings: mappings.map(({ name, bytes }) => ({ name, bytes })),
    ...(host === undefined ? {} : { host }),
  }
}

/** The part of a path before `Windows/System32/`: one Windows installation in a collection. */
function windowsTree(path: string): string | undefined {
  const match = /^(.*?)\/?windows\/system32\/(?:wbem|winevt)(?:\/|$)/i.exec(path)
  return match?.[1]
}

/** Words that stand in collection trees where a host name could. */
const NOT_HOSTS =
  /^(auto|ntfs|uploads|targets?|triage|kape|collection|evidence|data|results|output|case|export|files|root|c|c%3a)$/i

/**
 * The computer a collection tree names: Velociraptor's `Collection-HOST-2022-03-10T…/uploads/auto/C%3A/Windows` and
 * KAPE's `…/HOST/C/Windows` (`%m`), also with a time stamp before the name. Observed in those tools' defaults.
 */
export function hostOfPath(path: string): string | undefined {
  const velociraptor = /(?:^|\/)Collection-(.+?)-\d{4}-\d{2}-\d{2}T/i.exec(path)?.[1]
  if (velociraptor !== undefined) return velociraptor.replaceAll('_', '.')
  const kape = /(?:^|\/)([^/]+)\/(?:[A-Z]|[A-Z]%3A)\/Windows\/System32\/wbem/i.exec(path)?.[1]
  const name = kape?.replace(/^\d{4}-\d{2}-\d{2}T[\d.:-]+_/, '')
  if (name === undefined || NOT_HOSTS.test(name) || !/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(name))
    return undefined
  return name
}
