import { type KustoList, kusto } from './language.ts'

interface Named {
  readonly Name: string
}

interface BuiltIns {
  readonly Functions: { readonly All: KustoList<Named> }
  readonly Aggregates: { readonly All: KustoList<Named> }
  readonly PlugIns: { readonly All: KustoList<Named> }
}

/** The service keeps some lists as plain arrays, others as its own. */
function names(list: KustoList<Named> | readonly Named[]): string[] {
  const all = Array.isArray(list)
    ? (list as readonly Named[])
    : Array.from({ length: (list as KustoList<Named>).Count }, (_x, i) =>
        (list as KustoList<Named>).getItem(i),
      )
  return [...new Set(all.map((item) => item.Name))].sort()
}

/** Names of everything Microsoft's service knows, for the page that says what is refused. */
export function builtInNames(): { functions: string[]; aggregates: string[]; plugins: string[] } {
  const { Functions, Aggregates, PlugIns } = kusto().Language as unknown as BuiltIns
  return { functions: names(Functions.All), aggregates: names(Aggregates.All), plugins: names(PlugIns.All) }
}
