/** What the engine room needs of the translator, loaded only when a query must be compiled. */
export { loadFront } from './front/index.ts'
export { compileKql } from './sql/compile.ts'
export { duckdbMacros } from './sql/functions/macros.ts'
export { nativeFunctions } from './sql/functions/natives.ts'
