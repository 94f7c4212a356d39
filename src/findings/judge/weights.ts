import { parse } from 'yaml'
import { InputError } from '../../diagnostics/index.ts'

/** Points of all features, caps of their groups, and limits of the bands: `content/judgement/weights.yaml`. */
export interface Weights {
  /** Upper limit of each band, in points; above the last is critical. */
  readonly bands: {
    readonly informational: number
    readonly low: number
    readonly medium: number
    readonly high: number
  }
  /** Group name → cap and features, in the order of the file. */
  readonly groups: Readonly<Record<string, WeightGroup>>
  readonly limits: { readonly rarePrevalence: number }
}

export interface WeightGroup {
  readonly cap: number
  readonly features: Readonly<Record<string, number>>
}

interface WeightsFile {
  readonly bands?: Readonly<Record<string, unknown>>
  readonly groups?: Readonly<Record<string, { cap?: unknown; features?: Readonly<Record<string, unknown>> }>>
  readonly limits?: Readonly<Record<string, unknown>>
}

/** Weights from the text of our own file, which is complete. */
export function readWeights(text: string, source: string): Weights {
  const file = parse(text) as WeightsFile
  const empty: Weights = {
    bands: { informational: 0, low: 0, medium: 0, high: 0 },
    groups: Object.fromEntries(
      Object.entries(file.groups ?? {}).map(([name, group]) => [
        name,
        { cap: 0, features: Object.fromEntries(Object.keys(group.features ?? {}).map((id) => [id, 0])) },
      ]),
    ),
    limits: { rarePrevalence: 0 },
  }
  return mergeWeights(empty, file, source)
}

/** `base` with the numbers of `value` in place of its own. */
export function mergeWeights(base: Weights, value: unknown, source: string): Weights {
  const fail = (message: string): InputError =>
    new InputError(
      'findings/bad-weights',
      `${source}: ${message}`,
      { in: 'file', source },
      {
        hint: 'the shape and the names are those of content/judgement/weights.yaml',
      },
    )
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw fail('it is not a mapping')
  const file = value as WeightsFile
  const number = (where: string, candidate: unknown, otherwise: number): number => {
    if (candidate === undefined) return otherwise
    if (typeof candidate !== 'number' || !Number.isFinite(candidate)) throw fail(`${where} is not a number`)
    return candidate
  }
  const groups: Record<string, WeightGroup> = { ...base.groups }
  for (const [name, group] of Object.entries(file.groups ?? {})) {
    const old = Object.hasOwn(base.groups, name) ? base.groups[name] : undefined
    if (old === undefined) throw fail(`there is no group ${name}`)
    const features = { ...old.features }
    for (const [id, points] of Object.entries(group.features ?? {})) {
      const shipped = Object.hasOwn(features, id) ? features[id] : undefined
      if (shipped === undefined) throw fail(`there is no feature ${id} in group ${name}`)
      features[id] = number(id, points, shipped)
    }
    groups[name] = { cap: number(`the cap of ${name}`, group.cap, old.cap), features }
  }
  const bands = file.bands ?? {}
  const merged = {
    informational: number('informational', bands.informational, base.bands.informational),
    low: number('low', bands.low, base.bands.low),
    medium: number('medium', bands.medium, base.bands.medium),
    high: number('high', bands.high, base.bands.high),
  }
  if (!(merged.informational < merged.low && merged.low < merged.medium && merged.medium < merged.high)) {
    throw fail('the bands do not rise')
  }
  const rarePrevalence = number('rarePrevalence', file.limits?.rarePrevalence, base.limits.rarePrevalence)
  return { bands: merged, groups, limits: { rarePrevalence } }
}
