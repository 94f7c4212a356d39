import {
  arithmetic,
  call,
  charOf,
  literalPattern,
  MAX_ITEMS,
  method,
  replaced,
} from './constant-functions.ts'
import { guessLanguage, isMark, isName, type ScriptLanguage, type Token, tokenize } from './tokens.ts'
import type { DecodedLayer } from './types.ts'

const MAX_PASSES = 24
const MAX_VALUE = 65_536
/** Characters that folding may make in all, so that doubling variables cannot swell. */
const MAX_MADE = 1_048_576

interface Folded {
  readonly token: Token
  readonly used: number
}

interface State {
  readonly language: ScriptLanguage
  readonly text: string
  readonly constants: Map<string, Token>
  /** End of a loop that was read as a whole: what grows in it has grown already. */
  loopEnd: number
  made: number
}

const isConstant = (token: Token | undefined): boolean =>
  token?.kind === 'text' || token?.kind === 'number' || token?.kind === 'list'

/** Items of `( a, b, … )` beginning at the opening mark; `undefined` when one is not a constant. */
function constantItems(
  tokens: readonly Token[],
  open: number,
  close: string,
): { readonly items: readonly Token[]; readonly next: number } | undefined {
  const items: Token[] = []
  let at = open + 1
  while (items.length < MAX_ITEMS) {
    while (tokens[at]?.kind === 'line') at += 1
    const token = tokens[at]
    if (isMark(token, close)) return { items, next: at + 1 }
    if (token === undefined || (token.kind !== 'text' && token.kind !== 'number')) return undefined
    items.push(token)
    at += 1
    while (tokens[at]?.kind === 'line') at += 1
    if (isMark(tokens[at], ',')) at += 1
    else if (!isMark(tokens[at], close)) return undefined
  }
  return undefined
}

