/**
 * Windows event logs (.evtx): bytes to event records, from binary XML with its templates, fast enough to look at
 * every record and careful enough to read what is damaged, unfinished or only left in slack. No Node API: bytes come
 * in as windows (`createEvtxScanner`) or as a whole (`readEvtx`); `node/scan-file.ts` reads plain files.
 */
export { type EvtxFileHeader, readFileHeader } from './file-header.ts'
export { type ReadEvtxOptions, readEvtx } from './read-evtx.ts'
export { createEvtxScanner } from './scanner.ts'
export type { EvtxCounts, EvtxScanner, EvtxScanOptions } from './types.ts'
