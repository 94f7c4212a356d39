/** What an archive may ask of the reader before the rest of it is refused. Evidence is written by the attacker. */
export interface EvidenceLimits {
  /** Containers inside containers; a `.tar.gz` counts as two. */
  readonly nesting: number
  /** Members of one given archive, those of nested archives included. */
  readonly members: number
  /** Bytes that one given archive may expand to, nested archives included. */
  readonly expandedBytes: number
  /**
   * Expanded bytes for each byte of the given archive, looked at only beyond `ratioFromBytes`: a freshly created
   * 20 MB event log is nearly all zero bytes and honestly shrinks a thousand times.
   */
  readonly ratio: number
  readonly ratioFromBytes: number
  /** Bytes of a nested archive that are kept in memory; a larger one goes to a file in the system's temporary folder. */
  readonly spoolBytes: number
}

export const DEFAULT_LIMITS: EvidenceLimits = {
  nesting: 6,
  members: 500_000,
  expandedBytes: 2 ** 40,
  ratio: 250,
  ratioFromBytes: 2 ** 30,
  spoolBytes: 64 * 2 ** 20,
}
