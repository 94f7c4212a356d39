import { baseName, normalizePath } from '../observe/index.ts'
import { type Draft, itemsOf, WINDOW } from './graph.ts'
import type { Item } from './item.ts'

/** Signals that stand for a subscription nobody can read: the repository was replaced under the service. */
export function repositoryReplacements(items: readonly Item[]): Draft[] {
  const found = new Map<string, Draft[]>()
  for (const item of items) {
    const { context, timeFiletime } = item.observation
    if (context?.signal !== 'repository-replaced') continue
    const about = ['repository-replaced', normalizePath(context.image ?? '')].join('\0')
    const key = [item.host, about].join('\0')
    const drafts = found.get(key) ?? []
    const last = drafts.at(-1)
    const previous = last?.extra.at(-1)?.observation.timeFiletime
    const same =
      last !== undefined &&
      (previous === undefined || timeFiletime === undefined || timeFiletime - previous <= WINDOW)
    if (same) last.extra.push(item)
    else {
      const number = drafts.length === 0 ? '' : `\0${timeFiletime ?? drafts.length}`
      drafts.push({ host: item.host, namespace: '', extra: [item], about: about + number })
    }
    found.set(key, drafts)
  }
  return [...found.values()].flat()
}

/**
 * An auto-recover entry belongs to the MOF file it names, else to what was made around it, else to nothing known. Sysmon
 * does not show the list itself: its record belongs to the command that changed the list at that time.
 */
export function joinAutorecover(drafts: readonly Draft[], items: readonly Item[]): Draft[] {
  const own = new Map<string, Draft>()
  // A compile with `-autorecover` has its place already, as an act.
  const entries = items.filter(
    ({ observation: { context } }) => context?.signal === 'autorecover' && context.tool !== 'mofcomp',
  )
  const named = entries.filter(({ observation }) => observation.context?.mofPath !== undefined)
  const nameless = entries.filter(({ observation }) => observation.context?.mofPath === undefined)
  for (const item of named) {
    const path = item.observation.context?.mofPath ?? ''
    const compiled = drafts.filter(
      (draft) =>
        draft.host === item.host &&
        itemsOf(draft).some((other) => baseName(other.observation.context?.mofPath) === baseName(path)),
    )
    for (const draft of compiled) draft.extra.push(item)
    if (compiled.length === 0) addTo(own, item, ['autorecover', normalizePath(path)].join('\0'))
  }
  for (const item of nameless) {
    const changed = [...own.values()].filter(
      (draft) => draft.host === item.host && draft.extra.some((other) => isNear(item, other)),
    )
    for (const draft of changed) draft.extra.push(item)
    if (changed.length === 0) addTo(own, item, 'autorecover')
  }
  return [...own.values()]
}

function addTo(own: Map<string, Draft>, item: Item, about: string): void {
  const key = [item.host, about].join('\0')
  const draft = own.get(key) ?? { host: item.host, namespace: '', extra: [], about }
  draft.extra.push(item)
  own.set(key, draft)
}

function isNear(a: Item, b: Item): boolean {
  const left = a.observation.timeFiletime
  const right = b.observation.timeFiletime
  return left !== undefined && right !== undefined && (left > right ? left - right : right - left) <= WINDOW
}
