/**
 * What stands in for the cloud: the schema a text is compiled against, and tables from files of the user's (watchlists,
 * file reputations, externaldata). Nothing is ever fetched.
 */

export { loadGeoNetworks } from './geo-ip.ts'
export type { LocalTables } from './schema.ts'
export { namesTablesByPattern, schemaForText, schemaWithColumn, withTables } from './schema.ts'
export { loadUserRows } from './user-rows.ts'
export { loadExternal, loadUserTable, readFileProfile, readWatchlist, type UserTable } from './user-tables.ts'
