import { filetimeToIso, lookupTable } from '../../bytes/index.ts'
import type { EventRecord, ExportRow } from '../../records/event.ts'
import type { Observation } from '../model.ts'
import { defined } from './objects.ts'
import { accountName, at, baseName, fieldsOf, placeOfEvent, placeOfRow, rowText, usable } from './place.ts'
import type { ObserveSink } from './sink.ts'
import { winRmSession } from './win-rm.ts'

const TICKS_PER_MINUTE = 600_000_000n
const LOCAL = new Set(['127.0.0.1', '::1', '0.0.0.0', '-', '', 'localhost'])
const CHUNK = 1024
const WINRM = 'WinRM'

/** One host's remote logons, a row each in columns: a domain controller has millions. */
interface HostLogons {
  times: BigInt64Array<ArrayBuffer>
  recordIds: Float64Array<ArrayBuffer>
  offsets: Float64Array<ArrayBuffer>
  /** Number of the text in `#texts`: evidence, channel and source as one, account, address and type as one. */
  origins: Uint32Array<ArrayBuffer>
  actors: Uint32Array<ArrayBuffer>
  count: number
  /** The last row of each actor, so that its repeats within a minute take no room. */
  readonly last: Map<number, number>
  name: string
}

interface Logon {
  readonly time: bigint
  readonly recordId: number
  readonly offset: number
  readonly origin: readonly string[]
  readonly actor: readonly string[]
}

/** Logon types of Defender's rows as the numbers of event 4624. */
const ROW_LOGON_TYPES = lookupTable({ network: '3', remoteinteractive: '10' })

/**
 * Remote logons (types 3 and 10, and sessions over WinRM) with an address, kept only to be looked up around the making
 * of a subscription: for each account and address the first of a minute, forty bytes each.
 */
export class RemoteLogons {
  readonly #hosts = new Map<string, HostLogons>()
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  /** Security 4624. */
  addEvent(event: EventRecord, sink: ObserveSink): void {
    const field = fieldsOf(event, {
      LogonType: 'Logon Type',
      IpAddress: 'Source Network Address',
      ProcessName: 'Process Name',
      TargetUserName: 'Account Name',
      TargetDomainName: 'Account Domain',
    })
    if (baseName(field('ProcessName')) === 'scrcons.exe') {
      sink.observe(
        at(placeOfEvent(event, 'security'), ['execution'], {
          operation: 'executed',
          consumer: { class: 'ActiveScriptEventConsumer', properties: {} },
          context: { signal: 'consumer-host-start', detail: 'scrcons.exe logged on' },
        }),
      )
    }
    const type = field('LogonType')
    if (type !== '3' && type !== '10') return
    this.#add(
      {
        host: event.computer,
        time: event.timeFiletime,
        recordId: event.recordId,
        offset: event.offset,
        origin: [event.evidence, event.channel ?? '', 'security', '4624'],
      },
      type,
      field('IpAddress'),
      accountName(field('TargetDomainName'), field('TargetUserName')),
    )
  }

  /** Microsoft-Windows-WinRM 6 and 91: a session that says who came from where. */
  addWinRm(event: EventRecord): void {
    const session = winRmSession(event)
    if (session === undefined) return
    this.#add(
      {
        host: session.host,
        time: event.timeFiletime,
        recordId: event.recordId,
        offset: event.offset,
        origin: [event.evidence, event.channel ?? '', 'security', String(event.eventId)],
      },
      WINRM,
      session.address,
      session.account ?? '',
    )
  }

  /** A row of DeviceLogonEvents. */
  addRow(row: ExportRow): void {
    const type = ROW_LOGON_TYPES[rowText(row, 'LogonType')?.toLowerCase() ?? '']
    if (type === undefined || rowText(row, 'ActionType') === 'LogonFailed') return
    const { host, timeFiletime: time } = placeOfRow(row, 'defender')
    this.#add(
      {
        host,
        time,
        recordId: row.rowNumber,
        offset: row.offset,
        origin: [row.evidence, row.table, 'defender', ''],
      },
      type,
      rowText(row, 'RemoteIP'),
      accountName(rowText(row, 'AccountDomain'), rowText(row, 'AccountName')),
    )
  }

  #add(
    from: {
      readonly host: string | undefined
      readonly time: bigint | undefined
      readonly recordId: number | undefined
      readonly offset: number | undefined
      readonly origin: readonly string[]
    },
    type: string,
    givenAddress: string | undefined,
    account: string | undefined,
  ): void {
    const address = givenAddress?.replace(/^::ffff:/i, '')
    if (!usable(address) || LOCAL.has(address) || account === undefined || from.time === undefined) return
    if (account.endsWith('$') || /(?:^|\\)anonymous logon$/i.test(account)) return
    const host = this.#host(from.host ?? '')
    const actor = this.#number([account, address, type].join('\0'))
    const previous = host.last.get(actor)
    const before = previous === undefined ? undefined : host.times[previous]
    const repeats =
      previous !== undefined &&
      before !== undefined &&
      before / TICKS_PER_MINUTE === from.time / TICKS_PER_MINUTE
    if (repeats && before <= from.time) return
    const index = repeats ? previous : host.count
    if (!repeats) {
      host.count += 1
      grow(host)
      host.last.set(actor, index)
    }
    host.times[index] = from.time
    host.recordIds[index] = from.recordId ?? -1
    host.offsets[index] = from.offset ?? -1
    host.origins[index] = this.#number(from.origin.join('\0'))
    host.actors[index] = actor
  }

  /** Remote logons on any of the hosts (lower case) between two times, as observations, in time order. */
  between(hosts: readonly string[], from: bigint, to: bigint): Observation[] {
    const found = hosts.flatMap((name) => {
      const host = this.#hosts.get(name)
      return host === undefined ? [] : this.#rows(host, from, to).map((logon) => ({ logon, host: host.name }))
    })
    const first = new Map<string, (typeof found)[number]>()
    for (const row of found.sort((a, b) => compareLogons(a.logon, b.logon))) {
      const key = [row.logon.actor.join('\0'), row.logon.time / TICKS_PER_MINUTE].join('\0')
      if (!first.has(key)) first.set(key, row)
    }
    return [...first.values()].map(({ logon, host }) => observationOf(logon, host))
  }

  #rows(host: HostLogons, from: bigint, to: bigint): Logon[] {
    const rows: Logon[] = []
    for (let index = 0; index < host.count; index += 1) {
      const time = host.times[index] ?? 0n
      if (time < from || time > to) continue
      rows.push({
        time,
        recordId: host.recordIds[index] ?? -1,
        offset: host.offsets[index] ?? -1,
        origin: (this.#texts[host.origins[index] ?? 0] ?? '').split('\0'),
        actor: (this.#texts[host.actors[index] ?? 0] ?? '').split('\0'),
      })
    }
    return rows
  }

  #host(name: string): HostLogons {
    const key = name.toLowerCase()
    let host = this.#hosts.get(key)
    if (host === undefined) {
      host = {
        times: new BigInt64Array(CHUNK),
        recordIds: new Float64Array(CHUNK),
        offsets: new Float64Array(CHUNK),
        origins: new Uint32Array(CHUNK),
        actors: new Uint32Array(CHUNK),
        count: 0,
        last: new Map(),
        name,
      }
      this.#hosts.set(key, host)
    }
    // The spelling shown does not depend on the order of evidence.
    if (name < host.name) host.name = name
    return host
  }

  #number(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#texts.push(text)
    this.#numbers.set(text, this.#texts.length - 1)
    return this.#texts.length - 1
  }
}

