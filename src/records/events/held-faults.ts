import type { Diagnostic, Report } from '../../diagnostics/index.ts'

/**
 * Faults of a file of which nothing tells yet that it is evidence: prose with a piece of JSON in it is not damaged. They
 * are told as soon as something in the file is a record, else never.
 */
export class HeldFaults {
  readonly #report: Report
  readonly #isEvidence: () => boolean
  readonly #most: number
  readonly #held: Diagnostic[] = []

  /** At most `most` are held. */
  constructor(report: Report, isEvidence: () => boolean, most: number) {
    this.#report = report
    this.#isEvidence = isEvidence
    this.#most = most
  }

  readonly report: Report = (fault) => {
    if (this.tell()) this.#report(fault)
    else if (this.#held.length < this.#most) this.#held.push(fault)
  }

  /** Tells what was held where the file is evidence by now. False where it is not. */
  tell(): boolean {
    if (!this.#isEvidence()) return false
    for (const fault of this.#held.splice(0)) this.#report(fault)
    return true
  }
}
