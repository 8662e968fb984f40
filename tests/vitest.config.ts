import { defineConfig } from 'vitest/config'
import { LongestFirst } from './support/longest_first.ts'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/global-setup.ts'],
    setupFiles: ['tests/support/query_guard/guard.ts'],
    // patience costs nothing where all is well, and a machine may be busy with others
    testTimeout: 90_000,
    hookTimeout: 90_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // the files share what they import, and each still has a database, a desk and ports of its own
    isolate: false,
  },
})
