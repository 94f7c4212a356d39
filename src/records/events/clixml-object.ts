import { wellFormed } from './json-value.ts'
import { decodeXml } from './xml.ts'

/** Lists of type names by their reference id. */
export type ClixmlTypes = Map<string, readonly string[]>

/** `CreatorSID` has 28 bytes; longer ones stay the text they are. */
const MAX_BYTE_ARRAY_TEXT = 400

/** Escapes of characters that XML does not have: `_x000D_`. [MS-PSRP] 2.2.5.3.2. */
const ESCAPE = /_x([0-9A-Fa-f]{4})_/g

/**
 * The value of an element that is no object: text, number, truth value, bytes. `raw` is its content, one character a byte,
 * entities not decoded. [MS-PSRP] 2.2.5.1.
 */
export function primitive(tag: 'S', raw: string): string
export function primitive(tag: string, raw: string): unknown
export function primitive(tag: string, raw: string): unknown {
  const text = decodeXml(Buffer.from(raw, 'latin1').toString('utf8'))
  switch (tag) {
    case 'Nil':
      return null
    case 'B':
      return text === 'true'
    case 'By':
    case 'SB':
    case 'I16':
    case 'U16':
    case 'I32':
    case 'U32':
    case 'I64':
    case 'U64':
    case 'Db':
    case 'Sg': {
      const number = Number(text)
      return Number.isSafeInteger(number) || (text.includes('.') && Number.isFinite(number)) ? number : text
    }
    case 'BA':
      return text.length > MAX_BYTE_ARRAY_TEXT ? text : [...Buffer.from(text, 'base64')]
    case 'C':
      return wellFormed(String.fromCharCode(Number(text) & 0xffff))
    default:
      return wellFormed(
        text.replace(ESCAPE, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
      )
  }
}

/** `Microsoft.Management.Infrastructure.CimInstance#root/subscription/__EventFilter`; of an import `Deserialized.` too. */
const CIM_TYPE = /^(?:Deserialized\.)?Microsoft\.Management\.Infrastructure\.CimInstance#(?:(.*)[/\\])?(\w+)$/

/** Elements that hold the items of an object which is a list. */
export const LISTS: ReadonlySet<string> = new Set(['LST', 'IE', 'QUE', 'STK'])

/** One `Obj` under construction. */
export class ClixmlObject {
  types: readonly string[] = []
  readonly #own: string[] = []
  readonly #properties: Record<string, unknown> = Object.create(null)
  #hasProperties = false
  #list: unknown[] | undefined
  #hadList = false
  #text: string | undefined
  #primitive: unknown
  #key: unknown

  /** True where all there was has already been given away, item by item. */
  get isEmptyList(): boolean {
    return this.#hadList && !this.#hasProperties && (this.#list?.length ?? 0) === 0
  }

  setTypes(types: readonly string[] | undefined): void {
    if (types !== undefined) this.types = types
  }

  /** The first type is the object's own, those after it are what it derives from. */
  addType(type: string): void {
    if (this.#own.length < 8) this.#own.push(type.slice(0, 1000))
    this.types = this.#own
  }

  setText(text: string): void {
    this.#text = text
  }

  /** Takes in a finished value that stood in an element of this kind inside the object. */
  add(parent: string, name: string | undefined, value: unknown): void {
    switch (parent) {
      case 'Props':
      case 'MS':
        if (name !== undefined) this.#set(name, value)
        return
      case 'En':
        if (name === 'Key') this.#key = value
        else if (typeof this.#key === 'string') this.#set(this.#key, value)
        return
      case 'Obj':
        this.#primitive = value
        return
      default:
        this.#list ??= []
        this.#list.push(value)
    }
  }

  ended(tag: string): void {
    if (LISTS.has(tag)) this.#hadList = true
  }

  /** The object as `ConvertTo-Json` would give it. */
  value(): unknown {
    if (this.#primitive !== undefined) return this.#primitive
    if (this.#hadList) return this.#list ?? []
    if (!this.#hasProperties) return this.#text ?? null
    const [type] = this.types
    const cim = type === undefined ? null : CIM_TYPE.exec(type)
    if (cim !== null && !Object.hasOwn(this.#properties, 'CimSystemProperties')) {
      this.#properties.CimSystemProperties = {
        ClassName: cim[2],
        ...(cim[1] === undefined ? {} : { Namespace: cim[1] }),
        ...serverOf(this.#properties.__ClassMetadata, cim[2]),
      }
    }
    return this.#properties
  }

  #set(name: string, value: unknown): void {
    this.#properties[name] = value
    this.#hasProperties = true
  }
}

/** The computer that an instance came from stands with its class, which PowerShell keeps beside the properties. */
function serverOf(metadata: unknown, className: string | undefined): { ServerName?: string } {
  if (!Array.isArray(metadata)) return {}
  for (const entry of metadata) {
    if (typeof entry !== 'object' || entry === null) continue
    const { ClassName, ServerName } = entry as Record<string, unknown>
    if (ClassName === className && typeof ServerName === 'string') return { ServerName }
  }
  return {}
}
