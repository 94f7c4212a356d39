import type { Scenario } from '../model.ts'
import { creations } from './creation.ts'
import { cleanUp, mofcomp, powershellCommandLine, wmicActiveScript } from './validation.ts'
import { variants } from './variants.ts'

/** Every scenario: the three validation techniques first, then the clean-up, variants and benign look-alikes. */
export const scenarios: readonly Scenario[] = [
  powershellCommandLine,
  wmicActiveScript,
  mofcomp,
  cleanUp,
  ...creations,
  ...variants,
]

export { NOT_SIMULATED } from './coverage.ts'
