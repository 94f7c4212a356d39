/** How a plan names a value that the state of a `scan` step holds: a column name that no query can spell. */
export function stateName(step: string, column: string): string {
  return `\u0000${step}\u0000${column}`
}

/** Step and column of such a name; undefined for any other. */
export function stateOf(name: string): { readonly step: string; readonly column: string } | undefined {
  const [before, step, column] = name.split('\u0000')
  return before === '' && step !== undefined && column !== undefined ? { step, column } : undefined
}
