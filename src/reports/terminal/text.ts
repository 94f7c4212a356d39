import stringWidth from 'string-width'

/**
 * Controls, format characters (bidirectional overrides, zero-width), lone surrogates, line separators, spaces that are
 * not the space, and letters that draw nothing: what a terminal would run, hide or reorder.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Variation_Selector}|\u034f|\u115f|\u1160|\u3164|\uffa0/gu

/** Of these, what a terminal acts on or reorders text by; line ends and tabs, which files have, are not meant. */
const ACTIVE = /(?![\t\n\r])\p{Cc}|[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Evidence text made safe and visible for a terminal: what would move the cursor, colour the screen, hide or reorder
 * text is shown as an escape. Attackers name objects so that a terminal hides or runs them.
 */
export function visible(text: string, options: { keepNewlines?: boolean } = {}): string {
  return text.replace(UNSEEN, (character) => {
    if (options.keepNewlines && character === '\n') return '\n'
    const code = character.codePointAt(0) ?? 0
    return SHORT[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`)
  })
}

/** Text for a file that people also print on a terminal: only what a terminal would act on is shown as an escape. */
export function inert(text: string): string {
  return text.replace(ACTIVE, (character) => visible(character))
}

/** The same JSON, with what a terminal would act on written as `\u` escapes: to a JSON reader nothing changes. */
export function inertJson(json: string): string {
  return json.replace(ACTIVE, (character) => `\\u${hex(character.charCodeAt(0), 4)}`)
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** Cuts text to a number of characters and says how many were left out. The text is made visible first. */
export function shorten(text: string, most: number): string {
  const shown = visible(text)
  if (shown.length <= most) return shown
  return `${shown.slice(0, most)}… (+${shown.length - most} characters, --full shows all)`
}

/** Width of text in terminal columns (wide characters count twice). */
export function width(text: string): number {
  // Nearly all text is of this kind, and looking at each letter of it cost more than the rest of a long report.
  return PLAIN.test(text) ? text.length : stringWidth(text)
}

const PLAIN = /^[ -~]*$/

/** Words that {@link wrap} keeps on one line. Evidence cannot say so itself: {@link visible} escapes this space. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0')
}

/** Wraps text at spaces to lines of at most `columns`; a word longer than a line is broken. */
export function wrap(text: string, columns: number): string[] {
  const most = Math.max(8, columns)
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(' ')) {
      let rest = word
      if (line !== '' && width(line) + 1 + width(rest) <= most) {
        line += ` ${rest}`
        continue
      }
      if (line !== '') lines.push(line)
      while (width(rest) > most) {
        const cut = cutAt(rest, most)
        lines.push(rest.slice(0, cut))
        rest = rest.slice(cut)
      }
      line = rest
    }
    lines.push(line)
  }
  return lines.map((line) => line.replaceAll('\u00a0', ' '))
}

/** Text after a head such as a number; its further lines begin where the text began. */
export function hanging(head: string, text: string, columns: number): string[] {
  const indent = width(head)
  return wrap(text, columns - indent).map(
    (line, index) => `${index === 0 ? head : ' '.repeat(indent)}${line}`,
  )
}

/** Index after which `text` is `columns` wide; never inside a surrogate pair. */
function cutAt(text: string, columns: number): number {
  let used = 0
  let index = 0
  for (const character of text) {
    used += width(character)
    if (used > columns) break
    index += character.length
  }
  return Math.max(index, 1)
}
