/**
 * A value of a CIM property, however it was read: MOF text, a repository's bytes, PossibleCause of an event.
 * Integers beyond 2^53 are `bigint`; datetimes and references stay text as written; `null` is CIM's NULL.
 */
export type CimValue = string | number | bigint | boolean | null | CimInstance | readonly CimValue[]

/** An instance of a class with the properties that were written; names as written, compared without case. */
export interface CimInstance {
  readonly className: string
  readonly properties: readonly CimProperty[]
}

export interface CimProperty {
  readonly name: string
  readonly value: CimValue
}

/** The property's value, name compared without case; `undefined` when it was not written. */
export function cimProperty(instance: CimInstance, name: string): CimValue | undefined {
  const lower = name.toLowerCase()
  return instance.properties.find((property) => property.name.toLowerCase() === lower)?.value
}
