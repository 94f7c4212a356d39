import type { Rel } from '../plan/expr.ts'

/** Thrown while reading a plan when columns depend on the data: `question` gives rows (name, type) that tell. */
export class ProbeNeeded extends Error {
  override readonly name = 'ProbeNeeded'
  readonly question: Rel

  constructor(question: Rel) {
    super('the output columns depend on the data')
    this.question = question
  }
}
