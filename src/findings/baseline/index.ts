/** What an estate has been seen to hold, per fingerprint: hosts, first and last time; rare and new, common and old. */
export {
  type Baseline,
  type BaselineEntry,
  type BaselineSighting,
  EMPTY_BASELINE,
  type Prevalence,
  parseBaseline,
  prevalenceOf,
  printBaseline,
  rarityFrom,
  updateBaseline,
} from './baseline.ts'
