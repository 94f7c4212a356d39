import type { Diagnostic, Report } from '../../diagnostics/index.ts'

/** More faults than this tell no more than these do. */
const MAX_HELD = 1000

/**
 * Faults of a file of which nothing tells yet that it is evidence: prose with a piece of JSON in it is not damaged. They
 * are told as soon as something in the file is a record, else never.
 */
export class HeldFaults {
  readonly #report: Report
  readonly #isEvidence: () => boolean
  readonly #held: Diagnostic[] = []

  constructor(report: Report, isEvidence: () => boolean) {
    this.#report = report
    this.#isEvidence = isEvidence
  }

  readonly report: Report = (fault) => {
    if (this.tell()) this.#report(fault)
    else if (this.#held.length < MAX_HELD) this.#held.push(fault)
  }

  /** Tells what was held where the file is evidence by now. False where it is not. */
  tell(): boolean {
    if (!this.#isEvidence()) return false
    for (const fault of this.#held.splice(0)) this.#report(fault)
    return true
  }
}
