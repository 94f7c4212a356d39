import { Parser } from 'htmlparser2'
import { MAX_XML_DEPTH, MAX_XML_NODES, type XmlElement } from './xml-element.ts'

/**
 * The first element of a text that is not quite well formed (attributes without quotes, tags left open by a tool
 * that cut a long value), read as a browser would. `undefined` where there is no element at all.
 */
export function parseLeniently(text: string): XmlElement | undefined {
  let root: XmlElement | undefined
  const open: XmlElement[] = []
  let nodes = 0
  let tooMuch = false
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        nodes += 1
        if (nodes > MAX_XML_NODES || open.length >= MAX_XML_DEPTH) {
          tooMuch = true
          parser.pause()
          return
        }
        const element: XmlElement = {
          name: localName(name),
          attributes: Object.assign(Object.create(null), attributes),
          children: [],
          text: '',
        }
        open[open.length - 1]?.children.push(element)
        root ??= element
        open.push(element)
      },
      ontext(data) {
        const current = open[open.length - 1]
        if (current !== undefined) current.text += data
      },
      onclosetag() {
        open.pop()
      },
    },
    { xmlMode: true, decodeEntities: true },
  )
  parser.write(text)
  if (!tooMuch) parser.end()
  return tooMuch ? undefined : root
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)
