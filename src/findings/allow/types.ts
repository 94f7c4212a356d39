/** One thing that a team knows to be good, for as long as it says. */
export interface AllowEntry {
  /** SHA-256 of the whole subscription, as the report shows it. */
  readonly fingerprint: string
  /** The same without the creator, for sources that do not tell it. Written by `triad allow add`. */
  readonly content?: string
  /** What it is, for people. */
  readonly title?: string
  /** Hosts on which it is allowed, `*` for any run of characters; every host when left out. */
  readonly hosts?: readonly string[]
  readonly owner: string
  readonly reason: string
  readonly ticket?: string
  /** ISO 8601 date; the entry counts through that day (UTC). */
  readonly expires: string
}

export interface AllowList {
  readonly source: string
  readonly entries: readonly AllowEntry[]
}

export interface AllowAnswer {
  readonly kind: 'allowed' | 'expired'
  readonly entry: AllowEntry
}
