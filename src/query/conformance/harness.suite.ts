import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBInstance,
  DuckDBScalarFunction,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api'
import { timespanText } from '../front/literals.ts'
import { compileKql } from '../sql/compile.ts'
import { duckdbMacros } from '../sql/functions/macros.ts'
import { nativeFunctions } from '../sql/functions/natives.ts'
import type {
  BoundValue,
  CompiledQuery,
  KustoType,
  NativeValue,
  ProbeAnswer,
  QuerySchema,
  ResultColumn,
} from '../sql/types.ts'
import { DUCKDB_STORAGE, physicalColumnNames } from '../sql/types.ts'

export interface Answer {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly unknown[])[]
}

const NATIVE_TYPES: Readonly<Record<KustoType, DuckDBType>> = {
  bool: BOOLEAN,
  int: INTEGER,
  long: BIGINT,
  real: DOUBLE,
  decimal: VARCHAR,
  string: VARCHAR,
  datetime: BIGINT,
  timespan: BIGINT,
  guid: VARCHAR,
  dynamic: VARCHAR,
}

/** A bare DuckDB with macros; native functions come as queries ask. The translator is tested without the engine room. */
export async function openDuckDb(schema: QuerySchema): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  for (const macro of duckdbMacros) await connection.run(macro)
  for (const table of schema.tables) {
    const names = physicalColumnNames(table.columns)
    const columns = table.columns.map((column, i) => `"${names[i]}" ${DUCKDB_STORAGE[column.type]}`)
    await connection.run(`CREATE TABLE "${table.name}" (${columns.join(', ')})`)
  }
  return connection
}

const registered = new WeakMap<DuckDBConnection, Set<string>>()

/** Only what the compiler asked for, as the engine does: a function it forgot must fail here too. */
function register(connection: DuckDBConnection, names: readonly string[]): void {
  const known = registered.get(connection) ?? new Set()
  registered.set(connection, known)
  for (const native of nativeFunctions) {
    if (known.has(native.name) || !names.includes(native.name)) continue
    known.add(native.name)
    connection.registerScalarFunction(
      DuckDBScalarFunction.create({
        name: native.name,
        parameterTypes: native.parameters.map((type) => NATIVE_TYPES[type]),
        ...(native.rest === undefined ? {} : { varArgsType: NATIVE_TYPES[native.rest] }),
        returnType: NATIVE_TYPES[native.returns],
        specialHandling: true,
        mainFunction: (_info, input, output) => {
          const vectors = Array.from({ length: input.columnCount }, (_x, i) => input.getColumnVector(i))
          for (let row = 0; row < input.rowCount; row++) {
            const args = vectors.map((vector) => vector.getItem(row) as NativeValue)
            output.setItem(row, native.run(...args) as DuckDBValue)
          }
          output.flush()
        },
      }),
    )
  }
}

function bound(value: BoundValue, now: string): DuckDBValue {
  switch (value.type) {
    case 'now':
      return now
    case 'int':
    case 'long':
    case 'timespan':
      return BigInt(value.value)
    case 'real':
      return Number(value.value)
    default:
      return value.value
  }
}

/** Compiles and runs a query, answering what it must know about the data first. */
export async function runKql(
  connection: DuckDBConnection,
  text: string,
  schema: QuerySchema,
  now = '2024-06-01T00:00:00Z',
): Promise<Answer> {
  const answers: ProbeAnswer[] = []
  for (;;) {
    const compiled = compileKql(text, { schema, answers })
    for (const external of compiled.externals) {
      const columns = external.columns.map(
        (column, i) => `"${physicalColumnNames(external.columns)[i]}" ${DUCKDB_STORAGE[column.type]}`,
      )
      await connection.run(`CREATE OR REPLACE TEMP TABLE "${external.sqlName}" (${columns.join(', ')})`)
    }
    if (compiled.probe === undefined) return run(connection, compiled, now)
    const found = await run(connection, { ...compiled, ...compiled.probe, columns: PROBE }, now)
    answers.push(found.rows.map(([name, type]) => ({ name: String(name), type: type as KustoType })))
  }
}

const PROBE: readonly ResultColumn[] = [
  { name: 'name', type: 'string' },
  { name: 'type', type: 'string' },
]

async function run(connection: DuckDBConnection, compiled: CompiledQuery, now: string): Promise<Answer> {
  register(connection, compiled.requiredFunctions)
  const values = compiled.parameters.map((value) => bound(value, now))
  // As the engine binds them: a real without a fraction is no integer.
  const types: DuckDBType[] = []
  for (const [i, { type }] of compiled.parameters.entries()) if (type === 'real') types[i] = DOUBLE
  const reader = await connection.runAndReadAll(compiled.sql, values, types)
  const rows = reader
    .getRows()
    .map((row) => compiled.columns.map((column, i) => decode(row[i] ?? null, column.type)))
  return { columns: compiled.columns, rows }
}

/** A value as rows in JSON show it (INTERFACE "Rows in JSON"). */
function decode(value: DuckDBValue, type: KustoType): unknown {
  if (value === null) return type === 'string' ? '' : null
  switch (type) {
    case 'datetime': {
      const micros = (value as { micros: bigint }).micros
      const millis = micros / 1000n - (micros % 1000n < 0n ? 1n : 0n)
      const rest = String(micros - millis * 1000n).padStart(3, '0')
      return `${new Date(Number(millis)).toISOString().slice(0, -1)}${rest}Z`
    }
    case 'timespan':
      return timespanText(value as bigint)
    case 'long':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
    case 'dynamic':
      return JSON.parse(String(value)) as unknown
    case 'real':
      return Number.isFinite(value) ? value : String(value)
    case 'decimal':
      return String(value).replace(/\.?0+$/, '')
    case 'guid':
      return String(value)
    default:
      return value
  }
}
