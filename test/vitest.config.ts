import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname

export default defineConfig({
  // what a user writes, resolved to the sources
  resolve: { alias: { 'peerwire/wire': `${root}src/wire/index.ts`, peerwire: `${root}src/index.ts` } },
  test: {
    root,
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // real clients take seconds to start and to unchoke; nothing asserts on time
    testTimeout: 60_000,
    // what runs side by side waits for time-outs and does little else
    maxConcurrency: 16,
    globalSetup: './test/support/global-setup.ts',
    hookTimeout: 120_000,
    reporters: ['default', './test/support/summary-reporter.ts'],
  },
})
