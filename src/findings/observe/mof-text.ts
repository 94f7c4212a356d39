import type { Report } from '../../diagnostics/index.ts'
import { type MofClass, mofInstanceToCim, parseMof } from '../../lang/mof/index.ts'
import type { TextEvidence } from '../../records/read.ts'
import { lineOf } from './line.ts'
import { partOf } from './objects.ts'
import { at, type Place } from './place.ts'
import type { ConsumerProviders } from './providers.ts'
import type { ObserveSink } from './sink.ts'

/**
 * Instances of subscription classes in a MOF text, each an attempt: a file shows what would be created if it were
 * compiled, not that it was.
 */
export function observeMof(
  evidence: TextEvidence,
  sink: ObserveSink,
  report: Report,
  providers: ConsumerProviders,
): void {
  const document = parseMof(evidence.text, { source: evidence.path, report })
  const parents = new Map<string, string>()
  for (const statement of document.statements) {
    if (statement.kind === 'class') addParent(parents, statement)
  }
  for (const statement of document.statements) {
    if (statement.kind === 'pragma' && /^delete(?:instance|class)$/i.test(statement.name)) {
      const target = statement.parameters[0]?.value ?? ''
      if (!/__EventFilter|EventConsumer|__FilterToConsumerBinding/i.test(target)) continue
      sink.dismiss({
        what: `MOF ${evidence.path}: #pragma ${statement.name}(${target.slice(0, 200)})`,
        reason: 'removal of a subscription object',
        from: [{ evidence: evidence.evidence, offset: statement.start }],
      })
    }
    if (statement.kind !== 'instance') continue
    const instance = mofInstanceToCim(statement, document)
    const place: Place = {
      sighting: { evidence: evidence.evidence, source: 'mof', offset: statement.start },
    }
    const part = partOf(instance, superclasses(statement.className, parents))
    if (part === undefined) {
      providers.addObject(instance, statement.namespace, place)
      continue
    }
    sink.observe(
      at(place, ['attempt', ...part.shows], {
        operation: 'attempted',
        namespace: statement.namespace,
        ...part.facts,
        context: {
          mofPath: evidence.path,
          detail: `defined in line ${lineOf(evidence.text, statement.start)} of a MOF file`,
          ...(document.autorecover ? { autorecover: true as const } : {}),
          ...(statement.host === undefined ? {} : { remoteHost: statement.host }),
        },
      }),
    )
  }
}

function addParent(parents: Map<string, string>, { name, superclass }: MofClass): void {
  if (superclass !== undefined) parents.set(name.toLowerCase(), superclass)
}

/** Superclasses of a class as far as the text tells, nearest first. */
function superclasses(className: string, parents: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  let current = parents.get(className.toLowerCase())
  while (current !== undefined && found.length < 32 && !found.includes(current)) {
    found.push(current)
    current = parents.get(current.toLowerCase())
  }
  return found
}