function grow(host: HostLogons): void {
  if (host.count <= host.times.length) return
  const size = host.times.length * 2
  const longer = <T extends { set(old: T): void }>(old: T, next: T): T => {
    next.set(old)
    return next
  }
  host.times = longer(host.times, new BigInt64Array(size))
  host.recordIds = longer(host.recordIds, new Float64Array(size))
  host.offsets = longer(host.offsets, new Float64Array(size))
  host.origins = longer(host.origins, new Uint32Array(size))
  host.actors = longer(host.actors, new Uint32Array(size))
}

function compareLogons(a: Logon, b: Logon): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1
  const key = ({ actor, origin, recordId }: Logon): string => [...actor, ...origin, recordId].join('\0')
  return key(a) < key(b) ? -1 : 1
}

function observationOf({ time, recordId, offset, origin, actor }: Logon, host: string): Observation {
  const [evidence = '', channel = '', source, eventId = ''] = origin
  const [account = '', address = '', type = ''] = actor
  const iso = filetimeToIso(time)
  return {
    operation: 'read',
    ...(host === '' ? {} : { host }),
    timeFiletime: time,
    sighting: {
      evidence,
      source: source === 'defender' ? 'defender' : 'security',
      ...(channel === '' ? {} : { channel }),
      ...(eventId === '' ? {} : { eventId: Number(eventId) }),
      ...(recordId < 0 ? {} : { recordId }),
      ...(offset < 0 ? {} : { offset }),
      ...(iso === undefined ? {} : { time: iso }),
      shows: [],
    },
    context: {
      signal: 'remote-logon',
      remoteAddress: address,
      ...(account === '' ? {} : { account }),
      detail: `${type === WINRM ? 'WinRM session' : `logon type ${type}`}${account === '' ? '' : ` of ${account}`} from ${address}${iso === undefined ? '' : ` at ${iso}`}`,
    },
  }
}

/** Fields of an account that a record names, for the observers beside this one. */
export function subjectOf(field: (name: string) => string | undefined): { user?: string } {
  return defined({ user: accountName(field('SubjectDomainName'), field('SubjectUserName')) })
}
