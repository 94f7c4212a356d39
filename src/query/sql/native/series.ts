import type { Json } from '../../plan/expr.ts'
import { list, type NativeRow, native, number, type Value } from './define.ts'

/** `series_*`: arithmetic over arrays of numbers, element by element; what is no number is null. */

type Series = readonly (number | null)[]

function series(value: Value): Series | undefined {
  return list(value)?.map((item) =>
    typeof item === 'number' ? item : typeof item === 'boolean' ? Number(item) : named(item),
  )
}

/** NaN and the infinities travel in JSON as their names. */
function named(item: Json): number | null {
  return item === 'NaN' || item === 'Infinity' || item === '-Infinity' ? Number(item) : null
}

function unary(name: string, apply: (x: number) => number): NativeRow {
  return native(name, ['dynamic'], 'dynamic', (a) =>
    series(a)?.map((x) => (x === null ? null : finiteOr(apply(x)))),
  )
}

function finiteOr(x: number): Json {
  return Number.isFinite(x) ? x : String(x)
}

function binary(name: string, apply: (x: number, y: number) => number | boolean): NativeRow {
  return native(name, ['dynamic', 'dynamic'], 'dynamic', (a, b) => {
    const [xs, ys] = [broadcast(a, b), broadcast(b, a)]
    if (xs === undefined || ys === undefined) return undefined
    const length = Math.max(xs.length, ys.length)
    return Array.from({ length }, (_x, i): Json => {
      const [x, y] = [xs[i] ?? null, ys[i] ?? null]
      if (x === null || y === null) return null
      const result = apply(x, y)
      return typeof result === 'number' ? finiteOr(result) : result
    })
  })
}

/** A number beside an array stands for an array of it. */
function broadcast(value: Value, other: Value): Series | undefined {
  const own = series(value)
  if (own !== undefined) return own
  const scalar = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
  return scalar === undefined ? undefined : list(other)?.map(() => scalar)
}

function fill(values: Series, missing: number | null, forward: boolean): (number | null)[] {
  const result = forward ? [...values] : [...values].reverse()
  let last: number | null = null
  for (const [i, value] of result.entries()) {
    if (value === missing || value === null) result[i] = last ?? value
    else last = value
  }
  return forward ? result : result.reverse()
}

/** Gaps between two known values on the line through them; gaps at an edge take the nearest value, if wanted. */
function fillLinear(
  values: Series,
  missing: number | null,
  edges: boolean,
  constant: number,
): (number | null)[] {
  const known = [...values.entries()].filter(([, value]) => value !== null && value !== missing)
  return values.map((value, i) => {
    if (value !== null && value !== missing) return value
    const before = known.findLast(([at]) => at < i)
    const after = known.find(([at]) => at > i)
    if (before !== undefined && after !== undefined) {
      const share = (i - before[0]) / (after[0] - before[0])
      return (before[1] ?? 0) + share * ((after[1] ?? 0) - (before[1] ?? 0))
    }
    return edges ? (before?.[1] ?? after?.[1] ?? constant) : value
  })
}

/** The median of what stands at the same place of each period. */
function seasonal(values: Series, period: number): Json[] {
  const medians = Array.from({ length: period }, (_x, place) => {
    const here = values.filter((value, i): value is number => value !== null && i % period === place)
    here.sort((x, y) => x - y)
    const [low, high] = [here[(here.length - 1) >> 1] ?? 0, here[here.length >> 1] ?? 0]
    return (low + high) / 2
  })
  return values.map((_value, i) => medians[i % period] ?? 0)
}

/** Discrete Fourier transform of a complex series, or its inverse; a length that is no power of two is padded with zeros. */
function spectrum(real: Value, imaginary: Value, inverse: boolean): Json | undefined {
  const given = series(real)
  if (given === undefined) return undefined
  const other = series(imaginary) ?? []
  let size = 1
  while (size < given.length) size *= 2
  const at = (values: Series): number[] => Array.from({ length: size }, (_x, i) => values[i] ?? 0)
  const [re, im] = transform(at(given), at(other), inverse ? 1 : -1)
  const scale = inverse ? 1 / size : 1
  return [re.map((x) => x * scale), im.map((x) => x * scale)]
}

