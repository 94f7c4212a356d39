/**
 * A constant table that text of evidence is looked up in: only its own keys are found. Every plain object also answers
 * to `constructor`, `toString` and `__proto__`, which an attacker can write into any field.
 */
export function lookupTable<V>(entries: Readonly<Record<string, V>>): Readonly<Record<string, V>> {
  return Object.freeze(Object.assign(Object.create(null), entries) as Record<string, V>)
}
