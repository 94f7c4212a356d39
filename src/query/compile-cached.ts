import { InputError } from '../diagnostics/index.ts'
import { type CompileCache, openCompileCache } from './cache/index.ts'
import type { Engine, RunOptions } from './engine/index.ts'
import { schemaWithColumn } from './local/index.ts'
import type { CompiledQuery, CompileOptions, NativeFunction, ProbeAnswer } from './sql/types.ts'

/** A query asks at most this often about its data (each `pivot` or `bag_unpack` asks once). */
const MAX_PROBES = 10

/** Compiles, from the cache where the same text was compiled before; only otherwise Microsoft's parser is loaded. */
export async function compileCached(
  text: string,
  options: CompileOptions,
  cache: CompileCache = openCompileCache(),
): Promise<CompiledQuery> {
  const known = cache.get(text, options)
  if (known !== undefined) return known
  const { compileKql, loadFront } = await import('./compile.ts')
  await loadFront()
  const compiled = compileWidening(compileKql, text, options)
  cache.set(text, options, compiled)
  return compiled
}

/** Columns that one text may take from tables no evidence fills; more are not worth the time. */
const MAX_WIDENED = 20

/** Compiles; where tables are meant by pattern and a column is not known, with one more table that has it, again. */
function compileWidening(
  compile: (text: string, options: CompileOptions) => CompiledQuery,
  text: string,
  options: CompileOptions,
): CompiledQuery {
  let { schema } = options
  for (let i = 0; i < MAX_WIDENED; i++) {
    try {
      return compile(text, { ...options, schema })
    } catch (error) {
      const name = unknownName(text, error)
      const wider = name === undefined ? undefined : schemaWithColumn(text, schema, name)
      if (wider === undefined) throw error
      schema = wider
    }
  }
  return compile(text, { ...options, schema })
}

/** The name an error of the binder is about: one it does not know, or knows as a table only. */
function unknownName(text: string, error: unknown): string | undefined {
  if (!(error instanceof InputError) || !/^KS(142|108):/.test(error.message)) return undefined
  const { at } = error
  const name = at?.in === 'text' ? text.slice(at.start, at.end) : ''
  return /^[A-Za-z_]\w*$/.test(name) ? name : undefined
}

/**
 * Answers what a compiled query asks about the data (`bag_unpack`, `pivot`) and compiles it with the answers. The tables it
 * reads must be in the engine. Answers depend on the data, so this result is kept in no cache.
 */
export async function settleProbes(
  engine: Engine,
  text: string,
  first: CompiledQuery,
  options: CompileOptions,
  run: RunOptions = {},
): Promise<CompiledQuery> {
  let compiled = first
  const answers: ProbeAnswer[] = [...(options.answers ?? [])]
  while (compiled.probe !== undefined) {
    if (answers.length >= MAX_PROBES) {
      throw new InputError(
        'engine/schema-probe',
        'the columns of this query depend on the data too many times',
      )
    }
    answers.push(await answer(engine, compiled, run))
    const { compileKql, loadFront } = await import('./compile.ts')
    await loadFront()
    compiled = compileWidening(compileKql, text, { ...options, answers })
  }
  return compiled
}

async function answer(engine: Engine, compiled: CompiledQuery, run: RunOptions): Promise<ProbeAnswer> {
  const { probe } = compiled
  if (probe === undefined) return []
  const question: CompiledQuery = {
    ...compiled,
    sql: probe.sql,
    parameters: probe.parameters,
    columns: [
      { name: 'name', type: 'string' },
      { name: 'type', type: 'string' },
    ],
  }
  const columns: { name: string; type: ProbeAnswer[number]['type'] }[] = []
  for await (const rows of engine.run(question, run)) {
    for (const [name, type] of rows)
      columns.push({ name: String(name), type: String(type) as ProbeAnswer[number]['type'] })
  }
  return columns
}

/** Functions that SQL cannot say, by name; loaded when a query needs one. */
export async function nativeFunctionsByName(names: readonly string[]): Promise<readonly NativeFunction[]> {
  const { nativeFunctions } = await import('./sql/functions/natives.ts')
  const wanted = new Set(names)
  return nativeFunctions.filter((native) => wanted.has(native.name))
}