/** Radix two: the even and the odd places apart, then put together. */
function transform(re: readonly number[], im: readonly number[], sign: 1 | -1): [number[], number[]] {
  const size = re.length
  if (size <= 1) return [[...re], [...im]]
  const half = (values: readonly number[], odd: 0 | 1): number[] => values.filter((_x, i) => i % 2 === odd)
  const [evenRe, evenIm] = transform(half(re, 0), half(im, 0), sign)
  const [oddRe, oddIm] = transform(half(re, 1), half(im, 1), sign)
  const outRe = new Array<number>(size)
  const outIm = new Array<number>(size)
  for (let k = 0; k < size / 2; k++) {
    const angle = (sign * 2 * Math.PI * k) / size
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const [a, b] = [oddRe[k] ?? 0, oddIm[k] ?? 0]
    const [x, y] = [a * cos - b * sin, a * sin + b * cos]
    const [u, v] = [evenRe[k] ?? 0, evenIm[k] ?? 0]
    outRe[k] = u + x
    outIm[k] = v + y
    outRe[k + size / 2] = u - x
    outIm[k + size / 2] = v - y
  }
  return [outRe, outIm]
}

interface Line {
  readonly rsquare: number
  readonly slope: number
  readonly variance: number
  readonly rvariance: number
  readonly interception: number
  readonly fit: number[]
}

/** Least squares over positions 0, 1, 2 …; variances are of the sample. */
function fitLine(values: readonly number[]): Line {
  const n = values.length
  const meanX = (n - 1) / 2
  const meanY = values.reduce((sum, y) => sum + y, 0) / n
  let [xx, xy, yy] = [0, 0, 0]
  for (const [x, y] of values.entries()) {
    xx += (x - meanX) ** 2
    xy += (x - meanX) * (y - meanY)
    yy += (y - meanY) ** 2
  }
  const slope = xx === 0 ? 0 : xy / xx
  const interception = meanY - slope * meanX
  const fit = values.map((_y, x) => slope * x + interception)
  const rest = values.reduce((sum, y, x) => sum + (y - (fit[x] ?? 0)) ** 2, 0)
  const variance = yy / n
  const rvariance = rest / n
  return {
    rsquare: variance === 0 ? 0 : 1 - rvariance / variance,
    slope,
    variance,
    rvariance,
    interception,
    fit,
  }
}

/** Two lines: the split with the least remaining variance. */
function fitTwoLines(values: readonly number[]): Json[] {
  let best: { split: number; rest: number; left: Line; right: Line } | undefined
  for (let split = 1; split < values.length - 1; split++) {
    const [left, right] = [fitLine(values.slice(0, split)), fitLine(values.slice(split))]
    const rest = left.rvariance * split + right.rvariance * (values.length - split)
    if (best === undefined || rest < best.rest) best = { split, rest, left, right }
  }
  const whole = fitLine(values)
  if (best === undefined) return [whole.rsquare, 0, whole.variance, whole.rvariance, whole.fit]
  const { split, rest, left, right } = best
  const rvariance = rest / values.length
  const rsquare = whole.variance === 0 ? 0 : 1 - rvariance / whole.variance
  const side = (line: Line): Json[] => [
    line.rsquare,
    line.slope,
    line.interception,
    line.variance,
    line.rvariance,
  ]
  return [
    rsquare,
    split,
    whole.variance,
    rvariance,
    [...left.fit, ...right.fit],
    ...side(right),
    ...side(left),
  ]
}

function numbers(value: Value): number[] | undefined {
  const values = series(value)
  return values === undefined || values.length === 0 ? undefined : values.map((x) => x ?? 0)
}

