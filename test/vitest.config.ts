import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname

export default defineConfig({
  // what a user writes, resolved to the sources
  resolve: {
    alias: [
      { find: /^peerwire\/(\w+)$/, replacement: `${root}src/$1/index.ts` },
      { find: /^peerwire$/, replacement: `${root}src/index.ts` },
    ],
  },
  test: {
    root,
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // no test changes what is shared, and loading it all again for every file takes as long as the tests
    isolate: false,
    // much of the time goes by in waiting for clients and time-outs; by default a core stays idle
    maxWorkers: availableParallelism() + 1,
    // real clients take seconds to start and to unchoke; nothing asserts on time
    testTimeout: 60_000,
    // what runs side by side waits for time-outs and does little else
    maxConcurrency: 16,
    setupFiles: './test/support/harness/equal-bytes.ts',
    globalSetup: './test/support/harness/global-setup.ts',
    hookTimeout: 120_000,
    reporters: ['default', './test/support/harness/summary-reporter.ts'],
  },
})
