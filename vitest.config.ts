import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two workers at most: CI has two cores, and each KQL test process holds Microsoft's grammar (200 MB).
    pool: 'forks',
    maxWorkers: 2,
  },
})
