import type { Json } from '../../plan/expr.ts'
import { list, type NativeRow, native, number, type Value } from './define.ts'

/** Distributions and digests. Sources: Abramowitz & Stegun 6.1, 7.1, 26.5; Lanczos' approximation of the gamma function. */

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  const z = x - 1
  const sum = LANCZOS.reduce((total, term, i) => (i === 0 ? term : total + term / (z + i)), 0)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** Continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let result = d
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    const step = d * c
    result *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return result
}

const nonZero = (x: number, tiny: number): number => (Math.abs(x) < tiny ? tiny : x)

export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x))
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b
}

function betaInverse(p: number, a: number, b: number): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (betaCdf(middle, a, b) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** erf by its series near zero and its continued fraction far from it. */
function erf(x: number): number {
  const size = Math.abs(x)
  if (size > 6) return Math.sign(x)
  if (size < 2.5) {
    let [term, sum] = [size, size]
    for (let n = 1; n < 200 && Math.abs(term) > 1e-18; n++) {
      term *= -(size * size) / n
      sum += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
  }
  let fraction = 0
  for (let k = 200; k > 0; k--) fraction = k / 2 / (size + fraction)
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)))
}

/** Two-sided p-value of Welch's unequal variances t-test. */
function welch(args: readonly number[]): number {
  const [m1 = 0, v1 = 0, c1 = 0, m2 = 0, v2 = 0, c2 = 0] = args
  const [a, b] = [v1 / c1, v2 / c2]
  const t = (m1 - m2) / Math.sqrt(a + b)
  const freedom = (a + b) ** 2 / (a ** 2 / (c1 - 1) + b ** 2 / (c2 - 1))
  return betaCdf(freedom / (freedom + t * t), freedom / 2, 0.5)
}

/** Smallest value at which the weight reaches the share: weighted percentiles are values of the data. */
function weighted(values: readonly Json[], weights: readonly Json[], percent: number): Json {
  const pairs = values
    .map((value, i) => [value, number(weights[i] ?? 0)] as const)
    .filter(([value, weight]) => value !== null && weight > 0)
    .sort(([a], [b]) => number(a) - number(b))
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0)
  let seen = 0
  for (const [value, weight] of pairs) {
    seen += weight
    if (seen >= (total * percent) / 100 - 1e-9) return value
  }
  return pairs[pairs.length - 1]?.[0] ?? null
}

const reals = (args: readonly Value[]): number[] => args.map(number)

export const statisticsRows: readonly NativeRow[] = [
  native('erf', ['real'], 'real', (x) => erf(number(x))),
  native('erfc', ['real'], 'real', (x) => 1 - erf(number(x))),
  native('beta_cdf', ['real', 'real', 'real'], 'real', (...args) => {
    const [x = 0, a = 0, b = 0] = reals(args)
    return a <= 0 || b <= 0 ? Number.NaN : betaCdf(x, a, b)
  }),
  native('beta_pdf', ['real', 'real', 'real'], 'real', (...args) => {
    const [x = 0, a = 0, b = 0] = reals(args)
    if (a <= 0 || b <= 0 || x < 0 || x > 1) return Number.NaN
    return Math.exp(
      logGamma(a + b) - logGamma(a) - logGamma(b) + (a - 1) * Math.log(x) + (b - 1) * Math.log(1 - x),
    )
  }),
  native('beta_inv', ['real', 'real', 'real'], 'real', (...args) => {
    const [p = 0, a = 0, b = 0] = reals(args)
    if (a <= 0 || b <= 0) return Number.NaN
    return p < 0 || p > 1 ? undefined : betaInverse(p, a, b)
  }),
  native('welch_test', ['real', 'real', 'real', 'real', 'real', 'real'], 'real', (...args) =>
    welch(reals(args)),
  ),
  native('weighted_percentile', ['dynamic', 'dynamic', 'real'], 'dynamic', (values, weights, percent) =>
    weighted(list(values) ?? [], list(weights) ?? [], number(percent)),
  ),
]
