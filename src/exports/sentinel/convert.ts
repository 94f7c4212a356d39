import { type Document, parseAllDocuments } from 'yaml'
import { InputError, type Report } from '../../diagnostics/index.ts'
import {
  HUNTING_TYPE,
  huntingFromResource,
  huntingResource,
  openExpressions,
  RULE_SHORT_TYPE,
  RULE_TYPE,
  ruleFromResource,
  ruleResource,
  template,
} from './arm.ts'
import { type ArmScope, scopeOf } from './arm-expression.ts'
import {
  applyDifferences,
  asJson,
  type DeltaEntry,
  differences,
  isObject,
  type Json,
  type JsonObject,
  sameJson,
} from './delta.ts'
import { applyLook, type NodeLook, readLook, rulesDocument, writeYaml } from './layout.ts'

/** Where each side keeps what the other has no place for: under this key of a `metadata` mapping. */
const KEPT = 'triadConversion'

interface Kept {
  readonly delta: readonly DeltaEntry[]
  readonly look: readonly NodeLook[]
  /** The whole YAML file, beside the first rule, where values and looks would not give it back character by character. */
  readonly text?: string
}

/** What `triad convert` was given, by its content. */
export function conversionDirection(text: string): 'to-arm' | 'to-yaml' {
  return /^\s*\{/.test(text) && /"resources"/.test(text) ? 'to-yaml' : 'to-arm'
}

/**
 * Rule YAML (analytics or hunting; several documents make several resources) → ARM template as JSON text. What ARM has
 * no place for (connectors, version, comments, spellings) is kept in the template's `metadata`, which Azure ignores.
 */
export function yamlToArm(text: string, source: string, apiVersion?: string): string {
  const documents = readDocuments(text, source)
  const rules: JsonObject[] = []
  let original: readonly DeltaEntry[] = []
  for (const document of documents) {
    const whole = asJson(plainValue(document, source))
    if (!isObject(whole)) {
      throw new InputError('platforms/not-a-rule', 'the file holds no rule', { in: 'file', source })
    }
    if (whole.query === undefined && (isObject(whole.properties) || Array.isArray(whole.value))) {
      throw new InputError(
        'platforms/not-a-rule',
        'the file is an answer of the service, no rule file and no template',
        { in: 'file', source },
        { hint: 'put the rule into the "resources" of an ARM template, as an export from the portal has it' },
      )
    }
    const { rule, delta } = takeKept(whole)
    if (delta.length > 0) original = delta
    rules.push(rule)
  }
  // Two layers: what this template was before it became YAML, then what the YAML says beyond it.
  const restored = applyDifferences(template(rules.map((rule) => toResource(rule, apiVersion))), original)
  const resources = resourcesOf(restored)
  const scope = scopeOf(restored)
  const kept = documents.map((document, index): Kept => {
    const look = readLook(document).filter(({ at }) => !(at[0] === 'metadata' && at[1] === KEPT))
    return { delta: differences(fromResource(resources[index] ?? {}, scope), rules[index] ?? {}), look }
  })
  const arm = armText(restored, kept)
  const [first, ...rest] = kept
  // A file that was a template before carries its own remainder and is rewritten anyway.
  if (first === undefined || original.length > 0 || armToYaml(arm, source) === text) return arm
  return armText(restored, [{ ...first, text }, ...rest])
}

function armText(whole: Json, kept: readonly Kept[]): string {
  const entries = kept.map(keptJson)
  const isPlain = entries.every((entry) => Object.keys(entry).length === 0)
  return `${JSON.stringify(isPlain ? whole : withMetadata(whole, { [KEPT]: entries }), undefined, 2)}\n`
}

/**
 * ARM template → rule YAML, one document a rule. Throws `platforms/not-a-rule` for a template with other resources. What
 * only a deployment can evaluate is reported and stays as it is.
 */
export function armToYaml(text: string, source: string, report: Report = () => undefined): string {
  const { whole, kept } = withoutKept(readTemplate(text, source))
  const resources = resourcesOf(whole)
  if (resources.length === 0) {
    throw new InputError('platforms/not-a-rule', 'the template holds no resources', { in: 'file', source })
  }
  const scope = scopeOf(whole)
  for (const resource of resources) {
    if (![RULE_TYPE, RULE_SHORT_TYPE, HUNTING_TYPE].some((type) => isOfType(resource, type))) {
      throw new InputError(
        'platforms/not-a-rule',
        `the template holds a resource of type ${String(resource.type)}, which is no rule`,
        { in: 'file', source },
        { hint: 'convert templates that hold analytics rules or hunting queries only' },
      )
    }
    for (const expression of openExpressions(resource, scope)) {
      report({
        code: 'platforms/not-expressible',
        severity: 'warning',
        message: `${expression} is an expression that only a deployment can evaluate: it stands in the YAML as text`,
        at: { in: 'file', source },
        hint: 'write the value in its place',
      })
    }
  }
  const rules = resources.map((resource, index) => {
    const base = fromResource(resource, scope)
    const entry = kept[index]
    return entry === undefined ? base : (applyDifferences(base, entry.delta) as JsonObject)
  })
  const delta = differences(template(rules.map((rule) => toResource(rule))), whole)
  const asWritten = kept[0]?.text
  if (asWritten !== undefined && delta.length === 0 && saysSame(asWritten, rules, source)) return asWritten
  return rules
    .map((rule, index) => {
      const value = index === 0 && delta.length > 0 ? keepDelta(rule, delta) : rule
      const document = rulesDocument(value)
      applyLook(document, kept[index]?.look ?? [])
      return writeYaml(document)
    })
    .join('---\n')
}

/** Whether a remembered file still says what the template says now: an edit there wins. */
function saysSame(text: string, rules: readonly JsonObject[], source: string): boolean {
  const documents = readDocuments(text, source)
  return (
    documents.length === rules.length &&
    documents.every((document, index) => sameJson(asJson(plainValue(document, source)), rules[index] ?? {}))
  )
}

/** Types of resources are compared without case. */
const isOfType = (resource: JsonObject, type: string): boolean =>
  typeof resource.type === 'string' && resource.type.toLowerCase() === type.toLowerCase()

/** A list, or named resources as newer Bicep writes them; those that exist already are only named. */
function resourcesOf(whole: Json): JsonObject[] {
  const resources = isObject(whole) ? whole.resources : undefined
  if (isObject(resources)) {
    return Object.values(resources)
      .filter(isObject)
      .filter(({ existing }) => existing !== true)
  }
  return (Array.isArray(resources) ? resources : []).filter(isObject)
}

function isHunting(rule: JsonObject): boolean {
  return rule.kind === undefined && rule.severity === undefined && rule.queryFrequency === undefined
}

function toResource(rule: JsonObject, apiVersion?: string): JsonObject {
  return isHunting(rule) ? huntingResource(rule) : ruleResource(rule, apiVersion)
}

function fromResource(resource: JsonObject, scope: ArmScope): JsonObject {
  return isOfType(resource, HUNTING_TYPE)
    ? huntingFromResource(resource, scope)
    : ruleFromResource(resource, scope)
}

function readDocuments(text: string, source: string): Document[] {
  const documents = parseAllDocuments(text, { prettyErrors: false, uniqueKeys: true })
  if (!Array.isArray(documents) || documents.length === 0) {
    throw new InputError('platforms/not-a-rule', 'the file holds no rule', { in: 'file', source })
  }
  for (const document of documents as Document[]) {
    const error = document.errors[0]
    if (error === undefined) continue
    throw new InputError('detections/bad-yaml', error.message, {
      in: 'text',
      source,
      start: error.pos[0],
      end: error.pos[1],
    })
  }
  return documents as Document[]
}

/** Aliases that multiply each other would fill the memory: the reader stops at a hundred. */
function plainValue(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    throw new InputError('detections/bad-yaml', error.message, { in: 'file', source })
  }
}

