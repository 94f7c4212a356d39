import type { Scenario, SimulatedSubscription } from '../model.ts'
import { CREATOR } from './acts.ts'

/** The window after a start of the computer that public tools wait for. */
export const UPTIME: string =
  "SELECT * FROM __InstanceModificationEvent WITHIN 60 WHERE TargetInstance ISA 'Win32_PerfFormattedData_PerfOS_System' AND TargetInstance.SystemUpTime >= 240 AND TargetInstance.SystemUpTime < 325"

/** The payloads fetch nothing: their addresses are of the documentation range (RFC 5737) or reserved names. */
export function subscription(
  name: string,
  query: string,
  consumerClass: string,
  properties: SimulatedSubscription['consumer']['properties'],
  more: Partial<SimulatedSubscription> & {
    consumerName?: string
    eventNamespace?: string
    eventAccess?: string
  } = {},
): SimulatedSubscription {
  return {
    namespace: more.namespace ?? 'root\\subscription',
    filter: {
      name,
      query,
      eventNamespace: more.eventNamespace ?? 'root\\cimv2',
      ...(more.eventAccess === undefined ? {} : { eventAccess: more.eventAccess }),
    },
    consumer: { class: consumerClass, name: more.consumerName ?? name, properties },
    creatorSid: more.creatorSid ?? CREATOR,
    ...(more.timer === undefined ? {} : { timer: more.timer }),
  }
}

export function variant(scenario: Omit<Scenario, 'kind' | 'signals'>): Scenario {
  return { ...scenario, kind: 'variant', signals: [] }
}