/** The constant that the tokens at `at` amount to, if they do. `before` is what stands left of them. */
function reduce(
  state: State,
  tokens: readonly Token[],
  at: number,
  before: Token | undefined,
): Folded | undefined {
  const token = tokens[at]
  if (token === undefined) return undefined
  const next = tokens[at + 1]
  const third = tokens[at + 2]
  const make = (value: string | readonly string[] | undefined, used: number): Folded | undefined => {
    const last = tokens[at + used - 1]
    if (value === undefined || last === undefined) return undefined
    const size = typeof value === 'string' ? value.length : value.reduce((sum, item) => sum + item.length, 0)
    if (size > MAX_VALUE || state.made + size > MAX_MADE) return undefined
    state.made += size
    const place = { start: token.start, end: last.end, made: true } as const
    return {
      token:
        typeof value === 'string'
          ? { kind: 'text', value, ...place }
          : { kind: 'list', value: '', items: value, ...place },
      used,
    }
  }

  if (token.kind === 'text' || token.kind === 'list') {
    if (isMark(next, '.') && third?.kind === 'name' && isMark(tokens[at + 3], '(')) {
      const args = constantItems(tokens, at + 3, ')')
      const value = args === undefined ? undefined : method(token, third.value, args.items, state.language)
      if (args !== undefined && value !== undefined) return make(value, args.next - at)
    }
    if (
      next?.kind === 'operator' &&
      next.value === 'join' &&
      third?.kind === 'text' &&
      token.kind === 'list'
    ) {
      return make((token.items ?? []).join(third.value), 3)
    }
  }
  if (token.kind === 'list' && isMark(next, '[') && third?.kind === 'number' && isMark(tokens[at + 3], ']')) {
    return make(token.items?.[Number(third.value)], 4)
  }
  if (isMark(token, '@') && next?.kind === 'list') return make(next.items ?? [], 2)
  if (token.kind === 'text') {
    if ((isMark(next, '+') || isMark(next, '&')) && third?.kind === 'text' && !isMark(before, '.')) {
      const after = tokens[at + 3]
      if (!isMark(after, '.') && !isMark(after, '[')) return make(token.value + third.value, 3)
    }
    if (next?.kind === 'operator' && third?.kind === 'text') {
      if (next.value === 'f') return format(tokens, at, make)
      if (next.value.endsWith('replace')) {
        const hasWith = isMark(tokens[at + 3], ',') && tokens[at + 4]?.kind === 'text'
        const pattern = literalPattern(third.value)
        const to = hasWith ? (tokens[at + 4]?.value ?? '') : ''
        if (pattern !== undefined) {
          return make(replaced(token.value, pattern, to, next.value !== 'creplace'), hasWith ? 5 : 3)
        }
      }
      if (next.value === 'split') {
        const pattern = literalPattern(third.value)
        if (pattern !== undefined && pattern !== '') return make(token.value.split(pattern), 3)
      }
    }
    if (isMark(next, '[')) {
      const rest = state.text.slice(token.end, token.end + 96)
      const match =
        /^\s*\[\s*-\s*1\s*\.\.\s*-\s*(?:(\d+)|\(?[^\]()]{0,48}length\s*\)?)\s*\]/i.exec(rest) ??
        /^\s*\[\s*\(?[^\]()]{0,48}length(?:\s*-\s*1)?\s*\)?\s*\.\.\s*0\s*\]/i.exec(rest)
      if (match !== null) {
        const wanted = match[1] === undefined ? token.value.length : Number(match[1])
        let used = 1
        while (used < 24 && (tokens[at + used]?.end ?? Infinity) <= token.end + match[0].length) used += 1
        return make([...token.value].reverse().slice(0, wanted), used)
      }
    }
  }
  if (token.kind === 'operator' && token.value === 'join' && next?.kind === 'list' && !isConstant(before)) {
    return make((next.items ?? []).join(''), 2)
  }
  if (token.kind === 'number' && third?.kind === 'number' && (isMark(before, '(') || isMark(before, ','))) {
    const after = tokens[at + 3]
    const isLeft = (isMark(after, '+') || isMark(after, '-')) && tokens[at + 4]?.kind === 'number'
    if (isMark(after, ')') || isMark(after, ',') || isLeft) {
      const value = arithmetic(Number(token.value), next, Number(third.value))
      if (value !== undefined) {
        return {
          token: { kind: 'number', value: String(value), start: token.start, end: third.end, made: true },
          used: 3,
        }
      }
    }
  }
  if (isMark(token, '[') && next?.kind === 'name' && state.language === 'powershell') {
    return cast(tokens, at, make)
  }
  if (isMark(token, '[') && state.language === 'jscript' && !isConstant(before) && before?.kind !== 'name') {
    const list = constantItems(tokens, at, ']')
    if (list !== undefined && list.items.length > 0) {
      return make(
        list.items.map((item) => item.value),
        list.next - at,
      )
    }
  }
  if (
    token.kind === 'name' &&
    isMark(next, '(') &&
    !(isMark(before, '.') && token.value !== 'fromcharcode')
  ) {
    const args = constantItems(tokens, at + 1, ')')
    if (args !== undefined) return make(call(token.value, args.items), args.next - at)
  }
  if (
    token.kind === 'name' &&
    isMark(next, '.') &&
    isName(third, 'expandenvironmentstrings') &&
    isMark(tokens[at + 3], '(')
  ) {
    const args = constantItems(tokens, at + 3, ')')
    if (args?.items.length === 1) return make(args.items[0]?.value, args.next - at)
  }
  if (
    isName(token, 'string') &&
    isMark(next, '.') &&
    isName(third, 'fromcharcode') &&
    isMark(tokens[at + 3], '(')
  ) {
    const args = constantItems(tokens, at + 3, ')')
    if (args !== undefined) return make(call('fromcharcode', args.items), args.next - at)
  }
  if (isMark(token, '(')) return group(state, tokens, at, before, make)
  return undefined
}

type Make = (value: string | readonly string[] | undefined, used: number) => Folded | undefined

/** `'{1}{0}' -f 'a','b'`. */
function format(tokens: readonly Token[], at: number, make: Make): Folded | undefined {
  const template = tokens[at]?.value ?? ''
  const values: string[] = []
  let pos = at + 2
  for (;;) {
    const operand = tokens[pos]
    if (operand === undefined || (operand.kind !== 'text' && operand.kind !== 'number')) return undefined
    values.push(operand.value)
    pos += 1
    if (!isMark(tokens[pos], ',')) break
    pos += 1
    if (values.length > MAX_ITEMS) return undefined
  }
  const value = template.replace(
    /\{(\d{1,4})(?:[,:][^{}]{0,16})?\}/g,
    (whole, index: string) => values[Number(index)] ?? whole,
  )
  return make(value, pos - at)
}

