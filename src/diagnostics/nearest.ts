/** Longest names compared, and of how many: a hint is not worth more. */
const MAX_LENGTH = 100
const MAX_CHOICES = 1000
/** Names in a hint; a table has dozens of columns. */
const MAX_NAMED = 12

/**
 * The choice that a misspelt name most likely means: the same letters in another case, or at most a third of its
 * characters away; `undefined` where none is that near.
 */
export function nearest(name: string, choices: Iterable<string>): string | undefined {
  const list = [...choices].slice(0, MAX_CHOICES)
  const lower = name.toLowerCase()
  const sameLetters = list.find((choice) => choice.toLowerCase() === lower)
  if (sameLetters !== undefined || name.length > MAX_LENGTH) return sameLetters
  const limit = Math.max(1, Math.floor(name.length / 3))
  let best: string | undefined
  let least = limit + 1
  for (const choice of list) {
    if (Math.abs(choice.length - name.length) > limit) continue
    const distance = edits(lower, choice.toLowerCase())
    if (distance < least) {
      least = distance
      best = choice
    }
  }
  return best
}

/** A hint for a misspelt name; `undefined` where nothing is near. */
export function didYouMean(name: string, choices: Iterable<string>): string | undefined {
  const choice = nearest(name, choices)
  return choice === undefined ? undefined : `did you mean ${choice}?`
}

/** Names for a hint: the first dozen, and how many more there are. */
export function someOf(names: Iterable<string>): string {
  const all = [...names]
  const more = all.length - MAX_NAMED
  return `${all.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Insertions, deletions and replacements between two texts. */
function edits(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
