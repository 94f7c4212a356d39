/**
 * Writes WMI repositories for tests and simulations: a history of commits becomes OBJECTS.DATA, INDEX.BTR and mapping
 * files, copy on write, so that what was deleted stays as on Windows. What is written is checked with independent
 * readers (`docs/formats/cim.md`).
 */
export type {
  ClassDescription,
  PropertyDescription,
  RepositoryChange,
  RepositoryDescription,
} from './describe.ts'
export { type WrittenRepository, writeRepository } from './repository-writer.ts'
export { CONSUMER_CLASSES, SYSTEM_CLASSES, standardClasses } from './standard-classes.ts'