/** `[char]65`, `[char](65)`, `[string]'a'`, `[char[]](72,105)`, `[char[]]'abc'`. */
function cast(tokens: readonly Token[], at: number, make: Make): Folded | undefined {
  const type = tokens[at + 1]
  if (isMark(tokens[at + 2], ']')) {
    const operand = tokens[at + 3]
    if (isName(type, 'char') && operand?.kind === 'number') return make(charOf(operand.value), 4)
    if (
      isName(type, 'char') &&
      isMark(operand, '(') &&
      tokens[at + 4]?.kind === 'number' &&
      isMark(tokens[at + 5], ')')
    ) {
      return make(charOf(tokens[at + 4]?.value ?? ''), 6)
    }
    if (isName(type, 'string') && (operand?.kind === 'text' || operand?.kind === 'number')) {
      return make(operand.value, 4)
    }
    return undefined
  }
  if (
    isName(type, 'char') &&
    isMark(tokens[at + 2], '[') &&
    isMark(tokens[at + 3], ']') &&
    isMark(tokens[at + 4], ']')
  ) {
    const operand = tokens[at + 5]
    if (operand?.kind === 'text') return make([...operand.value].slice(0, MAX_ITEMS), 6)
    if (operand?.kind === 'list') return make((operand.items ?? []).map(charOf), 6)
    if (isMark(operand, '(')) {
      const list = constantItems(tokens, at + 5, ')')
      if (list !== undefined)
        return make(
          list.items.map((item) => charOf(item.value)),
          list.next - at,
        )
    }
  }
  return undefined
}

/** `('a')` is `'a'`; `('a','b')` and `@('a','b')` are lists. Not the arguments of a call. */
function group(
  state: State,
  tokens: readonly Token[],
  at: number,
  before: Token | undefined,
  make: Make,
): Folded | undefined {
  const open = tokens[at]
  const touching = before !== undefined && before.end === open?.start
  const isCall =
    before !== undefined &&
    ((before.kind === 'name' && (touching || state.language !== 'powershell')) ||
      (touching && (isMark(before, ']') || before.kind === 'variable')))
  if (isCall) return undefined
  const inner = tokens[at + 1]
  if (inner !== undefined && isConstant(inner) && isMark(tokens[at + 2], ')')) {
    const folded = make(inner.kind === 'list' ? (inner.items ?? []) : inner.value, 3)
    // Brackets around what was written out anyway hide nothing.
    if (folded === undefined || inner.made === true) return folded
    return { ...folded, token: { ...folded.token, copied: true } }
  }
  const list = constantItems(tokens, at, ')')
  if (list === undefined || list.items.length < 2) return undefined
  return make(
    list.items.map((item) => item.value),
    list.next - at,
  )
}

/** Remembers constants that are assigned, and puts them in where they are used, in reading order. */
function variables(
  state: State,
  tokens: readonly Token[],
  at: number,
  before: Token | undefined,
): Folded | undefined {
  const token = tokens[at]
  if (token === undefined) return undefined
  if (token.kind === 'text' && token.expands === true) {
    const value = token.value.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
      const constant = state.constants.get(name.toLowerCase())
      return constant?.kind === 'text' ? constant.value : whole
    })
    if (value === token.value || value.length > MAX_VALUE || state.made + value.length > MAX_MADE)
      return undefined
    state.made += value.length
    return { token: { kind: 'text', value, start: token.start, end: token.end, made: true }, used: 1 }
  }
  setByCmdlet(state, tokens, at)
  joinedByLoop(state, tokens, at)
  reversedInPlace(state, tokens, at)
  const isVariable = state.language === 'powershell' ? token.kind === 'variable' : token.kind === 'name'
  if (!isVariable || isMark(before, '.')) return undefined
  const next = tokens[at + 1]
  const appends = isMark(next, '+') && isMark(tokens[at + 2], '=')
  if (appends || (isMark(next, '=') && !isMark(tokens[at + 2], '='))) {
    remember(state, token.value, tokens, at + (appends ? 3 : 2), appends)
    return undefined
  }
  if (isMark(next, '(') && state.language !== 'powershell') return undefined
  const constant = state.constants.get(token.value)
  if (constant === undefined || state.made + constant.value.length > MAX_MADE) return undefined
  state.made += constant.value.length
  return { token: { ...constant, start: token.start, end: token.end, made: true, copied: true }, used: 1 }
}

