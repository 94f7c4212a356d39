/** Letters of other scripts that look like Latin ones, after lower-casing. Source: Unicode TR39 confusables, common part. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  һ: 'h',
  н: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  ү: 'y',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  μ: 'u',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  γ: 'y',
  ϲ: 'c',
  ı: 'i',
  ɡ: 'g',
  ɑ: 'a',
  ո: 'n',
  օ: 'o',
  ս: 'u',
  ƽ: 's',
  ʀ: 'r',
  ⅼ: 'l',
}
const INVISIBLE = /[\p{Cf}\p{Cc}\u115f\u1160\u3164\uffa0]/gu

/**
 * A name in the one form in which look-alikes are equal: NFKC, lower case, without invisible characters, with single
 * ordinary spaces, look-alike letters as Latin ones. KNOWN-GOOD section 2, last rows.
 */
export function foldName(name: string): string {
  const plain = name.normalize('NFKC').replace(INVISIBLE, '').replace(/\s+/gu, ' ').trim().toLowerCase()
  return [...plain].map((char) => LOOKALIKES[char] ?? char).join('')
}

/** What in a name deceives the eye: mixed scripts, invisible characters, odd spaces; `undefined` when nothing does. */
export function deceptiveCharacters(name: string): string | undefined {
  if (name.replace(INVISIBLE, '') !== name) return 'invisible characters'
  if (/^\s|\s$|\s\s|[^\S ]/u.test(name)) return 'odd spaces'
  const lower = name.toLowerCase()
  if (/[a-z]/.test(lower) && lower.split(/[^\p{L}]+/u).some(isDisguised)) {
    return 'letters of another alphabet that look like Latin ones'
  }
  if (name.normalize('NFKC') !== name.normalize('NFC')) return 'characters that only look like ordinary ones'
  return undefined
}

/** A word in two alphabets, or in another one's Latin-looking letters alone; a whole word of another language is neither. */
function isDisguised(word: string): boolean {
  const letters = [...word]
  const isLike = (char: string): boolean => LOOKALIKES[char] !== undefined
  return letters.some(isLike) && (/[a-z]/.test(word) || letters.every(isLike))
}

const MAX_NAME = 128

/** Edits (insert, delete, replace, swap of neighbours) between two short texts, or `limit + 1` when there are more. */
export function editDistance(left: string, right: string, limit: number): number {
  if (Math.abs(left.length - right.length) > limit || left.length > MAX_NAME || right.length > MAX_NAME)
    return limit + 1
  let before: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    let best = row
    for (let column = 1; column <= right.length; column += 1) {
      const same = left.charAt(row - 1) === right.charAt(column - 1)
      let value = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 &&
        column > 1 &&
        left.charAt(row - 1) === right.charAt(column - 2) &&
        left.charAt(row - 2) === right.charAt(column - 1)
      if (swapped) value = Math.min(value, (before[column - 2] ?? 0) + 1)
      current.push(value)
      best = Math.min(best, value)
    }
    if (best > limit) return limit + 1
    before = previous
    previous = current
  }
  return Math.min(previous[right.length] ?? limit + 1, limit + 1)
}

/** True when a name, or the last part of it, looks made by a random generator: `WSUS_QQTJ7`, a GUID, `kx9vqzt2`. */
export function looksRandom(name: string): boolean {
  if (/^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i.test(name.trim())) return true
  return name.split(/[^A-Za-z0-9]+/).some((part) => {
    if (part.length < 5 || /^\d+$/.test(part)) return false
    const letters = part.replace(/[^A-Za-z]/g, '')
    const digits = part.length - letters.length
    const vowels = letters.replace(/[^aeiouAEIOU]/g, '').length
    if (/^[0-9a-f]{12,}$/i.test(part) && digits >= 3) return true
    const turns = part.match(/[A-Za-z]\d|\d[A-Za-z]/g)?.length ?? 0
    if (digits > 0 && letters.length >= 3 && vowels === 0 && !/^(?:[a-z]{2,3}|[A-Z]{2,3})\d+$/.test(part))
      return true
    if (turns >= 3 && vowels / Math.max(1, letters.length) < 0.34) return true
    if (digits === 0 && letters.length >= 7 && vowels === 0) return true
    // Letters in both cases at random, as generators of mixed alphabets make them.
    const cases = part.match(/[a-z][A-Z]/g)?.length ?? 0
    return letters.length >= 8 && cases >= 3 && vowels / letters.length < 0.25
  })
}
