import { createHash } from 'node:crypto'
import type { Draft, Node } from './graph.ts'
import { NAMELESS } from './hosts.ts'
import { comparable, comparableQuery } from './text.ts'

/**
 * Evidence that names no machine: the same subscription with the same content in two files is one entry, the same names
 * with other content are two. So such an entry's id rests on its content too.
 */
export function mergeNameless(drafts: readonly Draft[]): Draft[] {
  const merged = new Map<string, Draft>()
  const named: Draft[] = []
  for (const draft of drafts) {
    if (!draft.host.startsWith(NAMELESS)) {
      named.push(draft)
      continue
    }
    const about = [draft.about ?? '', digestOf(draft)].join('\0')
    const key = [draft.namespace, classAndName(draft.consumer), classAndName(draft.filter), about].join('\0')
    const known = merged.get(key)
    if (known === undefined) merged.set(key, { ...draft, about })
    else absorb(known, draft)
  }
  return [...named, ...merged.values()]
}

function classAndName(node: Node | undefined): string {
  return `${node?.class ?? ''}\0${node?.name ?? ''}`
}

function absorb(into: Draft, from: Draft): void {
  into.extra.push(...from.extra)
  for (const part of ['filter', 'consumer', 'binding'] as const) {
    const own = into[part]
    const other = from[part]
    if (own === undefined && other !== undefined) into[part] = other
    else if (own !== undefined && other !== undefined)
      into[part] = { ...own, items: [...own.items, ...other.items] }
  }
}

function digestOf(draft: Draft): string {
  const queries = new Set<string>()
  const payloads = new Set<string>()
  for (const { observation } of draft.filter?.items ?? []) {
    if (observation.filter?.query !== undefined) queries.add(comparableQuery(observation.filter.query))
  }
  for (const { observation } of draft.consumer?.items ?? []) {
    for (const [name, value] of Object.entries(observation.consumer?.properties ?? {})) {
      // Sources differ in which defaults they write out: only text says what the consumer does.
      if (typeof value === 'string') payloads.add(`${name}=${comparable(value)}`)
    }
  }
  const content = [...[...queries].sort(), '', ...[...payloads].sort()].join('\0')
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}
