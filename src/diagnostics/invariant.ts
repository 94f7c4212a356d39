/** Throws a plain `Error` when one of our own assumptions is false; caught only at the top of `cli` and `web`. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`)
}

/** Marks a switch as complete: the argument is `never` when every case is handled. */
export function unreachable(value: never): never {
  throw new Error(`invariant: unexpected value ${JSON.stringify(value)}`)
}
