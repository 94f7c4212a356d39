/** What became of one rule. */
export interface DeployResult {
  readonly rule: string
  readonly outcome: 'created' | 'updated' | 'unchanged'
  /** Properties that the platform holds otherwise than sent; empty when all is well. */
  readonly differences: readonly string[]
}
