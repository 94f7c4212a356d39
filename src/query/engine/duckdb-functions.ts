import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { KustoType, NativeFunction, NativeValue } from '../sql/types.ts'
import type { DuckDbApi } from './duckdb-library.ts'

/** Registers a function of ours as a scalar function of the database. */
export function registerNativeFunction(
  api: DuckDbApi,
  connection: DuckDBConnection,
  native: NativeFunction,
): void {
  connection.registerScalarFunction(
    api.DuckDBScalarFunction.create({
      name: native.name,
      returnType: nativeType(api, native.returns),
      parameterTypes: native.parameters.map((type) => nativeType(api, type)),
      ...(native.rest === undefined ? {} : { varArgsType: nativeType(api, native.rest) }),
      // Nulls are the function's business, not the database's.
      specialHandling: true,
      ...(native.volatile === true ? { volatile: true } : {}),
      mainFunction: (_info, input, output) => {
        const columns = Array.from({ length: input.columnCount }, (_, index) => input.getColumnVector(index))
        const write = writerOf(native.returns)
        const { rowCount } = input
        const args = new Array<NativeValue>(columns.length).fill(null)
        for (let row = 0; row < rowCount; row += 1) {
          for (let index = 0; index < columns.length; index += 1) {
            args[index] = nativeValue(columns[index]?.getItem(row) ?? null)
          }
          output.setItem(row, write(native.run(...args)))
        }
        output.flush()
      },
    }),
  )
}

function nativeType(api: DuckDbApi, type: KustoType): DuckDBType {
  switch (type) {
    case 'bool':
      return api.BOOLEAN
    case 'int':
      return api.INTEGER
    case 'long':
    case 'timespan':
    case 'datetime':
      return api.BIGINT
    case 'real':
      return api.DOUBLE
    default:
      return api.VARCHAR
  }
}

function nativeValue(value: DuckDBValue): NativeValue {
  if (value === null || typeof value !== 'object') return value ?? null
  return String(value)
}

/** Brings what a function returns to what its vector takes: a bigint for BIGINT, a number for DOUBLE. */
function writerOf(type: KustoType): (value: NativeValue) => DuckDBValue {
  switch (type) {
    case 'long':
    case 'timespan':
    case 'datetime':
      return (value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : value)
    case 'int':
    case 'real':
      return (value) => (typeof value === 'bigint' ? Number(value) : value)
    default:
      return (value) => value
  }
}
