/** Sigma rules over event records: what fires where our own KQL engine has not been asked. */
export { createSigmaEvaluator, type SigmaEvaluator, type SigmaMatch } from './evaluator.ts'
