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

/** An auto-recover entry belongs to the MOF file it names, else to what was made around it, else to nothing known. */
export function joinAutorecover(drafts: readonly Draft[], items: readonly Item[]): Draft[] {
  const own = new Map<string, Draft>()
  for (const item of items) {
    const { context } = item.observation
    if (context?.signal !== 'autorecover') continue
    const file = baseName(context.mofPath)
    const compiled = drafts.filter(
      (draft) =>
        draft.host === item.host &&
        file !== '' &&
        itemsOf(draft).some((other) => baseName(other.observation.context?.mofPath) === file),
    )
    if (compiled.length > 0) {
      for (const draft of compiled) draft.extra.push(item)
      continue
    }
    const about = ['autorecover', normalizePath(context.mofPath ?? '')].join('\0')
    const key = [item.host, about].join('\0')
    const draft = own.get(key) ?? { host: item.host, namespace: '', extra: [], about }
    draft.extra.push(item)
    own.set(key, draft)
  }
  return [...own.values()]
}
