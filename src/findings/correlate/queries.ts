import type { Dismissed } from '../model.ts'
import type { Draft } from './graph.ts'
import type { Item } from './item.ts'
import { comparableQuery } from './text.ts'

/** Queries of the stock filters. Source: KNOWN-GOOD KG-1, KG-2. */
const STOCK_QUERIES = new Set(
  [
    'select * from MSFT_SCMEventLogEvent',
    'SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA "Win32_Processor" AND TargetInstance.LoadPercentage > 99',
  ].map(comparableQuery),
)

/**
 * Joins records that show a filter's query and not its name (5859, WMI 10) to the filters with that query; the rest
 * are filters of their own that no other record names.
 */
export function joinQueries(
  drafts: readonly Draft[],
  items: readonly Item[],
  dismiss: (entry: Dismissed) => void,
): Draft[] {
  const byQuery = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const queries = new Set(draft.filter?.items.map((item) => keyOf(item)))
    for (const query of queries) {
      if (query === undefined) continue
      const known = byQuery.get(query)
      if (known === undefined) byQuery.set(query, [draft])
      else known.push(draft)
    }
  }
  const own = new Map<string, Draft>()
  for (const item of items) {
    const { filter, sighting } = item.observation
    if (item.attempt || item.filter !== '' || filter?.query === undefined) continue
    const key = keyOf(item) ?? ''
    const named = byQuery.get(key)
    if (named !== undefined) {
      for (const draft of named) draft.extra.push(item)
      continue
    }
    const query = comparableQuery(filter.query)
    if (STOCK_QUERIES.has(query)) {
      dismiss({
        what: `permanent query on ${item.observation.host ?? 'an unnamed host'}: ${filter.query.slice(0, 300)}`,
        reason:
          'the query of a stock filter of Windows; no record of the subscription itself is in this evidence',
        from: [
          {
            evidence: sighting.evidence,
            ...(sighting.recordId === undefined ? {} : { recordId: sighting.recordId }),
            ...(sighting.offset === undefined ? {} : { offset: sighting.offset }),
          },
        ],
      })
      continue
    }
    const draft = own.get(key) ?? nameless(item, query)
    draft.filter?.items.push(item)
    own.set(key, draft)
  }
  return [...own.values()]
}

function keyOf(item: Item): string | undefined {
  const query = item.observation.filter?.query
  return query === undefined ? undefined : [item.host, comparableQuery(query)].join('\0')
}

function nameless(item: Item, query: string): Draft {
  return {
    host: item.host,
    namespace: item.namespace,
    filter: {
      key: query,
      host: item.host,
      namespace: item.namespace,
      class: '__eventfilter',
      name: '',
      items: [],
    },
    extra: [],
    about: ['query', query].join('\0'),
  }
}
