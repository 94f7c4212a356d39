import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { InputError } from '../../diagnostics/index.ts'
import { loadFront } from '../front/index.ts'
import type { KustoType, QueryTable } from '../sql/types.ts'
import { openDuckDb, runKql } from './harness.suite.ts'

/** Public hunting queries that are refused, by id, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  '64d38986f9d4': 'series_decompose_anomalies(): the algorithm is not published in detail',
  '387d407e2ae9': 'series_decompose_anomalies(): the algorithm is not published in detail',
}

interface SchemaFile {
  readonly name: string
  readonly columns: readonly {
    readonly name: string
    readonly type: KustoType
    readonly logAnalyticsType?: KustoType
  }[]
}

/** All tables of ../shared/kql/schemas; where the two portals differ and one has it dynamic, it is dynamic. */
function readTables(folder: string): QueryTable[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'index.json')
    .map((file) => {
      const { name, columns } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as SchemaFile
      return {
        name,
        columns: columns.map((column) => ({
          name: column.name,
          type: column.logAnalyticsType === 'dynamic' ? 'dynamic' : column.type,
        })),
      }
    })
}

const sample = sharedPath('kql/corpus-sample.jsonl')
const schemas = sharedPath('kql/schemas')

test.skipIf(sample === undefined || schemas === undefined)(
  'public hunting queries compile and run on DuckDB, or their refusal is on the list',
  async () => {
    await loadFront()
    const schema = { tables: readTables(schemas ?? '') }
    const connection = await openDuckDb(schema)
    const queries = readFileSync(sample ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly id: string; readonly query: string })
    const refused: string[] = []
    const failed: string[] = []
    for (const { id, query } of queries) {
      try {
        await runKql(connection, query, schema)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        if (error instanceof InputError && error.code === 'query/unsupported') refused.push(id)
        else failed.push(`${id}: ${message.slice(0, 300)}`)
      }
    }
    process.stdout.write(
      `corpus sample: ${queries.length - refused.length - failed.length} of ${queries.length} compile and run, ${refused.length} refused\n`,
    )
    expect(failed).toEqual([])
    expect(refused.sort()).toEqual(Object.keys(REFUSED).sort())
  },
)
