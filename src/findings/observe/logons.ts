import { filetimeToIso } from '../../bytes/index.ts'
import type { EventRecord, ExportRow } from '../../records/event.ts'
import type { Observation } from '../model.ts'
import { defined } from './objects.ts'
import {
  accountName,
  at,
  baseName,
  fieldsOf,
  type Place,
  placeOfEvent,
  placeOfRow,
  rowText,
  usable,
} from './place.ts'
import type { ObserveSink } from './sink.ts'

const TICKS_PER_MINUTE = 600_000_000n
/** Different logons kept for one minute of one host: enough to name the source, bounded on a domain controller. */
const MAX_PER_MINUTE = 4
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '-', '', 'localhost'])

interface Logon {
  readonly place: Place
  readonly account: string
  readonly address: string
  readonly type: string
}

/**
 * Remote logons (types 3 and 10) with an account and an address, kept only to be looked up around the creation of a
 * subscription: a few for each host and minute.
 */
export class RemoteLogons {
  readonly #minutes = new Map<string, Map<bigint, Logon[]>>()

  /** Security 4624. */
  addEvent(event: EventRecord, sink: ObserveSink): void {
    const field = fieldsOf(event, {
      LogonType: 'Logon Type',
      IpAddress: 'Source Network Address',
      ProcessName: 'Process Name',
    })
    const place = placeOfEvent(event, 'security')
    if (baseName(field('ProcessName')) === 'scrcons.exe') {
      sink.observe(
        at(place, ['execution'], {
          operation: 'executed',
          consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
          context: { signal: 'consumer-host-start', detail: 'scrcons.exe logged on' },
        }),
      )
    }
    this.#add(place, {
      type: field('LogonType'),
      address: field('IpAddress'),
      account: accountName(field('TargetDomainName'), field('TargetUserName')),
    })
  }

  /** A row of DeviceLogonEvents. */
  addRow(row: ExportRow): void {
    const types: Readonly<Record<string, string>> = { network: '3', remoteinteractive: '10' }
    if (rowText(row, 'ActionType') === 'LogonFailed') return
    this.#add(placeOfRow(row, 'defender'), {
      type: types[rowText(row, 'LogonType')?.toLowerCase() ?? ''],
      address: rowText(row, 'RemoteIP'),
      account: accountName(rowText(row, 'AccountDomain'), rowText(row, 'AccountName')),
    })
  }

  #add(
    place: Place,
    given: {
      readonly type: string | undefined
      readonly address: string | undefined
      readonly account: string | undefined
    },
  ): void {
    const { type, account } = given
    const address = given.address?.replace(/^::ffff:/i, '')
    if (type !== '3' && type !== '10') return
    if (!usable(address) || LOCAL.has(address) || account === undefined) return
    if (account.endsWith('$') || /(?:^|\\)anonymous logon$/i.test(account)) return
    if (place.timeFiletime === undefined) return
    const key = place.host?.toLowerCase() ?? ''
    const host = this.#minutes.get(key) ?? new Map<bigint, Logon[]>()
    this.#minutes.set(key, host)
    const minute = place.timeFiletime / TICKS_PER_MINUTE
    const logon: Logon = { place, account, address, type }
    const kept = host.get(minute) ?? []
    const same = kept.findIndex((other) => other.account === account && other.address === address)
    const other = kept[same]
    // The earliest of equal ones stays, and the first few by time: the result does not depend on reading order.
    if (other !== undefined) {
      if (before(logon, other)) kept[same] = logon
    } else {
      kept.push(logon)
    }
    kept.sort((a, b) => (before(a, b) ? -1 : 1))
    if (kept.length > MAX_PER_MINUTE) kept.length = MAX_PER_MINUTE
    host.set(minute, kept)
  }

  /** Remote logons on any of the hosts (lower case) between two times, as observations, in time order. */
  between(hosts: readonly string[], from: bigint, to: bigint): Observation[] {
    const found: Logon[] = []
    for (const host of hosts) {
      const minutes = this.#minutes.get(host)
      if (minutes === undefined) continue
      for (let minute = from / TICKS_PER_MINUTE; minute <= to / TICKS_PER_MINUTE; minute += 1n) {
        for (const logon of minutes.get(minute) ?? []) {
          const time = logon.place.timeFiletime ?? 0n
          if (time >= from && time <= to) found.push(logon)
        }
      }
    }
    found.sort((a, b) => (before(a, b) ? -1 : 1))
    return found.map((logon) =>
      at(logon.place, [], {
        operation: 'read',
        context: {
          signal: 'remote-logon',
          remoteAddress: logon.address,
          account: logon.account,
          detail: `logon type ${logon.type} of ${logon.account} from ${logon.address}${
            logon.place.timeFiletime === undefined
              ? ''
              : ` at ${filetimeToIso(logon.place.timeFiletime) ?? ''}`
          }`,
        },
      }),
    )
  }
}

function before(a: Logon, b: Logon): boolean {
  const left = a.place.timeFiletime ?? 0n
  const right = b.place.timeFiletime ?? 0n
  if (left !== right) return left < right
  const key = ({ account, address, place }: Logon): string =>
    [account, address, place.sighting.evidence, place.sighting.recordId ?? 0].join('\0')
  return key(a) < key(b)
}

/** Fields of an account that a record names, for the observers beside this one. */
export function subjectOf(field: (name: string) => string | undefined): { user?: string } {
  return defined({ user: accountName(field('SubjectDomainName'), field('SubjectUserName')) })
}
