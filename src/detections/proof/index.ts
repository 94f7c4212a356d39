/**
 * The proof of rules: each over its own evidence and near misses, and over the three validation techniques in every source of
 * telemetry alone. Gives plain data; `renderProof` prints it.
 */
export {
  type CellState,
  judgeTest,
  type MatrixCell,
  type Proof,
  type ProveOptions,
  prove,
  type SignalOutcome,
  type TestOutcome,
} from './prove.ts'
export { PROOF_FORMATS, type ProofFormat, renderProof } from './render.ts'
