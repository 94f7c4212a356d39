import { unreachable } from '../../diagnostics/index.ts'
import type { WqlCondition, WqlOperand, WqlOperator, WqlProperty } from '../../lang/wql/index.ts'

/** One comparison after NOT has been pushed down to it. */
export interface Atom {
  /** Property without `TargetInstance.`; empty for TargetInstance itself. */
  readonly property: string
  /** The comparison is about the object before the change. */
  readonly previous: boolean
  readonly test: WqlOperator | 'like' | 'not-like' | 'isa' | 'not-isa' | 'null' | 'not-null'
  /** Text of the constant, pattern or class; `''` for null tests. */
  readonly value: string
  /** Set when the comparison is with another property of the event, of which `value` is the name. */
  readonly other?: { readonly property: string; readonly previous: boolean }
}

/** Alternatives (joined by OR) of comparisons (joined by AND). */
export interface Alternatives {
  readonly all: readonly (readonly Atom[])[]
  /** More alternatives than {@link MAX_ALTERNATIVES}: only some are listed. */
  readonly cut: boolean
  /** A comparison that is always true decided the condition. */
  readonly tautology: boolean
}

const MAX_ALTERNATIVES = 64
const MAX_ATOMS = 64

type Truth = 'always' | 'never'

/** Brings a condition into the form that is explained; what is always or never true is evaluated away. */
export function alternativesOf(condition: WqlCondition | undefined): Alternatives | 'never' {
  if (condition === undefined) return { all: [[]], cut: false, tautology: false }
  const state = { cut: false, tautology: false }
  const all = expand(condition, false, state)
  if (all === 'never' || all.length === 0) return 'never'
  return { all, ...state }
}

function expand(
  condition: WqlCondition,
  negated: boolean,
  state: { cut: boolean; tautology: boolean },
): readonly (readonly Atom[])[] | 'never' {
  switch (condition.kind) {
    case 'not':
      return expand(condition.condition, !negated, state)
    case 'and':
    case 'or': {
      const parts = condition.conditions.map((part) => expand(part, negated, state))
      // NOT (a AND b) is NOT a OR NOT b.
      return (condition.kind === 'or') !== negated ? union(parts, state) : product(parts, state)
    }
    case 'compare':
    case 'like':
    case 'isa':
    case 'null': {
      const atom = atomOf(condition, negated)
      if (atom === 'never') return 'never'
      if (atom !== 'always') return [[atom]]
      state.tautology = true
      return [[]]
    }
    default:
      return unreachable(condition)
  }
}

function union(
  parts: readonly (readonly (readonly Atom[])[] | 'never')[],
  state: { cut: boolean },
): readonly (readonly Atom[])[] | 'never' {
  const all = parts.filter((part) => part !== 'never').flat()
  if (all.length === 0) return 'never'
  // `x OR always` is always.
  if (all.some((atoms) => atoms.length === 0)) return [[]]
  if (all.length > MAX_ALTERNATIVES) state.cut = true
  return all.slice(0, MAX_ALTERNATIVES)
}

function product(
  parts: readonly (readonly (readonly Atom[])[] | 'never')[],
  state: { cut: boolean },
): readonly (readonly Atom[])[] | 'never' {
  let all: readonly (readonly Atom[])[] = [[]]
  for (const part of parts) {
    if (part === 'never') return 'never'
    const next: Atom[][] = []
    for (const left of all) {
      for (const right of part) {
        if (next.length >= MAX_ALTERNATIVES || left.length + right.length > MAX_ATOMS) {
          state.cut = true
          continue
        }
        next.push([...left, ...right])
      }
    }
    if (next.length > 0) all = next
  }
  return all
}

const OPPOSITE: Readonly<Record<WqlOperator, WqlOperator>> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

const MIRRORED: Readonly<Record<WqlOperator, WqlOperator>> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

function atomOf(
  condition: Extract<WqlCondition, { kind: 'compare' | 'like' | 'isa' | 'null' }>,
  negated: boolean,
): Atom | Truth {
  switch (condition.kind) {
    case 'like': {
      const positive = condition.negated === negated
      // NULL is not LIKE '%', but a name that is there always is.
      if (/^%+$/.test(condition.pattern)) return positive ? 'always' : 'never'
      return { ...subject(condition.path), test: positive ? 'like' : 'not-like', value: condition.pattern }
    }
    case 'isa': {
      const positive = condition.negated === negated
      return { ...subject(condition.path), test: positive ? 'isa' : 'not-isa', value: condition.className }
    }
    case 'null': {
      const isNull = condition.negated === negated
      return { ...subject(condition.path), test: isNull ? 'null' : 'not-null', value: '' }
    }
    case 'compare': {
      const operator = negated ? OPPOSITE[condition.operator] : condition.operator
      return comparison(condition.left, operator, condition.right)
    }
    default:
      return unreachable(condition)
  }
}