function readTemplate(text: string, source: string): JsonObject {
  try {
    const whole = asJson(JSON.parse(text.replace(/^\uFEFF/, '')))
    if (isObject(whole)) return whole
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new InputError('platforms/bad-json', `the file is no JSON: ${error.message}`, {
      in: 'file',
      source,
    })
  }
  throw new InputError('platforms/not-a-rule', 'the file holds no ARM template', { in: 'file', source })
}

function keptJson({ delta, look, text }: Kept): JsonObject {
  return {
    ...(delta.length === 0 ? {} : { delta: asJson(delta) }),
    ...(look.length === 0 ? {} : { look: asJson(look) }),
    ...(text === undefined ? {} : { text }),
  }
}

function readKept(value: Json | undefined): Kept {
  const object = isObject(value) ? value : {}
  const list = (name: string): JsonObject[] =>
    (Array.isArray(object[name]) ? object[name] : [])
      .filter(isObject)
      .filter(({ at }) => Array.isArray(at) && at.every((key: Json) => typeof key === 'string'))
  return {
    delta: list('delta').filter(
      ({ order }) => order === undefined || Array.isArray(order),
    ) as unknown as DeltaEntry[],
    look: list('look') as unknown as NodeLook[],
    ...(typeof object.text === 'string' ? { text: object.text } : {}),
  }
}

/** A rule without what an ARM template left in it, and that. */
function takeKept(whole: JsonObject): { rule: JsonObject; delta: readonly DeltaEntry[] } {
  const { metadata } = whole
  if (!isObject(metadata) || metadata[KEPT] === undefined) return { rule: whole, delta: [] }
  const { delta } = readKept(metadata[KEPT])
  return { rule: dropKept(whole, metadata), delta }
}

function withoutKept(whole: JsonObject): { whole: JsonObject; kept: readonly Kept[] } {
  const { metadata } = whole
  const list = isObject(metadata) ? metadata[KEPT] : undefined
  if (!isObject(metadata) || !Array.isArray(list)) return { whole, kept: [] }
  return { whole: dropKept(whole, metadata), kept: list.map((entry: Json) => readKept(entry)) }
}

function dropKept(whole: JsonObject, metadata: JsonObject): JsonObject {
  const rest = Object.entries(metadata).filter(([key]) => key !== KEPT)
  return Object.fromEntries(
    Object.entries(whole).flatMap(([key, value]): [string, Json][] =>
      key !== 'metadata' ? [[key, value]] : rest.length === 0 ? [] : [[key, Object.fromEntries(rest)]],
    ),
  )
}

function keepDelta(rule: JsonObject, delta: readonly DeltaEntry[]): JsonObject {
  const metadata = isObject(rule.metadata) ? rule.metadata : {}
  return { ...rule, metadata: { ...metadata, [KEPT]: { delta: asJson(delta) } } }
}

function withMetadata(whole: Json, metadata: JsonObject): Json {
  if (!isObject(whole)) return whole
  const own = isObject(whole.metadata) ? whole.metadata : {}
  const joined = { ...own, ...metadata }
  if (whole.metadata !== undefined) {
    return Object.fromEntries(
      Object.entries(whole).map(([key, value]): [string, Json] => [key, key === 'metadata' ? joined : value]),
    )
  }
  const { $schema, contentVersion, ...rest } = whole
  return {
    ...($schema === undefined ? {} : { $schema }),
    ...(contentVersion === undefined ? {} : { contentVersion }),
    metadata: joined,
    ...rest,
  }
}
