/** An element of event XML: local name, attributes by local name, text and elements inside. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
}

/** Deepest nesting of an Event element. CAPI2 UserData, the deepest seen, has 14. */
export const MAX_XML_DEPTH = 128
/** Elements and attributes in one Event; the most seen is some 300. */
export const MAX_XML_NODES = 100_000
