import { expect, test } from 'vitest'
import type { CliEnv, OutputStream } from '../../../src/cli/env.ts'
import { eventPrinter } from '../../../src/cli/event-printer.ts'

/** A stdout that nobody reads until `read` is called. */
function stalledOutput() {
  const lines: string[] = []
  const waiting: (() => void)[] = []
  let isStalled = true
  const stream: OutputStream = {
    isTty: false,
    write: async (data) => {
      if (isStalled) await new Promise<void>((resolve) => waiting.push(resolve))
      lines.push(String(data))
    },
  }
  const read = () => {
    isStalled = false
    for (const resolve of waiting) resolve()
  }
  return { stream, lines, read }
}

const env = (stdout: OutputStream): CliEnv => ({
  stdout,
  stderr: stdout,
  startedAt: new Date('2026-01-02T03:04:05Z'),
  variables: {},
  readFile: () => Promise.reject(new Error('not used')),
  fileSize: () => Promise.resolve(undefined),
  readChunks: () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('not used')) }),
  }),
  signal: new AbortController().signal,
  readerGone: new AbortController().signal,
  perform: () => Promise.reject(new Error('not used')),
})

test.each(['ndjson', 'text'] as const)('%s: what an unread output cannot take is counted', async (output) => {
  const { stream, lines, read } = stalledOutput()
  const printer = await eventPrinter(output, { color: 'never', ascii: false }, env(stream), () => {})
  for (let peer = 1; peer <= 1500; peer++) printer.emit?.({ type: 'interested', peer, atMs: peer })
  read()
  await printer.end()
  expect(lines).toHaveLength(1000)
  printer.emit?.({ type: 'interested', peer: 1501, atMs: 1501 })
  await printer.end()
  expect(lines.slice(-2)).toStrictEqual(
    output === 'ndjson'
      ? ['{"type":"lost","atMs":1501,"events":500}\n', '{"type":"interested","peer":1501,"atMs":1501}\n']
      : [
          '500 lines omitted: the output was not read fast enough\n',
          'peer 1501 is interested in our pieces\n',
        ],
  )
})
