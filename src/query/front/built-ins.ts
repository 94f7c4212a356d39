import { type KustoList, kusto } from './language.ts'

interface Named {
  readonly Name: string
}

interface BuiltIns {
  readonly Functions: { readonly All: KustoList<Named> }
  readonly Aggregates: { readonly All: KustoList<Named> }
  readonly PlugIns: { readonly All: KustoList<Named> }
}

function names(list: KustoList<Named>): string[] {
  return [...new Set(Array.from({ length: list.Count }, (_x, i) => list.getItem(i).Name))].sort()
}

/** Names of everything Microsoft's service knows, for the page that says what is refused. */
export function builtInNames(): { functions: string[]; aggregates: string[]; plugins: string[] } {
  const { Functions, Aggregates, PlugIns } = kusto().Language as unknown as BuiltIns
  return { functions: names(Functions.All), aggregates: names(Aggregates.All), plugins: names(PlugIns.All) }
}