function stats(values: readonly number[]): Record<string, Json> {
  const n = values.length
  const min = Math.min(...values)
  const max = Math.max(...values)
  const avg = values.reduce((sum, x) => sum + x, 0) / n
  const variance = n < 2 ? 0 : values.reduce((sum, x) => sum + (x - avg) ** 2, 0) / (n - 1)
  return {
    min,
    min_idx: values.indexOf(min),
    max,
    max_idx: values.indexOf(max),
    avg,
    stdev: Math.sqrt(variance),
    variance,
  }
}

/** Recursive filter: a0 y[i] = Σ b[k] x[i-k] − Σ a[k] y[i-k]. */
function iir(values: readonly number[], b: readonly number[], a: readonly number[]): number[] {
  const result: number[] = []
  const lead = a[0] ?? 1
  for (const i of values.keys()) {
    let sum = 0
    for (const [k, weight] of b.entries()) sum += weight * (values[i - k] ?? 0)
    for (const [k, weight] of a.entries()) if (k > 0) sum -= weight * (result[i - k] ?? 0)
    result.push(sum / lead)
  }
  return result
}

/** Moving weighted sum; normalised filters divide by the sum of weights; centred ones look both ways. */
function fir(
  values: readonly number[],
  filter: readonly number[],
  normalize: boolean,
  center: boolean,
): number[] {
  const total = filter.reduce((sum, weight) => sum + weight, 0)
  const scale = normalize && total !== 0 ? total : 1
  const offset = center ? Math.floor((filter.length - 1) / 2) : 0
  return values.map((_x, i) => {
    let sum = 0
    for (const [k, weight] of filter.entries()) sum += weight * (values[i - k + offset] ?? 0)
    return sum / scale
  })
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const n = a.length
  const [ma, mb] = [a.reduce((s, x) => s + x, 0) / n, b.reduce((s, x) => s + x, 0) / n]
  let [ab, aa, bb] = [0, 0, 0]
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0
    ab += (x - ma) * (y - mb)
    aa += (x - ma) ** 2
    bb += (y - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

const sign = (x: number): number => Math.sign(x)

export const seriesRows: readonly NativeRow[] = [
  unary('series_abs', Math.abs),
  unary('series_acos', Math.acos),
  unary('series_asin', Math.asin),
  unary('series_atan', Math.atan),
  unary('series_ceiling', Math.ceil),
  unary('series_cos', Math.cos),
  unary('series_exp', Math.exp),
  unary('series_floor', Math.floor),
  unary('series_log', Math.log),
  unary('series_not', (x) => (x === 0 ? 1 : 0)),
  unary('series_sign', sign),
  unary('series_sin', Math.sin),
  unary('series_tan', Math.tan),
  binary('series_add', (x, y) => x + y),
  binary('series_subtract', (x, y) => x - y),
  binary('series_multiply', (x, y) => x * y),
  binary('series_divide', (x, y) => x / y),
  binary('series_pow', (x, y) => x ** y),
  binary('series_equals', (x, y) => x === y),
  binary('series_not_equals', (x, y) => x !== y),
  binary('series_greater', (x, y) => x > y),
  binary('series_greater_equals', (x, y) => x >= y),
  binary('series_less', (x, y) => x < y),
  binary('series_less_equals', (x, y) => x <= y),
  native('series_sum', ['dynamic'], 'real', (a) => series(a)?.reduce<number>((sum, x) => sum + (x ?? 0), 0)),
  native('series_product', ['dynamic'], 'real', (a) =>
    series(a)?.reduce<number>((sum, x) => sum * (x ?? 1), 1),
  ),
  native('series_magnitude', ['dynamic'], 'real', (a) => {
    const values = numbers(a)
    return values === undefined ? undefined : Math.sqrt(dot(values, values))
  }),
  native('series_dot_product', ['dynamic', 'dynamic'], 'real', (a, b) => {
    const [x, y] = [broadcast(a, b), broadcast(b, a)]
    if (x === undefined || y === undefined || x.length !== y.length) return undefined
    return dot(x.map(Number), y.map(Number))
  }),
  native('series_cosine_similarity', ['dynamic', 'dynamic'], 'real', (a, b) => {
    const [x, y] = [numbers(a), numbers(b)]
    if (x === undefined || y === undefined || x.length !== y.length) return undefined
    return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
  }),
  native('series_pearson_correlation', ['dynamic', 'dynamic'], 'real', (a, b) => {
    const [x, y] = [numbers(a), numbers(b)]
    return x === undefined || y === undefined || x.length !== y.length ? undefined : pearson(x, y)
  }),
  native('series_fill_forward', ['dynamic', 'real'], 'dynamic', (a, b) => {
    const values = series(a)
    return values === undefined ? undefined : fill(values, b === undefined ? null : number(b), true)
  }),
  native('series_fill_backward', ['dynamic', 'real'], 'dynamic', (a, b) => {
    const values = series(a)
    return values === undefined ? undefined : fill(values, b === undefined ? null : number(b), false)
  }),
  native(
    'series_fill_linear',
    ['dynamic', 'real', 'bool', 'real'],
    'dynamic',
    (a, missing, edges, constant) => {
      const values = series(a)
      if (values === undefined) return undefined
      const gap = missing === undefined ? null : number(missing)
      return fillLinear(values, gap, edges !== false, constant === undefined ? 0 : number(constant))
    },
  ),
  native('seasonal', ['dynamic', 'long'], 'dynamic', (a, period) => {
    const values = series(a)
    return values === undefined || number(period) <= 0 ? undefined : seasonal(values, number(period))
  }),
  native('series_fft$tuple', ['dynamic', 'dynamic'], 'dynamic', (a, b) => spectrum(a, b, false)),
  native('series_ifft$tuple', ['dynamic', 'dynamic'], 'dynamic', (a, b) => spectrum(a, b, true)),
  native('series_fill_const', ['dynamic', 'real', 'real'], 'dynamic', (a, constant, missing) => {
    const values = series(a)
    const gap = missing === undefined ? null : number(missing)
    return values?.map((x) => (x === null || x === gap ? number(constant) : x))
  }),
  native('series_stats_dynamic', ['dynamic'], 'dynamic', (a) => {
    const values = numbers(a)
    return values === undefined ? undefined : stats(values)
  }),
  native('series_stats$tuple', ['dynamic'], 'dynamic', (a) => {
    const values = numbers(a)
    return values === undefined ? undefined : Object.values(stats(values))
  }),
  native('series_iir', ['dynamic', 'dynamic', 'dynamic'], 'dynamic', (a, b, c) => {
    const values = numbers(a)
    return values === undefined ? undefined : iir(values, numbers(b) ?? [], numbers(c) ?? [])
  }),
  native('series_fir', ['dynamic', 'dynamic', 'bool', 'bool'], 'dynamic', (a, b, normalize, center) => {
    const values = numbers(a)
    return values === undefined
      ? undefined
      : fir(values, numbers(b) ?? [], normalize !== false, center === true)
  }),
  native('series_fit_line$tuple', ['dynamic'], 'dynamic', (a) => {
    const values = numbers(a)
    if (values === undefined) return undefined
    const { rsquare, slope, variance, rvariance, interception, fit } = fitLine(values)
    return [rsquare, slope, variance, rvariance, interception, fit]
  }),
  native('series_fit_2lines$tuple', ['dynamic'], 'dynamic', (a) => {
    const values = numbers(a)
    return values === undefined ? undefined : fitTwoLines(values)
  }),
  native('series_fit_line_dynamic', ['dynamic'], 'dynamic', (a) => {
    const values = numbers(a)
    if (values === undefined) return undefined
    const { rsquare, slope, variance, rvariance, interception, fit } = fitLine(values)
    return { rsquare, slope, variance, rvariance, interception, line_fit: fit }
  }),
]
