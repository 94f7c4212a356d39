import { InputError } from '../diagnostics/index.ts'
import type { EvidenceLimits } from './limits.ts'

/**
 * What one given archive may still expand to, shared by all archives nested in it. `spend` and `member` throw
 * `evidence/limit`, which ends the reading of that given archive.
 */
export class Budget {
  readonly #limits: EvidenceLimits
  readonly #source: string
  readonly #archiveBytes: number
  #expanded = 0
  #members = 0

  constructor(limits: EvidenceLimits, source: string, archiveBytes: number) {
    this.#limits = limits
    this.#source = source
    this.#archiveBytes = Math.max(archiveBytes, 1)
  }

  member(path: string): void {
    this.#members += 1
    if (this.#members > this.#limits.members) {
      throw this.#exceeded(path, `has more than ${this.#limits.members} members`)
    }
  }

  spend(bytes: number, path: string): void {
    this.#expanded += bytes
    if (this.#expanded > this.#limits.expandedBytes) {
      throw this.#exceeded(path, `expands to more than ${this.#limits.expandedBytes} bytes`)
    }
    if (
      this.#expanded > this.#limits.ratioFromBytes &&
      this.#expanded / this.#archiveBytes > this.#limits.ratio
    ) {
      throw this.#exceeded(path, `expands to more than ${this.#limits.ratio} times its size`)
    }
  }

  /** Weighs bytes that will be spent, without spending them. */
  claim(bytes: number, path: string): void {
    const spent = this.#expanded
    try {
      this.spend(bytes, path)
    } finally {
      this.#expanded = spent
    }
  }

  nest(depth: number, path: string): void {
    if (depth > this.#limits.nesting) {
      throw this.#exceeded(path, `nests archives more than ${this.#limits.nesting} deep`)
    }
  }

  #exceeded(path: string, what: string): InputError {
    return new InputError(
      'evidence/limit',
      `${this.#source} ${what}; the rest of it was not read`,
      { in: 'file', source: path },
      {
        hint: 'If this is honest evidence, extract it and give the folder.',
      },
    )
  }
}

/** The same chunks, each counted against the budget before it is handed on. */
export async function* metered(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  budget: Budget,
  path: string,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    budget.spend(chunk.length, path)
    yield chunk
  }
}
