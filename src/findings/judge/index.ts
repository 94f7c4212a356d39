/**
 * From the facts of one subscription to a judgement: what it waits for, what it does, how bad that is and how sure we
 * are. Every reason has its points and its evidence; the score is their sum. `docs/judgement.md` tells how.
 */
export {
  type JudgementContent,
  type JudgementLists,
  judgementContent,
  type ToolMarker,
  withWeights,
} from './content.ts'
export { type JudgementContext, judge } from './judge.ts'
export { type JudgeAllOptions, judgeAll } from './judge-all.ts'
export { bandOf, isAtLeast } from './rules.ts'
export { combinedSentence } from './sentence.ts'
export type { PayloadFileState, Rarity } from './subscription-features.ts'
export type { WeightGroup, Weights } from './weights.ts'
