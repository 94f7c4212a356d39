import { lookupTable } from '../../../bytes/index.ts'
import type { Json } from '../../plan/expr.ts'
import { makeBag, type NativeRow, native, text } from './define.ts'

/**
 * `parse_xml`: elements as bags, attributes as `@name`, text beside them as `#text`, repeated elements as arrays; an
 * element with nothing but text is that text. No entity is expanded but the five of XML and character references.
 */

/** Deepest nesting; the deepest in the shared evidence is 5. */
const MAX_DEPTH = 256

interface Element {
  readonly name: string
  readonly fields: Map<string, Json>
  text: string
  children: number
}

const ENTITIES: Readonly<Record<string, string>> = lookupTable({
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
})

function unescaped(source: string): string {
  return source.replaceAll(/&(#x[0-9a-fA-F]{1,6}|#\d{1,7}|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

function put(fields: Map<string, Json>, name: string, value: Json): void {
  const old = fields.get(name)
  if (old === undefined) fields.set(name, value)
  else fields.set(name, Array.isArray(old) ? [...old, value] : [old, value])
}

function valueOfElement(element: Element): Json {
  // Beside other elements text is told without the white space that sets them apart.
  const content = element.children > 0 ? element.text.trim() : element.text
  const others = element.fields.size - (element.fields.has('#text') ? 1 : 0)
  if (others === 0) return content === '' ? null : content
  if (content.trim() === '') element.fields.delete('#text')
  else element.fields.set('#text', content)
  return makeBag(element.fields)
}

/** The first text that is more than white space takes its place among the fields. */
function addText(element: Element, part: string): void {
  element.text += part
  if (part.trim() !== '' && !element.fields.has('#text')) element.fields.set('#text', '')
}

export function parseXml(source: string): Json | undefined {
  const root: Element = { name: '', fields: new Map(), text: '', children: 0 }
  const open: Element[] = [root]
  const token =
    /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>]*>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=>/]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/gy
  let at = 0
  while (at < source.length) {
    token.lastIndex = at
    const match = token.exec(source)
    if (match === null) return undefined
    at = token.lastIndex
    const top = open[open.length - 1] ?? root
    const [, cdata, close, name, attributes, empty, chars] = match
    if (cdata !== undefined) addText(top, cdata)
    else if (chars !== undefined) addText(top, unescaped(chars))
    else if (close !== undefined) {
      if (open.length < 2 || top.name !== close) return undefined
      open.pop()
      finish(open[open.length - 1] ?? root, top)
    } else if (name !== undefined) {
      if (open.length > MAX_DEPTH) return undefined
      const element: Element = { name, fields: new Map(), text: '', children: 0 }
      for (const [, key, double, single] of (attributes ?? '').matchAll(
        /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
      )) {
        if (key !== undefined) element.fields.set(`@${key}`, unescaped(double ?? single ?? ''))
      }
      if (empty === '/') finish(top, element)
      else open.push(element)
    }
  }
  return open.length === 1 && root.fields.size > 0 && root.text.trim() === ''
    ? makeBag(root.fields)
    : undefined
}

function finish(parent: Element, element: Element): void {
  parent.children += 1
  put(parent.fields, element.name, valueOfElement(element))
}

export const xmlRows: readonly NativeRow[] = [
  native('parse_xml', ['string'], 'dynamic', (source) => parseXml(text(source))),
]
