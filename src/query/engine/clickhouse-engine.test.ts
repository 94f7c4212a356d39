import { expect, test } from 'vitest'
import { isoToFiletime } from '../../bytes/index.ts'
import { TableBuffer, tableSchema } from '../../tables/index.ts'
import { compiled, rowsOf } from './compiled.suite.ts'
import { type Engine, openClickHouse } from './index.ts'

const opened = await openClickHouse().catch(() => undefined)
if (opened === undefined) {
  process.stderr.write(
    'skipped: the npm package chdb is not installed; tests of the ClickHouse engine need it\n',
  )
}

test.skipIf(opened === undefined)(
  'values and nulls of every type come back from ClickHouse as from DuckDB',
  async () => {
    const engine = opened as Engine
    const columns = (
      ['bool', 'int', 'long', 'real', 'decimal', 'string', 'datetime', 'timespan', 'guid', 'dynamic'] as const
    ).map((type) => ({ name: type, type }))
    await engine.writeTemporary({ name: 'T', columns }, [
      [
        true,
        -5,
        9007199254740993n,
        Number.NaN,
        '-12.500',
        "it's\n\\",
        isoToFiletime('2024-01-02T03:04:05.1234567Z'),
        -864_000_000_001n,
        '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
        '{"a":[1,12345678901234567890]}',
      ],
      [
        false,
        7,
        -1,
        Number.NEGATIVE_INFINITY,
        '7',
        '\u0000é',
        undefined,
        12_345_678n,
        'f1f0c404-5cb3-11e7-907b-a6006ad3dba0',
        '"x"',
      ],
      [
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ],
    ])
    const rows = await rowsOf(engine, compiled('SELECT * FROM "T" ORDER BY "int" NULLS LAST', columns))
    expect(rows).toEqual([
      [
        true,
        -5,
        '9007199254740993',
        'NaN',
        '-12.5',
        "it's\n\\",
        '2024-01-02T03:04:05.123456Z',
        '-1.00:00:00.0000001',
        '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
        { a: [1, '12345678901234567890'] },
      ],
      [
        false,
        7,
        -1,
        '-Infinity',
        '7',
        '\u0000é',
        null,
        '00:00:01.2345678',
        'f1f0c404-5cb3-11e7-907b-a6006ad3dba0',
        'x',
      ],
      [null, null, null, null, null, '', null, null, null, null],
    ])
  },
)

test.skipIf(opened === undefined)(
  'a table has all its columns in ClickHouse, and values are bound',
  async () => {
    const engine = opened as Engine
    const schema = tableSchema('DeviceEvents')
    if (schema === undefined) throw new Error('no schema')
    const buffer = new TableBuffer(schema, (batch) => engine.writeBatch(batch))
    buffer.set(0, isoToFiletime('2024-01-02T03:04:05Z'))
    buffer.set(buffer.columnIndex.get('DeviceName') ?? -1, 'a')
    buffer.endRow()
    buffer.flush()
    await engine.prepare({ tables: [schema] }, ['DeviceEvents'])
    const columns = [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'DeviceName', type: 'string' },
      { name: 'AccountName', type: 'string' },
      { name: 'Type', type: 'string' },
    ] as const
    const sql =
      'SELECT "TimeGenerated", "DeviceName", "AccountName", "Type" FROM "DeviceEvents" WHERE "DeviceName" = {p1:String} AND "Timestamp" < {p2:DateTime64(6)}'
    const parameters = [{ type: 'string', value: 'a' }, { type: 'now' }] as const
    expect(await rowsOf(engine, compiled(sql, columns, { parameters }))).toEqual([
      ['2024-01-02T03:04:05Z', 'a', '', 'DeviceEvents'],
    ])
    expect(await engine.rowCounts()).toEqual(new Map([['DeviceEvents', 1]]))
    await expect(
      rowsOf(engine, compiled('SELECT 1', columns, { requiredFunctions: ['x'] })),
    ).rejects.toMatchObject({
      code: 'engine/function-missing',
    })
    await engine.close()
  },
)

test('without chdb the error names the package and the other way', async () => {
  if (opened !== undefined) return
  await expect(openClickHouse()).rejects.toMatchObject({ code: 'engine/not-installed' })
})
