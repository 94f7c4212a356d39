import { beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../diagnostics/index.ts'
import { loadFront } from '../front/index.ts'
import { type Answer, openDuckDb, runKql } from './harness.suite.ts'

/**
 * What Microsoft's reference prints for small queries, by the page it stands on (learn.microsoft.com/kusto/query). Numbers
 * and rows are the printed ones; the queries are cut to what the answer depends on.
 */
let answer: (text: string) => Promise<Answer>

beforeAll(async () => {
  await loadFront()
  const schema = { tables: [] }
  const connection = await openDuckDb(schema)
  answer = (text) => runKql(connection, text, schema)
})

async function rows(text: string): Promise<Answer['rows']> {
  return (await answer(text)).rows
}

async function names(text: string): Promise<string[]> {
  return (await answer(text)).columns.map((column) => column.name)
}

async function refusal(text: string): Promise<string> {
  const error = await answer(text).catch((reason: unknown) => reason)
  return error instanceof InputError ? error.message : `no refusal: ${String(error)}`
}

test('top-nested with others: one more row for what fell out at each level (top-nested-operator)', async () => {
  const data = `datatable(a:string, b:string, c:string, n:long)["x", "p", "1", 10, "x", "p", "2", 1, "x", "q", "1", 5,
    "y", "p", "1", 8, "z", "p", "9", 2]`
  const first = 'top-nested 1 of a with others = "other a" by sum(n), top-nested 1 of b by sum(n)'
  expect(
    await rows(
      `${data} | ${first}, top-nested 1 of c with others = "other c" by sum(n) | sort by c asc, a, b`,
    ),
  ).toEqual([
    ['x', 16, 'p', 11, '1', 10],
    ['x', 16, 'p', 11, 'other c', 1],
    ['x', 16, '', null, 'other c', 5],
    ['other a', 10, '', null, 'other c', 10],
  ])
  expect(await rows(`${data} | top-nested 5 of a with others = "other" by sum(n) | count`)).toEqual([[3]])
  expect(await refusal(`${data} | ${first}`)).toContain('above a level without')
})

describe('scalar functions', () => {
  test('datetime_diff counts Sundays for weeks (datetime-diff-function)', async () => {
    const week = "datetime_diff('week', datetime(2017-10-29 00:00), datetime(2017-09-30 23:59))"
    expect(await rows(`print ${week}`)).toEqual([[5]])
  })

  test('a unit finer than a stored datetime is refused, not answered with 0', async () => {
    const nano = "datetime_diff('nanosecond', datetime(2017-10-30), datetime(2017-10-30 00:00:00.0000007))"
    expect(await refusal(`print ${nano}`)).toContain('nanosecond')
    expect(await refusal("print datetime_add('nanosecond', 1, now())")).toContain('nanosecond')
  })

  test('replace() has its text last, replace_regex() first (replace-function)', async () => {
    const query = String.raw`print replace(@'is (\d+)', @'was: \1', 'Number is 1'),
      replace_regex('Number is 1', @'is (\d+)', @'was: \1')`
    expect(await rows(query)).toEqual([['Number was: 1', 'Number was: 1']])
  })

  test('indexof with a length finds the second occurrence (indexof-function)', async () => {
    const query = `print indexof("abcdefg", "cde", 1, 2), indexof("abcdefgabcdefg", "cde", 1, 10, 2),
      indexof("abcdefgabcdefg", "cde", 1, -1, 3), indexof("abcdefg", "cde", -5)`
    expect(await rows(query)).toEqual([[-1, 9, -1, 2]])
  })

  test('indexof_regex counts matches that do not overlap (indexof-regex-function)', async () => {
    const query = `print indexof_regex("abcabc", @"a.c"), indexof_regex("abcabcdefg", @"a.c", 0, 9, 2),
      indexof_regex("abcabc", @"a.c", 1, -1, 2), indexof_regex("ababaa", @"a.a", 0, -1, 2), indexof_regex("abcabc", @"a|ab", -1)`
    expect(await rows(query)).toEqual([[0, 3, -1, -1, null]])
  })

  test('zlib_compress_to_base64_string stores (zlib-base64-compress)', async () => {
    expect(await rows('print zlib_compress_to_base64_string("1234567890qwertyuiop")')).toEqual([
      ['eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw=='],
    ])
  })

  test('array_sum of anything but numbers is null (array-sum-function)', async () => {
    const query = 'print array_sum(dynamic([1, 2, 3, 4])), array_sum(dynamic([1, "a"]))'
    expect(await rows(query)).toEqual([[10, null]])
  })

  test('hexadecimal numbers, bool(1) and time(2) are what they say (int, bool, timespan data types)', async () => {
    const query =
      'print 0xFF, long(0x1F), int(0x10), bool(1), bool(0), time(2), time(15 seconds), timespan(1.5), time(0)'
    expect(await rows(query)).toEqual([
      [255, 31, 16, true, false, '2.00:00:00', '00:00:15', '1.12:00:00', '00:00:00'],
    ])
  })

  test('todatetime takes every form the reference lists, years of two digits too (datetime data type)', async () => {
    const forms = [
      ['2014-11-08 15:05 GMT', 'Sat, 8 Nov 14 15:05 GMT', '8 Nov 14 15:05', 'Saturday, 08-Nov-14 15:05 GMT'],
      ['Sat, 08 Nov 2014 15:05', '08-Nov-14 15:05', '2014-11-08T15:05', '2014-11-08T15:05 GMT'],
    ].flat()
    const texts = forms.map((form) => JSON.stringify(form)).join(', ')
    const query = `datatable(s: string)[${texts}] | extend t = todatetime(s) | where t != datetime(2014-11-08 15:05)`
    expect(await rows(query)).toEqual([])
    const seconds = '"Sat, 8 Nov 14 15:05:02 GMT", "Saturday, 08-Nov-14 15:05:02", "08-Nov-14 15:05:02 GMT"'
    const other = `datatable(s: string)[${seconds}] | where todatetime(s) == datetime(2014-11-08 15:05:02) | count`
    expect(await rows(other)).toEqual([[3]])
  })

  test('numbers that would lose digits are refused', async () => {
    expect(await refusal('print 9223372036854775808')).toContain('this large')
    expect(await refusal('print dynamic([12345678901234567])')).toContain('this large')
    expect(await rows('print long(-9223372036854775808)')).toEqual([['-9223372036854775808']])
  })

  test('extract_all without a match is null, a group without a part empty (extract-all-function)', async () => {
    const query = String.raw`print extract_all(@"(\d)", "x"), extract_all(@"(\w)(\d)?", "a1b"), extract_all(@"(\d)(x)", "y")`
    expect(await rows(query)).toEqual([
      [
        null,
        [
          ['a', '1'],
          ['b', ''],
        ],
        null,
      ],
    ])
  })

  test('a null among arrays adds nothing to them', async () => {
    expect(await rows('print array_concat(dynamic([1]), dynamic(null), dynamic([2]))')).toEqual([[[1, 2]]])
  })

  test('a timespan literal may stand in quotes', async () => {
    expect(await rows('print time("14.02:03:04.5")')).toEqual([['14.02:03:04.5000000']])
  })

  test('a function of ours takes a guid (base64-encode-fromguid-function)', async () => {
    const query = 'print base64_encode_fromguid(toguid("ae3133f2-6e22-49ae-b06a-16e6a9b212eb"))'
    expect(await rows(query)).toEqual([['8jMxriJurkmwahbmqbIS6w==']])
  })
})

describe('series', () => {
  test('a gap is filled on the line, an empty series with the constant (series-fill-linear-function)', async () => {
    const gaps = 'dynamic([null, 111.0, null, 36.0, 41.0, null, null, 16.0])'
    const query = `print series_fill_linear(${gaps}), series_fill_linear(dynamic([null, null])),
      series_fill_linear(dynamic([null, null]), double(null), true, 7.5)`
    const [line, zeros, constants] = (await rows(query))[0] as number[][]
    expect(line?.map((x) => Math.round(x * 1000) / 1000)).toEqual([
      111, 111, 73.5, 36, 41, 32.667, 24.333, 16,
    ])
    expect([zeros, constants]).toEqual([
      [0, 0],
      [7.5, 7.5],
    ])
  })

  test('the seasonal part of a given period is its medians (series-seasonal-function)', async () => {
    const query = 'print series_seasonal(dynamic([1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6]), 3)'
    const period = [1.5, 3.5, 5.5]
    expect(await rows(query)).toEqual([[[...period, ...period, ...period, ...period]]])
    expect(await refusal('print series_seasonal(dynamic([1, 3, 5]))')).toContain('without a period')
  })

  test('the inverse transform gives the series back (series-fft-function)', async () => {
    const query = `print y = dynamic([1, 2, 0, -1]) | extend (re, im) = series_fft(y)
      | extend (back, none) = series_ifft(re, im) | project re, im, back`
    const shown = (await rows(query))[0] as number[][]
    expect(shown.map((values) => values.map((x) => Math.round(x * 1e9) / 1e9 + 0))).toEqual([
      [2, 1, 0, 1],
      [0, -3, 0, 3],
      [1, 2, 0, -1],
    ])
  })
})

describe('dynamic and text', () => {
  test('a key may be empty, or hold quotes, slashes and backslashes', async () => {
    const bag = String.raw`parse_json(@'{"": 1, "a/b~c": 2, "q\"\\": 3}')`
    const query = `print d = ${bag} | extend k = "" | project d[""], d[k], d["a/b~c"]`
    expect(await rows(query)).toEqual([[1, 1, 2]])
    const parts = await rows(
      `print d = ${bag} | mv-expand kind=array d | project v = toint(d[1]) | sort by v asc`,
    )
    expect(parts).toEqual([[1], [2], [3]])
    expect(await names(`print d = parse_json('{"": 1, "a/b": 2}') | evaluate bag_unpack(d)`)).toEqual(['a/b'])
  })

  test('text beside elements keeps its place and loses the white space around it (parse-xml-function)', async () => {
    const query = `print tostring(parse_xml('<e> text <a>x</a> </e>')), tostring(parse_xml('<e n="v"> text </e>')),
      tostring(parse_xml('<e/>'))`
    expect(await rows(query)).toEqual([
      ['{"e":{"#text":"text","a":"x"}}', '{"e":{"@n":"v","#text":" text "}}', '{"e":null}'],
    ])
  })

  test('paths of a bag start at its keys and name an array once (treepath-function)', async () => {
    const query = `print treepath(parse_json('{"prop1": [1, 2, 3, 4], "prop2": "value2"}'))`
    expect(await rows(query)).toEqual([[["['prop1']", "['prop1'][0]", "['prop2']"]]])
  })

  test('parse-kv drops white space around a value (parse-kv-operator)', async () => {
    const query = `print str="ThreadId:458745723, Machine:Node001, Text: The service is up, Level: Info"
      | parse-kv str as (Text: string, ThreadId: long, Machine: string) with (pair_delimiter=',', kv_delimiter=':')
      | project-away str`
    expect(await rows(query)).toEqual([['The service is up', 458745723, 'Node001']])
  })
})

describe('union', () => {
  test('as names the source (as-operator)', async () => {
    const query = `range x from 1 to 1 step 1 | as T1
      | union withsource=TableName (range x from 1 to 1 step 1 | as T2) | sort by TableName asc`
    expect(await rows(query)).toEqual([
      ['T1', 1],
      ['T2', 1],
    ])
  })

  test('a column that is called like half of a split one keeps its name (union-operator)', async () => {
    const query = `let View_1 = view () { print x=1 }; let View_2 = view () { print x=toint(2) };
      let View_3 = view () { print x_long=3 }; union withsource=TableName View_1, View_2, View_3`
    expect(await names(query)).toEqual(['TableName', 'x_long1', 'x_int', 'x_long'])
    expect(await rows(`${query} | where TableName == "View_1"`)).toEqual([['View_1', 1, null, null]])
  })
})

describe('subqueries', () => {
  test('mv-apply hands the elements over in their order (mv-apply-operator)', async () => {
    const query = `datatable (Val: int, Arr1: dynamic, Arr2: dynamic)
      [1, dynamic(['A1', 'A2']), dynamic(['B1', 'B2', 'B3']), 5, dynamic(['C1', 'C2']), dynamic(['D1'])]
      | mv-apply T1=Arr1, T2=Arr2 on (extend Out = strcat(T1, "_", T2) | summarize Out = make_list(Out))
      | project Val, Out`
    expect(await rows(query)).toEqual([
      [1, ['A1_B1', 'A2_B2', '_B3']],
      [5, ['C1_D1', 'C2_']],
    ])
  })

  test('mv-apply and mv-expand keep the order of the rows, and of the elements within a row', async () => {
    const data = 'datatable(k: int, a: dynamic)[1, dynamic([3, 1, 2]), 2, dynamic([9, 8])] | sort by k desc'
    const expected = [9, 8, 3, 1, 2].map((x) => [x])
    expect(await rows(`${data} | mv-apply x = a to typeof(long) on (take 10) | project x`)).toEqual(expected)
    expect(await rows(`${data} | mv-expand x = a to typeof(long) | project x`)).toEqual(expected)
  })

  test('toscalar over a name given inside a partition sees that partition only (partition-operator)', async () => {
    const query = `range x from 1 to 4 step 1 | extend k = x % 2
      | partition by k (as P | extend s = toscalar(P | summarize sum(x))) | project x, s | sort by x asc`
    expect(await rows(query)).toEqual([
      [1, 4],
      [2, 6],
      [3, 4],
      [4, 6],
    ])
  })
})

describe('rows around a row', () => {
  test('a session ends at a gap, at its greatest length, or where told (row-window-session-function)', async () => {
    const query = `datatable (ID: string, T: datetime)
      ["1", datetime(2024-04-11 10:00), "2", datetime(2024-04-11 10:18), "1", datetime(2024-04-11 11:00),
       "3", datetime(2024-04-11 11:30), "2", datetime(2024-04-11 13:30), "2", datetime(2024-04-11 10:16)]
      | sort by ID asc, T asc | extend S = row_window_session(T, 1h, 5m, ID != prev(ID))
      | project ID, strcat(format_datetime(T, 'HH:mm'), ' ', format_datetime(S, 'HH:mm'))`
    expect(await rows(query)).toEqual([
      ['1', '10:00 10:00'],
      ['1', '11:00 11:00'],
      ['2', '10:16 10:16'],
      ['2', '10:18 10:16'],
      ['2', '13:30 13:30'],
      ['3', '11:30 11:30'],
    ])
  })

  test('a session is cut at its greatest length even without a gap', async () => {
    const steps = 'range x from 0 to 13 step 1 | extend t = datetime(2024-01-01) + x * 10m'
    const query = `${steps} | serialize s = row_window_session(t, 1h, 15m) | summarize count() by s | sort by s asc`
    expect((await rows(query)).map(([, count]) => count)).toEqual([6, 6, 2])
  })

  test('rows_near takes rows on both sides, and none beyond the ends (rows-near-plugin)', async () => {
    const query = `range x from 1 to 9 step 1 | sort by x asc | evaluate rows_near(x in (4, 9), 1)`
    expect(await rows(query)).toEqual([3, 4, 5, 8, 9].map((x) => [x]))
    expect(
      await rows(`range x from 1 to 5 step 1 | sort by x asc | evaluate rows_near(x == 1, 1, 0)`),
    ).toEqual([[1]])
  })

  test('rolling_percentile over three bins, by a dimension too (rolling-percentile-plugin)', async () => {
    const data = `range i from 0 to 24 * 10 - 1 step 1
      | project T = datetime(2018-01-01) + 1h * i, val = i + 1, Odd = iff(i % 2 == 0, "Odd", "Even")`
    const all = `${data} | evaluate rolling_percentile(val, 50, T, 1d, 3) | sort by T asc`
    expect((await rows(all)).map(([, value]) => value)).toEqual([12, 24, 36, 60, 84, 108, 132, 156, 180, 204])
    const split = `${data} | evaluate rolling_percentile(val, 50, T, 1d, 3, Odd) | where Odd == "Odd" | sort by T asc`
    expect(await names(split)).toEqual(['T', 'Odd', 'rolling_3_percentile_val_50'])
    expect((await rows(split)).map((row) => row[2])).toEqual([11, 23, 35, 59, 83, 107, 131, 155, 179, 203])
  })
})

test('bin_auto goes by the options set before it (bin-auto-function)', async () => {
  const query = `set query_bin_auto_size=1h; set query_bin_auto_at=datetime(2017-01-01 00:05);
    range T from datetime(2017-01-01 00:05) to datetime(2017-01-01 02:00) step 1m
    | summarize count() by bin_auto(T) | sort by T asc | project count_`
  expect(await rows(query)).toEqual([[60], [56]])
  expect(await refusal('print bin_auto(5)')).toContain('query_bin_auto_size')
})

test('the older mvexpand stops at 128 rows of a row (mv-expand-operator)', async () => {
  expect(await rows('print a = range(1, 200) | mvexpand a | count')).toEqual([[128]])
  expect(await rows('print a = range(1, 200) | mv-expand a | count')).toEqual([[200]])
})

describe('make-series', () => {
  const series = (kind: string): string =>
    `datatable(t: datetime, m: real)[] | make-series ${kind} avg(m) default=1.0 on t
     from datetime(2017-01-01) to datetime(2017-01-03) step 1d`

  test('an empty input gives nothing unless asked (make-series-operator)', async () => {
    expect(await rows(`${series('')} | count`)).toEqual([[0]])
    expect(await rows(`${series('kind=nonempty')} | project avg_m`)).toEqual([[[1, 1]]])
  })
})

describe('sketches', () => {
  test('percentiles and ranks of digests (percentile-tdigest-function, rank-tdigest-function)', async () => {
    const merged = `range x from 1 to 10 step 1 | extend y = x + 10
      | summarize a = tdigest(x), b = tdigest(y) | project m = merge_tdigest(a, b)`
    expect(await rows(`${merged} | project percentile_tdigest(m, 100, typeof(long))`)).toEqual([[20]])
    expect(await names(`${merged} | project percentile_tdigest(m, 100)`)).toEqual(['percentile_tdigest_m'])
    const thousand = 'range x from 1 to 1000 step 1 | summarize t = tdigest(x)'
    expect(await rows(`${thousand} | project rank_tdigest(t, 685)`)).toEqual([[685]])
    const weighted = 'datatable(V: real, W: long)[1.0, 1, 2.0, 2] | summarize t = tdigest(V, W)'
    expect(await rows(`${weighted} | project percentile_tdigest(t, 50)`)).toEqual([[2]])
  })

  test('counts of merged hll are counts of distinct values', async () => {
    const query = `range x from 1 to 100 step 1 | summarize h = hll(x % 7) by k = x % 2
      | summarize m = hll_merge(h), none = hll_if(h, false)`
    expect(
      await rows(`${query} | project dcount_hll(m), dcount_hll(hll_merge(m, m)), dcount_hll(none)`),
    ).toEqual([[7, 7, 0]])
  })

  test('buildschema tells longs, doubles, texts and arrays apart (buildschema-aggregation-function)', async () => {
    const query = `datatable(value: dynamic) [dynamic({"x": 1, "y": 3.5}), dynamic({"x": "text", "z": [1, 2, 3]}),
      dynamic({"y": {"w": "zzz"}, "t": ["aa", "bb"], "z": ["foo"]})] | summarize buildschema(value)`
    const schema = {
      x: ['long', 'string'],
      y: ['double', { w: 'string' }],
      z: { '`indexer`': ['long', 'string'] },
      t: { '`indexer`': 'string' },
    }
    expect(await rows(query)).toEqual([[schema]])
  })

  test('covarianceif takes only the rows its predicate lets through (covarianceif-aggregation-function)', async () => {
    const query = `range x from 1 to 100 step 1 | extend y = iff(x % 2 == 0, x * 2, x * 3)
      | summarize covarianceif(x, y, x % 3 == 0)`
    expect(await rows(query)).toEqual([[2142]])
  })
})

test('take_any(*) of one column is that column', async () => {
  const data = 'datatable(a: string, b: long)["x", 1, "x", 1]'
  expect(await rows(`${data} | summarize take_any(*), n = count() by a`)).toEqual([['x', 1, 2]])
  expect(await names(`${data} | project b | summarize take_any(*)`)).toEqual(['b'])
})

describe('bag_unpack', () => {
  test('its options may be named, in any number (bag-unpack-plugin)', async () => {
    const data = 'datatable(d: dynamic)[dynamic({"Name": "John", "Age": 20, "Address": "A-1"})]'
    const ignored = "ignoredProperties=dynamic(['Address', 'Age'])"
    expect(await rows(`${data} | evaluate bag_unpack(d, ${ignored})`)).toEqual([['John']])
    expect(await names(`${data} | evaluate bag_unpack(d, 'P_', ${ignored})`)).toEqual(['P_Name'])
  })
})

test('a real of sixteen digits is text in powers of ten, as .NET writes it', async () => {
  expect(await rows('print tostring(1e14), tostring(1e15), tostring(-1234567890123456.0)')).toEqual([
    ['100000000000000', '1E+15', '-1.234567890123456E+15'],
  ])
})

test('format_datetime refuses what the reference does not list (format-datetime-function)', async () => {
  const time = 'datetime(2017-01-29 09:00:05)'
  expect(await rows(`print format_datetime(${time}, 'yy-MM-dd [hh:mm:ss tt]')`)).toEqual([
    ['17-01-29 [09:00:05 AM]'],
  ])
  expect(await rows(`print format_datetime(${time}, 'yyyy-MM-ddTHH:mm:ss.fffZ')`)).toEqual([
    ['2017-01-29T09:00:05.000Z'],
  ])
  expect(await refusal(`print format_datetime(${time}, 'dd MMM yyyy')`)).toContain('‘MMM’')
})
