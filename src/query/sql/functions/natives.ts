import type { FunctionRow } from '../function-row.ts'
import { textNatives } from '../native/text.ts'
import type { KustoType, NativeFunction } from '../types.ts'

/** Functions that run as JavaScript in the engine: exact, but slower than SQL, so only for what SQL cannot say. */
export const nativeFunctions: readonly NativeFunction[] = [...textNatives]

function row(name: string, native: string, ...aliases: string[]): FunctionRow {
  const found = nativeFunctions.find((candidate) => candidate.name === native)
  if (found === undefined) throw new Error(`invariant: no native function ${native}`)
  return { name, aliases, returns: found.returns as KustoType, native: found }
}

export const nativeRows: readonly FunctionRow[] = []
void row
