import type { KustoType } from '../sql/types.ts'
import { type KustoNode, type KustoTypeSymbol, kindName, kusto } from './language.ts'

/** A column as the binder sees it. */
export interface BoundColumn {
  readonly name: string
  readonly type: KustoType
  /** The binder does not know the type; `type` is dynamic then. */
  readonly unknown?: boolean
}

const SCALARS: ReadonlySet<string> = new Set([
  'bool',
  'int',
  'long',
  'real',
  'decimal',
  'string',
  'datetime',
  'timespan',
  'guid',
  'dynamic',
])

/** The scalar type of a symbol. Typed dynamics (`array of long`), unknown and null are all `dynamic` to us. */
export function scalarType(symbol: KustoTypeSymbol | null): KustoType | undefined {
  if (symbol === null || symbol.Columns !== undefined) return undefined
  return SCALARS.has(symbol.Name) ? (symbol.Name as KustoType) : 'dynamic'
}

/** The columns of a tabular type, or undefined for a scalar. */
export function columnsOf(symbol: KustoTypeSymbol | null): BoundColumn[] | undefined {
  const list = symbol?.Columns
  if (list === undefined || list === null) return undefined
  const columns: BoundColumn[] = []
  for (let i = 0; i < list.Count; i++) {
    const column = list.getItem(i)
    const type = scalarType(column.Type) ?? 'dynamic'
    columns.push(
      column.Type.Name === 'unknown'
        ? { name: column.Name, type, unknown: true }
        : { name: column.Name, type },
    )
  }
  return columns
}

/** A node of Microsoft's syntax tree, seen through the names its grammar gives to children. Front only. */
export class Syn {
  readonly node: KustoNode
  /** Nodes of an inlined function body have positions of another text; errors then point at the call. */
  readonly origin: Syn | undefined

  constructor(node: KustoNode, origin?: Syn) {
    this.node = node
    this.origin = origin
  }

  get kind(): string {
    return kindName(this.node.Kind)
  }

  get start(): number {
    return this.origin?.start ?? this.node.TextStart
  }

  get end(): number {
    return this.origin?.end ?? this.node.End
  }

  get text(): string {
    return this.node.toString().trim()
  }

  /** The child of this name, if it is there and not empty. */
  maybe(name: string): Syn | undefined {
    for (let i = 0; i < this.node.ChildCount; i++) {
      if (this.node.GetName(i) === name) {
        const child = this.node.GetChild(i)
        return child === null ? undefined : new Syn(child, this.origin)
      }
    }
    return undefined
  }

  child(name: string): Syn {
    const found = this.maybe(name)
    if (found === undefined) throw new Error(`invariant: ${this.kind} has no child ${name}`)
    return found
  }

  children(): Syn[] {
    const all: Syn[] = []
    for (let i = 0; i < this.node.ChildCount; i++) {
      const child = this.node.GetChild(i)
      if (child !== null) all.push(new Syn(child, this.origin))
    }
    return all
  }

  /** The elements of a list child, commas taken away. */
  list(name: string): Syn[] {
    return this.maybe(name)?.elements() ?? []
  }

  elements(): Syn[] {
    return this.children().map((item) =>
      item.kind === 'SeparatedElement' ? (item.children()[0] ?? item) : item,
    )
  }

  get scalar(): KustoType | undefined {
    return scalarType(this.node.ResultType)
  }

  /** True where the binder gave up on a type, since a column may or may not be there. */
  get isUnknown(): boolean {
    return /^(unknown|error)$/.test(this.node.ResultType?.Name ?? '')
  }

  get columns(): BoundColumn[] | undefined {
    return columnsOf(this.node.ResultType)
  }

  /** True for `make-graph` and what leaves it a graph. */
  get isGraph(): boolean {
    const type = this.node.ResultType as { readonly constructor: { readonly $$fullname?: string } } | null
    return /GraphSymbol$/.test(type?.constructor.$$fullname ?? '')
  }

  get isOpen(): boolean {
    return this.node.ResultType?.IsOpen === true
  }

  /** Kind of the referenced symbol without its namespace: `ColumnSymbol`, `VariableSymbol`, `TableSymbol` … */
  get symbolKind(): string | undefined {
    const symbol = this.node.ReferencedSymbol
    if (symbol === null || symbol === undefined) return undefined
    const name = (symbol.constructor as { $$fullname?: string }).$$fullname ?? ''
    return name.slice(name.lastIndexOf('.') + 1)
  }

  get symbolName(): string | undefined {
    return this.node.ReferencedSymbol?.Name
  }

  /** The name a name-like node spells, without brackets and quotes. */
  get simpleName(): string {
    return this.node.SimpleName ?? this.text
  }

  /** The name the binder gives this expression as a column; undefined when it would be `Column1`. */
  get resultName(): string | undefined {
    const name = kusto().Language.KustoFacts.GetExpressionResultName(this.node, null)
    return name === null || name === '' ? undefined : name
  }

  get functionBody(): Syn | undefined {
    const body = this.node.GetCalledFunctionBody?.()
    return body === null || body === undefined ? undefined : new Syn(body, this.origin ?? this)
  }
}