/** `foreach($p in 'a','b'){$s+=$p}`: the variable grows by every item. */
function joinedByLoop(state: State, tokens: readonly Token[], at: number): void {
  if (state.language !== 'powershell' || !isName(tokens[at], 'foreach') || !isMark(tokens[at + 1], '('))
    return
  const item = tokens[at + 2]
  if (item?.kind !== 'variable' || !isName(tokens[at + 3], 'in')) return
  const list = tokens[at + 4]
  const items =
    list?.kind === 'list' && isMark(tokens[at + 5], ')')
      ? { texts: list.items ?? [], next: at + 6 }
      : textsUntil(tokens, at + 4)
  if (items === undefined) return
  const [open, target, plus, equals, value, close] = tokens.slice(items.next, items.next + 6)
  const isAppend = isMark(open, '{') && isMark(plus, '+') && isMark(equals, '=') && isMark(close, '}')
  if (!isAppend || target?.kind !== 'variable' || value?.kind !== 'variable' || value.value !== item.value)
    return
  const old = state.constants.get(target.value)
  const joined = (old?.kind === 'text' ? old.value : '') + items.texts.join('')
  if (joined.length > MAX_VALUE || state.made + joined.length > MAX_MADE) return
  state.constants.set(target.value, { kind: 'text', value: joined, start: 0, end: 0, made: true })
  state.loopEnd = close?.end ?? 0
}

function textsUntil(
  tokens: readonly Token[],
  from: number,
): { readonly texts: readonly string[]; readonly next: number } | undefined {
  const read = constantItems(tokens, from - 1, ')')
  return read === undefined ? undefined : { texts: read.items.map(({ value }) => value), next: read.next }
}

/** `[array]::Reverse($a)` turns the list in the variable. */
function reversedInPlace(state: State, tokens: readonly Token[], at: number): void {
  if (!isName(tokens[at], 'reverse') || !isMark(tokens[at - 1], ':') || !isMark(tokens[at + 1], '(')) return
  const name = tokens[at + 2]
  if (name?.kind !== 'variable' || !isMark(tokens[at + 3], ')')) return
  const list = state.constants.get(name.value)
  if (list?.kind === 'list')
    state.constants.set(name.value, { ...list, items: [...(list.items ?? [])].reverse(), made: true })
}

/** `Set-Variable -Name a -Value 'b'`, `sv a 'b'`, `New-Variable a 'b'`. */
function setByCmdlet(state: State, tokens: readonly Token[], at: number): void {
  if (state.language !== 'powershell' || tokens[at]?.kind !== 'name') return
  let next = at
  if (isName(tokens[at], 'sv', 'nv')) next += 1
  else if (
    isName(tokens[at], 'set', 'new') &&
    isMark(tokens[at + 1], '-') &&
    isName(tokens[at + 2], 'variable')
  )
    next += 3
  else return
  const skip = (name: string): void => {
    if (isMark(tokens[next], '-') && tokens[next + 1]?.value.startsWith(name) === true) next += 2
  }
  skip('n')
  const name = tokens[next]
  if (name === undefined || (name.kind !== 'name' && name.kind !== 'text')) return
  next += 1
  skip('v')
  remember(state, name.value.toLowerCase(), tokens, next, false)
}

