import { EVENTS } from './fields.ts'
import type { EventSource, LeftOut, PlatformRule, SingleBody } from './model.ts'

/** Stands in every file whose syntax nothing here can parse. */
export const NOT_CHECKED = 'syntax not machine-checked'
export const TECHNIQUE_URL = 'https://attack.mitre.org/techniques/T1546/003/'

/** Elastic's scale, which other platforms take as it is. Source: PLATFORMS 3. */
export const RISK_SCORE = { informational: 21, low: 21, medium: 47, high: 73 } as const

export const eventOf = (source: EventSource): { channel: string; eventId: number } => EVENTS[source]
export const isSysmon = (source: EventSource): boolean =>
  EVENTS[source].channel === 'Microsoft-Windows-Sysmon/Operational'
export const isPowerShell = (source: EventSource): boolean =>
  EVENTS[source].channel === 'Microsoft-Windows-PowerShell/Operational'
export const fileName = (rule: PlatformRule): string => rule.id.replaceAll('-', '_')

/** The single rules that a correlation joins, in its order. */
export function partsOf(
  rule: PlatformRule,
  rules: readonly PlatformRule[],
): { rule: PlatformRule; body: SingleBody }[] {
  if (rule.body.kind === 'single') return [{ rule, body: rule.body }]
  return rule.body.rules.flatMap((id) => {
    const part = rules.find((candidate) => candidate.id === id)
    return part?.body.kind === 'single' ? [{ rule: part, body: part.body }] : []
  })
}

export function noField(rule: PlatformRule, facts: readonly string[]): LeftOut {
  return { rule: rule.id, why: `no documented field for ${facts.join(', ')}` }
}

/** Seconds of `10m` or `1h`. */
export const seconds = (within: string): number =>
  Number(within.slice(0, -1)) * (within.endsWith('h') ? 3600 : 60)
