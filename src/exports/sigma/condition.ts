import { InputError } from '../../diagnostics/index.ts'

export type Condition =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'of'; readonly all: boolean; readonly names: readonly string[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }

const MAX_DEPTH = 64

/**
 * Parses a Sigma condition over the given selections: `and`, `or`, `not`, parentheses, `1 of x*`, `all of them`. `not`
 * binds closest, then `and`, then `or`. Throws `platforms/bad-rule`.
 */
export function parseCondition(text: string, selections: readonly string[]): Condition {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? []
  let at = 0
  const fail = (message: string): never => {
    throw new InputError('platforms/bad-rule', `condition "${text}": ${message}`)
  }
  const take = (): string => tokens[at++] ?? fail('ends too early')
  const binary = (word: 'and' | 'or', depth: number): Condition => {
    const operand = (): Condition => (word === 'or' ? binary('and', depth) : unary(depth))
    let left = operand()
    while (tokens[at]?.toLowerCase() === word) {
      at += 1
      left = { kind: word, left, right: operand() }
    }
    return left
  }
  const unary = (depth: number): Condition => {
    if (depth > MAX_DEPTH) return fail('is nested too deep')
    const token = take()
    if (token.toLowerCase() === 'not') return { kind: 'not', of: unary(depth + 1) }
    if (token === '(') {
      const inner = binary('or', depth + 1)
      return take() === ')' ? inner : fail('lacks a closing parenthesis')
    }
    if (tokens[at]?.toLowerCase() === 'of') {
      at += 1
      return of(token, take())
    }
    return selections.includes(token) ? { kind: 'name', name: token } : fail(`knows no selection ${token}`)
  }
  const of = (count: string, pattern: string): Condition => {
    const wanted = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern
    const names = selections.filter((name) =>
      pattern === 'them'
        ? !name.startsWith('_')
        : pattern.endsWith('*')
          ? name.startsWith(wanted)
          : name === wanted,
    )
    if (names.length === 0) return fail(`${pattern} is no selection`)
    if (count !== '1' && count !== 'any' && count !== 'all') return fail(`${count} of is not evaluated here`)
    return { kind: 'of', all: count === 'all', names }
  }
  const condition = binary('or', 0)
  return at === tokens.length ? condition : fail(`does not end at ${tokens[at]}`)
}

/** Whether the condition holds, asking for each selection at most when it matters. */
export function holds(condition: Condition, selected: (name: string) => boolean): boolean {
  switch (condition.kind) {
    case 'name':
      return selected(condition.name)
    case 'of':
      return condition.all ? condition.names.every(selected) : condition.names.some(selected)
    case 'not':
      return !holds(condition.of, selected)
    case 'and':
      return holds(condition.left, selected) && holds(condition.right, selected)
    case 'or':
      return holds(condition.left, selected) || holds(condition.right, selected)
  }
}
