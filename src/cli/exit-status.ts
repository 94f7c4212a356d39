/** Exit status of every verb, as the outside interface has them. */
export const EXIT = {
  done: 0,
  /** Done, and something at or above `--fail-on` was found; or a test or check failed. */
  found: 1,
  /** The call is wrong. */
  usage: 2,
  /** Some evidence could not be read; the report was still written and says what. */
  unreadable: 3,
  /** A fault of our own. */
  internal: 4,
  interrupted: 130,
} as const

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]
