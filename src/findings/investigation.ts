import type { Report } from '../diagnostics/index.ts'
import type { RepositoryFiles } from '../records/cim/types.ts'
import type { EventRecord, ExportRow, LogCoverage } from '../records/event.ts'
import type { InventoryEntry, TextEvidence } from '../records/read.ts'
import { correlate, Hosts } from './correlate/index.ts'
import type { BlindSpot, Dismissed, SubscriptionFacts } from './model.ts'
import { Observer } from './observe/index.ts'
import { blindSpotsOf, hostViews, markUnseenMaking, Telemetry } from './visibility/index.ts'

/** What all evidence together says. */
export interface InvestigationResult {
  /** One entry for each real subscription of each host, by host, first time and id. */
  readonly subscriptions: readonly SubscriptionFacts[]
  /** Looked like the technique and is not, with the reason. */
  readonly dismissed: readonly Dismissed[]
  readonly blindSpots: readonly BlindSpot[]
}

/**
 * Takes records of all kinds in any order and puts the subscriptions back together. Holds only what says something
 * about subscriptions, so that memory does not grow with the evidence. The result is the same whatever the order.
 */
export interface Investigation {
  addEvent(event: EventRecord): void
  addRow(row: ExportRow): void
  addMof(text: TextEvidence): void
  addRepository(files: RepositoryFiles): void
  addInventory(entry: InventoryEntry): void
  /** What an event log covers, whatever was selected of it: for what could not have been seen. */
  addLog(coverage: LogCoverage): void
  /** Correlates. To be called once, when everything was added. */
  finish(): InvestigationResult
}

/** An investigation without evidence. What cannot be read goes to `report`. */
export function createInvestigation(options: { readonly report: Report }): Investigation {
  const observer = new Observer(options.report)
  const telemetry = new Telemetry()
  return {
    addEvent(event) {
      telemetry.addEvent(event)
      observer.addEvent(event)
    },
    addRow(row) {
      const event = observer.addRow(row)
      if (event === undefined) telemetry.addRow(row)
      else telemetry.addEvent(event)
    },
    addMof(text) {
      observer.addMof(text)
    },
    addRepository(files) {
      telemetry.addState(files.host)
      observer.addRepository(files)
    },
    addInventory(entry) {
      telemetry.addInventory(entry)
      observer.addInventory(entry)
    },
    addLog(coverage) {
      telemetry.files.add(coverage)
    },
    finish() {
      observer.finish()
      for (const { host, timeFiletime } of observer.incompleteScripts)
        telemetry.addIncompleteScript(host, timeFiletime)
      const hosts = new Hosts([
        ...observer.observations.map(({ host }) => host).filter((host) => host !== undefined),
        ...[...telemetry.hosts.keys(), ...telemetry.files.computers()].filter((host) => host !== ''),
      ])
      const correlated = correlate(observer.observations, hosts, observer, (entry) => observer.dismiss(entry))
      // A repository that was joined to a host by its content is that host's stored state.
      for (const { host, sightings } of correlated) {
        if (sightings.some(({ source }) => source === 'repository')) telemetry.addState(host)
      }
      const views = hostViews(telemetry, hosts)
      const { subscriptions, names } = markUnseenMaking(correlated, views, hosts)
      return {
        subscriptions,
        dismissed: observer.dismissed.list(),
        blindSpots: blindSpotsOf(telemetry, hosts, views, names),
      }
    },
  }
}
