/**
 * Bytes of evidence: a cursor that cannot leave its structure, and the value encodings that Windows formats share
 * (FILETIME, GUID, SID). A leaf beside `diagnostics`; no Node API, so that it runs in a browser tab.
 */
export { Cursor } from './cursor.ts'
export {
  earliest,
  filetimeToIso,
  isoToFiletime,
  latest,
  UNIX_EPOCH_FILETIME,
  unixMillisecondsToFiletime,
} from './filetime.ts'
export { guidToText } from './guid.ts'
export { lookupTable } from './lookup-table.ts'
export { sidToText } from './sid.ts'
