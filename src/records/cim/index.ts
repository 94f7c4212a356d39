/**
 * The WMI repository on disk: `OBJECTS.DATA`, `INDEX.BTR` and the mapping files become namespaces, classes and
 * instances, and the objects that make up event subscriptions, live or deleted. No Node API, so that it runs in a
 * browser tab. The format is told in `docs/formats/cim.md`.
 */
export { recoverInstances } from './recover/recovered-instances.ts'
export { openRepository } from './repository.ts'
export { readSubscriptionObjects } from './subscription-objects.ts'
export { datetimeToIso, readTimeline } from './timeline.ts'
export type {
  ClassProperty,
  Generation,
  InstanceProperty,
  InstanceQuery,
  NamespaceSummary,
  PropertyState,
  Qualifier,
  RecoveredInstance,
  Recovery,
  Repository,
  RepositoryClass,
  RepositoryFiles,
  RepositoryInstance,
  RepositoryObject,
  TimelineEntry,
} from './types.ts'