function remember(state: State, name: string, tokens: readonly Token[], at: number, appends: boolean): void {
  const value = tokens[at]
  const after = tokens[at + 1]
  if (appends && value !== undefined && value.end < state.loopEnd) return
  const ends =
    after === undefined ||
    after.kind === 'line' ||
    isMark(after, ';') ||
    isMark(after, ':') ||
    isMark(after, '}') ||
    isMark(after, '|')
  if (value === undefined || !isConstant(value) || !ends) {
    state.constants.delete(name)
    return
  }
  const old = state.constants.get(name)
  if (!appends) state.constants.set(name, value)
  else if (
    old?.kind === 'text' &&
    value.kind === 'text' &&
    old.value.length + value.value.length <= MAX_VALUE
  ) {
    state.constants.set(name, { ...value, value: old.value + value.value })
  } else state.constants.delete(name)
}

function pass(
  state: State,
  tokens: readonly Token[],
): { readonly tokens: Token[]; readonly changed: boolean } {
  const out: Token[] = []
  let changed = false
  state.constants.clear()
  state.loopEnd = 0
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]
    if (token === undefined) break
    const before = out[out.length - 1]
    const folded = reduce(state, tokens, at, before) ?? variables(state, tokens, at, before)
    if (folded === undefined) {
      out.push(token)
      at += 1
    } else {
      out.push(folded.token)
      at += folded.used
      changed = true
    }
  }
  return { tokens: out, changed }
}

function quoted(value: string, language: ScriptLanguage): string {
  if (language === 'vbscript') return `"${value.replaceAll('"', '""')}"`
  if (language === 'jscript') return JSON.stringify(value)
  return `'${value.replaceAll("'", "''")}'`
}

function render(text: string, tokens: readonly Token[], language: ScriptLanguage): string {
  const parts: string[] = []
  let at = 0
  for (const token of tokens) {
    if (token.made !== true) continue
    parts.push(text.slice(at, token.start))
    if (token.kind === 'list')
      parts.push(`(${(token.items ?? []).map((item) => quoted(item, language)).join(',')})`)
    else parts.push(token.kind === 'number' ? token.value : quoted(token.value, language))
    at = token.end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

const RUNS_TEXT = ['execute', 'executeglobal', 'eval', 'iex', 'invoke', 'function', 'create', 'settimeout']
const RUNS_TEXT_AFTER = ['iex', 'expression']

/** Texts that the script hands to `Execute`, `eval` or `Invoke-Expression`. */
function executedTexts(tokens: readonly Token[]): string[] {
  const texts: string[] = []
  tokens.forEach((token, at) => {
    if (token.kind !== 'text' || token.value.length < 3) return
    let back = at - 1
    while (isMark(tokens[back], '(')) back -= 1
    const name = tokens[back]
    const isInvokeExpression = isName(name, 'expression') && isName(tokens[back - 2], 'invoke')
    const piped = isMark(tokens[at + 1], '|') && isName(tokens[at + 2], ...RUNS_TEXT_AFTER, 'invoke')
    const called =
      isMark(name, '&') &&
      tokens[back - 1]?.kind !== 'text' &&
      tokens[back - 1]?.kind !== 'name' &&
      back === at - 1
    if (isName(name, ...RUNS_TEXT) || isInvokeExpression || piped || called) texts.push(token.value)
  })
  return texts
}

/**
 * What a script's constant expressions amount to: joined strings, `-f`, `-replace`, `-join`, `[char]`, `Chr`,
 * `fromCharCode`, reversed strings, and variables that hold constants. Nothing is run; what is not constant stays.
 */
export function foldScript(
  text: string,
  language: ScriptLanguage = guessLanguage(text),
): readonly DecodedLayer[] {
  const state: State = { language, text, constants: new Map(), loopEnd: 0, made: 0 }
  let tokens: Token[] = tokenize(text, language)
  for (let round = 0; round < MAX_PASSES; round += 1) {
    const result = pass(state, tokens)
    tokens = result.tokens
    if (!result.changed) break
  }
  const layers: DecodedLayer[] = []
  const worthwhile = tokens.some(
    (token) =>
      token.made === true && token.copied !== true && token.kind !== 'number' && token.value.length > 2,
  )
  const whole = worthwhile ? render(text, tokens, language) : text
  if (whole !== text) layers.push({ how: 'strings put together', text: whole })
  for (const executed of executedTexts(tokens)) {
    layers.push({ how: 'text that the script runs as code', text: executed })
  }
  return layers
}
