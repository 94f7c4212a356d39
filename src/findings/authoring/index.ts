/**
 * Command lines and scripts to what they do with subscriptions: create, modify, read, remove, or only mention them.
 * The verb decides: enumeration, removal and detection content are no attempts. A text that has nothing to do with
 * subscriptions (wmiexec, `wmic process list`) gives no reading at all.
 */
export type {
  AuthoredObjects,
  AuthoringContext,
  AuthoringKind,
  AuthoringReading,
  AuthoringTool,
  AuthoringVerb,
} from './model.ts'
export { readAuthoring } from './read-authoring.ts'
