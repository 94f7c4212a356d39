import type { DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sharedPath } from '../../../test/shared-evidence.ts'
import { InputError } from '../../diagnostics/index.ts'
import { loadFront } from '../front/index.ts'
import { useGeoNetworks } from '../sql/native/geo-ip.ts'
import { type Case, difference, readCases } from './cases.suite.ts'
import { openDuckDb, runKql } from './harness.suite.ts'
import { KNOWN_FAILURES } from './known-failures.suite.ts'

/** Share of cases that must pass, per file; the rest is named in KNOWN_FAILURES with its reason. */
const GOALS: Readonly<Record<string, number>> = {
  'engine-core': 0.98,
  'engine-common': 0.92,
  'engine-extended': 0.6,
  'docs-tables': 0.5,
  'string-operators': 1,
  reimplementation: 0.98,
}

const SCHEMA = { tables: [] }
let connection: DuckDBConnection

beforeAll(async () => {
  await loadFront()
  connection = await openDuckDb(SCHEMA)
  // Local GeoIP data, as a user would give it: the two networks the cases ask about.
  useGeoNetworks([
    {
      network: '20.53.203.0/24',
      location: {
        country: 'Australia',
        state: 'New South Wales',
        city: 'Sydney',
        latitude: -33.8672,
        longitude: 151.1997,
      },
    },
    {
      network: '2a03:2880:f12c::/48',
      location: {
        country: 'United States',
        state: 'Florida',
        city: 'Miami',
        latitude: 25.7701,
        longitude: -80.1928,
      },
    },
  ])
})

afterAll(() => useGeoNetworks([]))

interface Outcome {
  readonly id: string
  readonly outcome: 'passes' | 'refused' | 'differs' | 'fails'
  readonly detail: string
}

async function outcomeOf(given: Case): Promise<Outcome> {
  try {
    const detail = difference(given, await runKql(connection, given.query, SCHEMA))
    return { id: given.id, outcome: detail === undefined ? 'passes' : 'differs', detail: detail ?? '' }
  } catch (error) {
    if (error instanceof InputError && error.code === 'query/unsupported') {
      return { id: given.id, outcome: 'refused', detail: error.message }
    }
    return { id: given.id, outcome: 'fails', detail: error instanceof Error ? error.message : String(error) }
  }
}

for (const [file, goal] of Object.entries(GOALS)) {
  const path = sharedPath(`kql/conformance/${file}.json`)
  test.skipIf(path === undefined)(
    `${file}: every case answers as recorded, or is named with its reason`,
    async () => {
      const cases = readCases(path ?? '')
      const outcomes: Outcome[] = []
      for (const given of cases) outcomes.push(await outcomeOf(given))
      const count = (outcome: Outcome['outcome']): number =>
        outcomes.filter((item) => item.outcome === outcome).length
      process.stdout.write(
        `${file.padEnd(18)} ${count('passes')} of ${cases.length} pass (${((100 * count('passes')) / cases.length).toFixed(1)} %), ` +
          `${count('refused')} refused, ${count('differs')} differ, ${count('fails')} fail\n`,
      )
      const unlisted = outcomes.filter(
        (item) => item.outcome !== 'passes' && KNOWN_FAILURES[item.id]?.outcome !== item.outcome,
      )
      expect(unlisted, 'cases that fail and are not listed').toEqual([])
      const listed = outcomes.filter(
        (item) => item.outcome === 'passes' && KNOWN_FAILURES[item.id] !== undefined,
      )
      expect(listed, 'listed cases that now pass: take them off the list').toEqual([])
      expect(count('passes') / cases.length).toBeGreaterThanOrEqual(goal)
    },
  )
}
