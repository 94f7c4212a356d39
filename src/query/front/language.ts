import { createRequire } from 'node:module'

/**
 * The few members of Microsoft's language service that we use, typed by hand: its own declarations are 1.7 MB and
 * would triple the type check. Source: `@kusto/language-service-next` 12.4.1, Kusto.Language.Bridge.d.ts.
 */
export interface KustoLibrary {
  readonly Language: {
    readonly KustoCode: { ParseAndAnalyze(text: string, globals: KustoGlobals): KustoCode }
    readonly GlobalState: { readonly Default: KustoGlobals }
    readonly KustoFacts: { GetExpressionResultName(node: KustoNode, fallback: string | null): string | null }
    readonly Syntax: { readonly SyntaxKind: Readonly<Record<string, unknown>> }
    readonly Symbols: {
      readonly TableSymbol: { readonly $ctor4: new (name: string, columns: unknown[]) => unknown }
      readonly ColumnSymbol: { readonly ctor: new (name: string, type: unknown) => unknown }
      readonly ScalarTypes: Readonly<Record<string, unknown>>
      readonly DatabaseSymbol: { readonly ctor: new (name: string, members: unknown[]) => unknown }
      readonly FunctionSymbol: {
        readonly $ctor16: new (
          name: string,
          parameters: string,
          body: string,
          description: string | null,
        ) => unknown
      }
    }
  }
}

export interface KustoGlobals {
  WithDatabase(database: unknown): KustoGlobals
}

export interface KustoList<T> {
  readonly Count: number
  getItem(index: number): T
}

export interface KustoTypeSymbol {
  readonly Name: string
  readonly Columns?: KustoList<{ readonly Name: string; readonly Type: KustoTypeSymbol }>
  readonly IsOpen?: boolean
  readonly UnderlyingType?: KustoTypeSymbol
}

export interface KustoNode {
  readonly Kind: number
  readonly ChildCount: number
  readonly TextStart: number
  readonly End: number
  readonly Text?: string
  readonly SimpleName?: string
  readonly ResultType: KustoTypeSymbol | null
  readonly LiteralValue?: unknown
  readonly ReferencedSymbol: { readonly Name: string; readonly constructor: unknown } | null
  GetChild(index: number): KustoNode | null
  GetName(index: number): string | null
  GetCalledFunctionBody?(): KustoNode | null
  toString(): string
}

export interface KustoCode {
  readonly Syntax: KustoNode
  readonly ResultType: KustoTypeSymbol | null
  GetDiagnostics(): KustoList<{
    readonly Code: string
    readonly Severity: string
    readonly Message: string
    readonly Start: number
    readonly Length: number
  }>
}

let library: KustoLibrary | undefined
let kinds: string[] | undefined

/**
 * Loads Microsoft's language service: about 1.5 s of processor time and 200 MB, so only when a query must be
 * compiled. Later calls return at once.
 */
export async function loadFront(): Promise<void> {
  if (library !== undefined) return
  const require = createRequire(import.meta.url)
  // The bridge runtime defines a global that the service needs; the order matters.
  require('@kusto/language-service-next/bridge.min.js')
  require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')
  const loaded = (globalThis as { Kusto?: KustoLibrary }).Kusto
  if (loaded === undefined) throw new Error('invariant: the KQL language service defines no Kusto global')
  library = loaded
}

/** The loaded service. Throws a plain `Error` when {@link loadFront} was not awaited first. */
export function kusto(): KustoLibrary {
  if (library === undefined) throw new Error('invariant: await loadFront() before compiling KQL')
  return library
}

/** Name of a syntax kind number, e.g. `EqualExpression`. */
export function kindName(kind: number): string {
  if (kinds === undefined) {
    kinds = []
    for (const [name, value] of Object.entries(kusto().Language.Syntax.SyntaxKind)) {
      if (typeof value === 'number') kinds[value] = name
    }
  }
  return kinds[kind] ?? `Kind${kind}`
}
