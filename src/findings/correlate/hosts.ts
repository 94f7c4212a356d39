/**
 * First character of a key that stands for a machine nobody names: evidence of two such machines (two MOF files, two
 * repositories) must not be taken for one.
 */
export const NAMELESS = '\0'

/**
 * Host names as one machine is called: without case, and a short name together with the full name where exactly one
 * full name begins with it. Two machines of the same short name in two domains stay two.
 */
export class Hosts {
  readonly #canonical = new Map<string, string>()
  readonly #display = new Map<string, string>()
  readonly #aliases = new Map<string, string[]>()
  /** Full names by their first label. */
  readonly #full = new Map<string, string[]>()

  constructor(names: Iterable<string>) {
    const spellings = new Map<string, string>()
    for (const name of names) {
      const lower = name.toLowerCase()
      const known = spellings.get(lower)
      // The spelling shown does not depend on the order of evidence; mixed case says more than all lower.
      if (known === undefined || name < known) spellings.set(lower, name)
    }
    const full = this.#full
    for (const lower of spellings.keys()) {
      if (!isFull(lower)) continue
      const short = lower.slice(0, lower.indexOf('.'))
      full.set(short, [...(full.get(short) ?? []), lower])
    }
    for (const lower of spellings.keys()) {
      const candidates = isFull(lower) ? [] : (full.get(lower) ?? [])
      const key = candidates.length === 1 ? (candidates[0] ?? lower) : lower
      this.#canonical.set(lower, key)
      this.#aliases.set(key, [...(this.#aliases.get(key) ?? []), lower])
      this.#display.set(key, spellings.get(key) ?? key)
    }
  }

  /** Key of a host, lower case; `''` for evidence that names none. */
  key(host: string | undefined): string {
    if (host === undefined) return ''
    const lower = host.toLowerCase()
    return this.#canonical.get(lower) ?? lower
  }

  /** Key of a host that a text names, short or full, when evidence knows exactly one such host. */
  find(host: string): string | undefined {
    const lower = host.toLowerCase()
    const known = this.#canonical.get(lower)
    if (known !== undefined) return known
    const full = this.#full.get(lower) ?? []
    return full.length === 1 ? full[0] : undefined
  }

  /** The host's name as evidence spells it. */
  display(key: string): string | undefined {
    return key === '' || key.startsWith(NAMELESS) ? undefined : (this.#display.get(key) ?? key)
  }

  /** Every spelling (lower case) of a host. */
  aliases(key: string): readonly string[] {
    return this.#aliases.get(key) ?? []
  }

  /** Every name (lower case) that can only mean this host: its spellings, and its short name where no other has it. */
  namesOf(key: string): readonly string[] {
    const short = isFull(key) ? key.slice(0, key.indexOf('.')) : key
    const names = this.aliases(key)
    return names.includes(short) || this.find(short) !== key ? names : [...names, short]
  }
}

/** `host.domain`, and no address. */
function isFull(name: string): boolean {
  return name.includes('.') && !/^[\d.]+$/.test(name) && !name.includes(':')
}
