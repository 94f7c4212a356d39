/** Compiled queries kept on disk, so that a query run before does not load Microsoft's parser again. */
export { type CompileCache, defaultCacheFolder, openCompileCache } from './compile-cache.ts'
