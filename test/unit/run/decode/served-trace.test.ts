import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { MAX_SERVED_ITEMS } from '../../../../src/base/limits.ts'
import { renderReport } from '../../../../src/report/render.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import type { DecodeOptions } from '../../../../src/run/decode/options.ts'
import type { TraceEntry, TraceEvent } from '../../../../src/trace/event.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../../src/trace/lines.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'

/** The trace of a seeder of two pieces of 32 KiB, of which it announces the first. */

const HASH = createHash('sha1').update('torrent').digest('hex')
const ROOT = createHash('sha256').update('file').digest('hex')

const TARGET: TraceEntry = {
  type: 'target',
  infoHashV1: HASH,
  infoHashV2: null,
  name: null,
  pieceCount: 2,
  pieceLength: 32_768,
  notes: [],
  private: null,
}

const serving = (strict: boolean): readonly TraceEntry[] => [
  TARGET,
  { type: 'serving', strict, queueLength: 512, have: '80' },
  { type: 'served-pieces', pieces: [{ count: 2, length: 32_768 }] },
  { type: 'served-trees', trees: [{ piecesRoot: ROOT, height: 2 }] },
]

const connected = (connection: number): object => ({
  connection,
  type: 'connected',
  transport: 'tcp',
  local: '192.0.2.1:6881',
  remote: `192.0.2.${connection}:50000`,
})

const handshake = {
  reserved: '00'.repeat(8),
  features: [],
  infoHash: HASH,
  peerId: '2d5452343130302d' + 'ab'.repeat(12),
}

/** It requests a piece that was not announced. */
const misbehaving = (connection: number): readonly object[] => [
  connected(connection),
  { connection, type: 'received', what: 'handshake', offset: 0, length: 68, handshake },
  { connection, type: 'sent', what: 'handshake', offset: 0, length: 68, handshake },
  { connection, type: 'sent', what: 'message', offset: 68, length: 5, message: { type: 'unchoke' } },
  {
    ...{ connection, type: 'received', what: 'message', offset: 68, length: 17 },
    message: { type: 'request', piece: 1, begin: 0, length: 16_384 },
  },
]

const closed = (connection: number): readonly object[] => [
  {
    ...{ connection, type: 'closed', by: 'peer', kind: 'fin', phase: 'transfer' },
    ...{ bytesSent: 73, bytesReceived: 85, pending: 0 },
  },
  { connection, type: 'ended', phase: 'transfer', error: null },
]

function decodeTrace(events: readonly object[], options: Partial<DecodeOptions> = {}) {
  const lines = events.map((event, i) => encodeTraceEvent({ at: i, ...event } as TraceEvent, i + 1))
  const text = encodeTraceHeader({ version: '0', startedAt: '' }) + lines.join('')
  return decodeBytes(encodeUtf8(text), options)
}

const both = [...serving(true), ...misbehaving(1), ...misbehaving(2), ...closed(2)]

test('each connection is judged by what was served', async () => {
  const report = await decodeTrace(both)
  expect(report).toMatchObject({
    exitCode: 1,
    verdict: 'the peer violated the protocol: request-not-announced',
    error: { code: 'E_CHECK_FAILED' },
    report: null,
    served: { strict: true, connections: 2, violations: 2 },
  })
  expect(report.served?.peers).toMatchObject([
    {
      peer: 2,
      client: 'Transmission 4.1.0',
      requests: 1,
      closedBy: 'peer',
      violations: [{ message: 2, offset: 68 }],
    },
    // the trace ends before it
    { peer: 1, closedBy: null, bytesSent: 73, bytesReceived: 85, violationCount: 1 },
  ])
})

test('violations do not make a seeder fail that was not strict', async () => {
  const report = await decodeTrace([...serving(false), ...misbehaving(1)])
  expect(report).toMatchObject({ exitCode: 0, error: null, served: { strict: false, violations: 1 } })
  expect(report.verdict).toBe('a seeder with 1 connection, 1 violation')
  expect(renderReport(report)).toContain('message 2 at byte 68')
})

describe('a connection is chosen', () => {
  test.each([
    ['by its number', { connection: 1 }],
    ['by its end', { filter: { address: '192.0.2.1', port: 50_000 } }],
  ])('%s', async (_, options) => {
    const events: TraceEvent[] = []
    const { served } = await decodeTrace(both, { ...options, trace: (event) => events.push(event) })
    expect(served?.peers.map(({ peer }) => peer)).toStrictEqual([1])
    expect(new Set(events.map(({ connection }) => connection))).toStrictEqual(new Set([undefined, 1]))
  })

  test('a number that is not there is a wrong command line', async () => {
    await expect(decodeTrace(both, { connection: 3 })).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('1 to 2'),
    })
  })
})

describe('a trace that nobody wrote', () => {
  const pieces = Array.from({ length: 1000 }, () => ({ count: 1, length: 1 }))
  test.each([
    [
      'of endless pieces',
      Array.from({ length: MAX_SERVED_ITEMS / 1000 + 1 }, () => ({ type: 'served-pieces', pieces })),
    ],
    ['of endless connections', Array.from({ length: 1025 }, (_, i) => connected(i + 1))],
    [
      'whose announced pieces are not those of the torrent',
      [{ type: 'served-pieces', pieces: [{ count: 8, length: 1 }] }, ...misbehaving(1)],
    ],
  ])('%s', async (_, events) => {
    expect(await decodeTrace([...serving(true), ...events])).toMatchObject({
      exitCode: 2,
      error: { code: 'E_BAD_CAPTURE' },
    })
  })
})

test('what is redacted comes to the same findings', async () => {
  const redactor = new Redactor(new Uint8Array(32), [])
  const events = both.flatMap((event, at) => redactor.events({ at, ...event } as TraceEvent))
  const text = JSON.stringify(events)
  for (const original of [HASH, ROOT, 'ab'.repeat(12)]) expect(text).not.toContain(original)
  const { served } = await decodeTrace(events)
  const idsOf = (peers: typeof served) => peers?.peers.map(({ violations }) => violations.map(({ id }) => id))
  expect(idsOf(served)).toStrictEqual(idsOf((await decodeTrace(both)).served))
})
