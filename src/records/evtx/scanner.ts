import type { EvtxScanner, EvtxScanOptions } from './types.ts'

export function createEvtxScanner(options: EvtxScanOptions): EvtxScanner {
  throw new Error(`not built yet: ${options.source}`)
}
