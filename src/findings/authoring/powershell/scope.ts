import { ESCAPED_DOLLAR } from './lexer.ts'
import { Enough, MAX_STRING, member } from './operations.ts'
import { type PsValue, stringValue, UNKNOWN, wholeText } from './value.ts'

/** Longer source is given as it is written. */
const MAX_EXPANDED_SOURCE = 4096

/** The variables of a script or of one call of a function, by their names in lower case. */
export class Scope {
  readonly #values: Map<string, PsValue>
  /** Block in which a variable got its value; see {@link Scope.assign}. */
  readonly #assignedIn: Map<string, number>

  constructor(outer?: Scope) {
    this.#values = new Map(outer === undefined ? [] : outer.#values)
    this.#assignedIn = new Map(outer === undefined ? [] : outer.#assignedIn)
  }

  get(name: string): PsValue | undefined {
    return this.#values.get(name)
  }

  set(name: string, value: PsValue): void {
    this.#values.set(name, value)
  }

  /**
   * Gives a variable its value. In a branch (not 0), a value that differs from the one given elsewhere makes it unknown:
   * which of the two holds is not for the text to tell, and the wrong name in a finding is worse than none.
   */
  assign(name: string, value: PsValue, branch: number): void {
    const before = this.#values.get(name)
    const elsewhere =
      before !== undefined && before.kind !== 'unknown' && this.#assignedIn.get(name) !== branch
    this.#values.set(name, branch !== 0 && elsewhere ? UNKNOWN : value)
    this.#assignedIn.set(name, branch)
  }

  /** A parameter: what a variable of its name had outside is not meant. */
  declare(name: string, value: PsValue | undefined, branch: number): void {
    if (value === undefined) this.#values.delete(name)
    else this.#values.set(name, value)
    this.#assignedIn.set(name, branch)
  }

  /** An expandable string with the variables that are known put in; partial where one is not. */
  expand(text: string): PsValue {
    let partial = false
    const expanded = text.replace(
      /\$(?:\{([^}]*)\}|((?:env:)?\w+)|\(\s*\$(\w+)(?:\.(\w+))?\s*\)|\()/gi,
      (
        whole,
        braced: string | undefined,
        plain: string | undefined,
        inner: string | undefined,
        property: string | undefined,
      ) => {
        const name = (braced ?? plain ?? inner ?? '').toLowerCase()
        const value = this.#values.get(name)
        const known = wholeText(
          property === undefined || value === undefined ? value : member(value, property),
        )
        if (known === undefined) partial = true
        return known ?? whole
      },
    )
    if (expanded.length > MAX_STRING) throw new Enough()
    return stringValue(expanded.replaceAll(ESCAPED_DOLLAR, '$'), partial)
  }

  /** Source text with the variables that are known put in: what a program that is called here would be given. */
  expandSource(source: string): string {
    if (!source.includes('$') || source.length > MAX_EXPANDED_SOURCE) return source
    const expanded = this.expand(source)
    return expanded.kind === 'string' ? expanded.text : source
  }
}
