/**
 * Readable descriptions of events to an event log (.evtx), for samples and tests: BinXML with templates, tables and
 * checksums, deterministic, accepted by evtxexport; and damaged variants of one. No Node API.
 */
export { damageEvtx, type EvtxDamage } from './damage.ts'
export type {
  EvtxArrayValue,
  EvtxEventInput,
  EvtxField,
  EvtxFieldValue,
  EvtxScalar,
  EvtxTypedValue,
  EvtxValueType,
  WriteEvtxOptions,
} from './types.ts'
export { writeEvtx } from './write-evtx.ts'
