/**
 * KQL over evidence: `compileCached` gives SQL for one engine (Microsoft's parser in front, loaded only for a text not
 * compiled before), an `Engine` holds the tables and runs it, `createTableSink` fills them while evidence is read.
 * `front/` text to plan, `plan/` its shapes, `sql/` plan to SQL, `engine/` databases, `local/` stand-ins for the cloud.
 */
export { type CompileCache, defaultCacheFolder, openCompileCache } from './cache/index.ts'
export { compileCached, nativeFunctionsByName, settleProbes } from './compile-cached.ts'
export {
  createTableSink,
  type DuckDbEngine,
  type DuckDbOptions,
  type Engine,
  type KustoValue,
  openClickHouse,
  openDuckDb,
  type RowBatches,
  type RunOptions,
  type TableSink,
  type TableSinkOptions,
} from './engine/index.ts'
export {
  type LocalTables,
  loadExternal,
  loadGeoNetworks,
  loadUserRows,
  loadUserTable,
  namesTablesByPattern,
  readFileProfile,
  readWatchlist,
  schemaForText,
  type UserTable,
} from './local/index.ts'
export { makeReadable, type RunCompiledOptions, runCompiled } from './run-compiled.ts'
export type {
  CompiledQuery,
  CompileOptions,
  DialectName,
  KustoType,
  QuerySchema,
  QueryTable,
  RenderHint,
  ResultColumn,
} from './sql/types.ts'
