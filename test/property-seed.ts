import fc from 'fast-check'

/**
 * Property tests draw the same values in every run, so that a commit passes or fails by what it changed. New values are
 * found with another seed: `TRIAD_SEED=$RANDOM npx vitest run`. What such a run finds becomes a test of its own.
 */
fc.configureGlobal({ seed: Number(process.env.TRIAD_SEED ?? 20_261_124) })
