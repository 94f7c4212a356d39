import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { InputError } from '../../diagnostics/index.ts'
import type { KnownGoodContent } from '../known-good/index.ts'
import type { PayloadLists } from '../payload/index.ts'
import { mergeWeights, readWeights, type Weights } from './weights.ts'

/** A name that a known tool gives its objects unless told otherwise. */
export interface ToolMarker {
  readonly tool: string
  readonly pattern: RegExp
  /** Filter's name, consumer's name and query, a line each, must match as well, where one name says too little. */
  readonly whole?: RegExp
  readonly tag?: string
}

/** Lists of the judgement beyond what payloads need. All lower case. */
export interface JudgementLists extends PayloadLists {
  readonly authorProcesses: readonly string[]
  readonly mofcompParents: readonly string[]
  /** Programs that install, patch and manage: what they compile is theirs. */
  readonly installers: readonly string[]
  readonly stockNames: readonly string[]
  /** Definitions in System32\wbem that Windows brings, without extension. */
  readonly stockMofs: readonly string[]
  /** Definitions of products that administrators are told to compile again, with extension. */
  readonly productMofs: readonly string[]
}

/** Everything that the judgement knows beside the evidence: the files of `content/judgement`. */
export interface JudgementContent {
  readonly weights: Weights
  readonly lists: JudgementLists
  readonly markers: readonly ToolMarker[]
  readonly knownGood: KnownGoodContent
}

const FOLDER = new URL('../../../content/judgement/', import.meta.url)

const readFile = (name: string): unknown => parse(readFileSync(new URL(name, FOLDER), 'utf8'))

/** Every list of a mapping, its items as lower-case text. */
function lowerLists(value: unknown): Record<string, readonly string[]> {
  const lists: Record<string, readonly string[]> = {}
  for (const [name, items] of Object.entries(value as Record<string, unknown>)) {
    lists[name] = Array.isArray(items) ? items.map((item) => String(item).toLowerCase()) : []
  }
  return lists
}

interface MarkerFile {
  readonly markers: readonly { tool: string; pattern: string; whole?: string; tag?: string }[]
}

let loaded: JudgementContent | undefined

/** The product's own content, read once. A file of the package that cannot be read is a fault of ours. */
export function judgementContent(): JudgementContent {
  loaded ??= {
    weights: readWeights(readFileSync(new URL('weights.yaml', FOLDER), 'utf8'), 'weights.yaml'),
    // The files are ours and their lists are checked by a test over all content.
    lists: lowerLists(readFile('lists.yaml')) as unknown as JudgementLists,
    markers: (readFile('tool-markers.yaml') as MarkerFile).markers.map((marker) => ({
      tool: marker.tool,
      pattern: new RegExp(marker.pattern, 'i'),
      ...(marker.whole === undefined ? {} : { whole: new RegExp(marker.whole, 'is') }),
      ...(marker.tag === undefined ? {} : { tag: marker.tag }),
    })),
    knownGood: readFile('known-good.yaml') as KnownGoodContent,
  }
  return loaded
}

/**
 * The content with a team's weights in place of ours: a YAML text of the shape of `weights.yaml`, in which anything may
 * be left out. `InputError` findings/bad-weights when it is no such file or names a feature that does not exist.
 */
export function withWeights(
  text: string,
  source: string,
  content: JudgementContent = judgementContent(),
): JudgementContent {
  let value: unknown
  try {
    value = parse(text)
  } catch (cause) {
    throw new InputError('findings/bad-weights', `${source} is not YAML: ${String(cause)}`, {
      in: 'file',
      source,
    })
  }
  return { ...content, weights: mergeWeights(content.weights, value, source) }
}