function comparison(left: WqlOperand, operator: WqlOperator, right: WqlOperand): Atom | Truth {
  if (left.kind === 'constant' && right.kind === 'constant')
    return holds(constantText(left), operator, constantText(right)) ? 'always' : 'never'
  if (left.kind === 'constant') return comparison(right, MIRRORED[operator], left)
  const place = subject(left.path)
  if (right.kind === 'constant') {
    if (right.value.kind === 'null' && (operator === '=' || operator === '!='))
      return { ...place, test: operator === '=' ? 'null' : 'not-null', value: '' }
    const value = constantText(right)
    const ofObject = left.path.length > 1
    if (ofObject && place.property.toLowerCase() === '__class' && (operator === '=' || operator === '!='))
      return { property: '', previous: place.previous, test: operator === '=' ? 'isa' : 'not-isa', value }
    return { ...place, test: operator, value }
  }
  const same = left.path.join('.').toLowerCase() === right.path.join('.').toLowerCase()
  if (same) return operator === '=' || operator === '<=' || operator === '>=' ? 'always' : 'never'
  return { ...place, test: operator, value: right.path.join('.'), other: subject(right.path) }
}

function subject(path: WqlProperty): { readonly property: string; readonly previous: boolean } {
  const [first = ''] = path
  const head = first.toLowerCase()
  const embedded = head === 'targetinstance' || head === 'previousinstance' || head === 'targetevent'
  const rest = embedded ? path.slice(1) : path
  // An event's texts are searched alike whichever of them is meant.
  const property = rest.join('.').replace(/^(InsertionStrings)\[\d+\]$/i, '$1')
  return { property, previous: head === 'previousinstance' }
}

function constantText(operand: Extract<WqlOperand, { kind: 'constant' }>): string {
  const { value } = operand
  switch (value.kind) {
    case 'string':
      return value.value
    case 'number':
      return value.text
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE'
    case 'null':
      return 'NULL'
    default:
      return unreachable(value)
  }
}

function holds(left: string, operator: WqlOperator, right: string): boolean {
  const numbers = [Number(left), Number(right)] as const
  const numeric = left.trim() !== '' && right.trim() !== '' && !numbers.some(Number.isNaN)
  const order = numeric
    ? numbers[0] - numbers[1]
    : left.toLowerCase() === right.toLowerCase()
      ? 0
      : left.toLowerCase() < right.toLowerCase()
        ? -1
        : 1
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return unreachable(operator)
  }
}

const WORDS: Readonly<Record<Atom['test'], string>> = {
  '=': 'is',
  '!=': 'is not',
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
  like: 'is like',
  'not-like': 'is not like',
  isa: 'is a',
  'not-isa': 'is not a',
  null: 'is empty',
  'not-null': 'is not empty',
}

/** A comparison in words: `its LoadPercentage is above 99`. */
export function atomWords(atom: Atom): string {
  const owner = atom.previous ? 'its former' : 'its'
  const name =
    atom.property === '' ? (atom.previous ? 'the former object' : 'it') : `${owner} ${atom.property}`
  if (atom.test === 'null' || atom.test === 'not-null') return `${name} ${WORDS[atom.test]}`
  if (atom.test === 'like' || atom.test === 'not-like')
    return `${name} ${likeWords(atom.value, atom.test === 'like')}`
  if (atom.other !== undefined) return comparedWords(name, atom, atom.other)
  const value = /^-?\d+(?:\.\d+)?$/.test(atom.value) ? atom.value : quoted(atom.value)
  return `${name} ${WORDS[atom.test]} ${value}`
}

/** `its State has changed`, `its Size is above its former Size`. */
function comparedWords(name: string, atom: Atom, other: NonNullable<Atom['other']>): string {
  const isSame = other.property.toLowerCase() === atom.property.toLowerCase()
  if (isSame && other.previous !== atom.previous && (atom.test === '=' || atom.test === '!='))
    return `${name.replace('its former', 'its')} has ${atom.test === '=' ? 'not ' : ''}changed`
  return `${name} ${WORDS[atom.test]} ${other.previous ? 'its former' : 'its'} ${other.property}`
}

/** `contains "x"`, `begins with "x"`, or `is like "x_y"` where the pattern is more than that. */
export function likeWords(pattern: string, positive = true): string {
  const inner = pattern.replace(/^%+|%+$/g, '')
  if (/[%_[\]]/.test(inner) || inner === '')
    return `${positive ? 'is like' : 'is not like'} ${quoted(pattern)}`
  const open = pattern.startsWith('%')
  const close = pattern.endsWith('%')
  if (open && close) return `${positive ? 'contains' : 'does not contain'} ${quoted(inner)}`
  if (close) return `${positive ? 'begins' : 'does not begin'} with ${quoted(inner)}`
  if (open) return `${positive ? 'ends' : 'does not end'} with ${quoted(inner)}`
  return `${positive ? 'is' : 'is not'} ${quoted(inner)}`
}

/** Evidence text in a sentence: in quotes, shortened in the middle. */
export function quoted(text: string): string {
  return `"${text.length > 160 ? `${text.slice(0, 120)} … ${text.slice(-30)}` : text}"`
}

/** A query may list hundreds of names; a sentence with more than these is read by nobody. */
const MAX_LISTED = 12

/** `a`, `a or b`, `a, b or c`; repeated entries once; many are counted. */
export function listWords(parts: readonly string[], conjunction = 'or'): string {
  const all = [...new Set(parts)]
  const more = all.length - MAX_LISTED
  const unique = more > 1 ? [...all.slice(0, MAX_LISTED), `${more} more`] : all
  if (unique.length <= 1) return unique[0] ?? ''
  return `${unique.slice(0, -1).join(', ')} ${conjunction} ${unique.at(-1)}`
}
