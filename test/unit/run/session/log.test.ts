import { expect, test } from 'vitest'
import { SessionLog } from '../../../../src/run/session/log.ts'
import { sessionReport } from '../../../../src/run/session/report.ts'
import { MessagesEvent } from '../../../../src/session/peer/messages-event.ts'
import { SessionState } from '../../../../src/session/peer/state.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { encodedLength, type Message } from '../../../../src/wire/message/message.ts'
import { FakeTransport } from '../../../support/transports/fake-transport.ts'
import { INFO_HASH, OUR_ID } from '../../../support/captures/trace.ts'

const BLOCKS = 3000

const PEER = { input: 'peer:1', host: 'peer', port: 1 }

const HANDSHAKE = { reserved: new Uint8Array(8), features: [], infoHash: INFO_HASH, peerId: OUR_ID }

function shakenHands(): SessionState {
  const state = new SessionState([], undefined)
  state.handshakeReceived(HANDSHAKE)
  return state
}

/** Writes down a download of as many blocks, one a second and each asked for by itself, after which the peer closes. */
function download(trace?: (event: TraceEvent) => void): SessionLog {
  const log = new SessionLog({ peer: PEER, trace }, 0)
  const attempt = log.beginAttempt(
    { to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'handshake' },
    0,
  )
  const ends = { sent: 68, received: 68 }
  const pass = (at: number, type: 'sent' | 'received', ...messages: readonly Message[]): void => {
    const start = ends[type]
    for (const message of messages) ends[type] += encodedLength(message)
    const event = new MessagesEvent(at, type, messages, start, ends[type])
    log.sessionEvent(event, new SessionState([], undefined))
  }
  log.sessionEvent({ at: 0, type: 'handshake-sent', handshake: HANDSHAKE }, new SessionState([], undefined))
  const block = new Uint8Array(16)
  for (let i = 0; i < BLOCKS; i++) {
    pass(i * 1000, 'sent', { type: 'request', piece: 0, begin: 16 * i, length: 16 })
    pass(i * 1000 + 500, 'received', { type: 'piece', piece: 0, begin: 16 * i, block })
    if (i === BLOCKS - 10) pass(i * 1000 + 500, 'received', { type: 'have', piece: 7 })
  }
  const [bytesSent, bytesReceived] = [ends.sent, ends.received]
  const end = { by: 'peer', kind: 'fin', phase: 'transfer', bytesSent, bytesReceived } as const
  log.closed(attempt, end, 0, BLOCKS * 1000)
  return log
}

test('a long download is judged to its end, and its end is that of the peer', () => {
  expect(download().finish(BLOCKS * 1000).findings).toStrictEqual([])
})

test('the time before the clock starts is in no event', () => {
  const traced: TraceEvent[] = []
  const log = new SessionLog({ peer: PEER, trace: (event) => traced.push(event) }, 0)
  const infoHashes = { v1: INFO_HASH, v2: undefined }
  log.know({ infoHashes, name: undefined, metainfo: undefined }, 70)
  log.start(100)
  log.beginAttempt({ to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'connect' }, 101)
  log.know({ infoHashes, name: undefined, metainfo: undefined }, 102)
  expect(traced.map(({ type, at }) => [type, at])).toStrictEqual([
    ['peer', 0],
    ['target', 0],
    ['attempt', 1],
    ['target', 2],
  ])
})

test('a trace that is written gets everything', () => {
  const traced: TraceEvent[] = []
  download((event) => traced.push(event))
  expect(traced.filter((event) => 'message' in event)).toHaveLength(2 * BLOCKS + 1)
})

test('the moments of a later attempt count from its own start, and those of the failed one are gone', () => {
  const plan = { to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'connect' } as const
  const failing = (): SessionLog => {
    const log = new SessionLog({ peer: PEER }, 100)
    log.resolved(104)
    log.connected(log.beginAttempt(plan, 104), new FakeTransport(), 107)
    return log
  }
  expect(sessionReport(failing().finish(108)).timing).toMatchObject({ dnsMs: 4, connectMs: 7, totalMs: 8 })
  const log = failing()
  const second = log.beginAttempt({ ...plan, variant: 'mse' }, 1110)
  log.connected(second, new FakeTransport(), 1112)
  log.sessionEvent({ at: 1113, type: 'handshake-sent', handshake: HANDSHAKE }, shakenHands())
  log.sessionEvent({ at: 1115, type: 'handshake-received', handshake: HANDSHAKE }, shakenHands())
  expect(sessionReport(log.finish(1120)).timing).toMatchObject({
    startedMs: 1010,
    dnsMs: 4,
    connectMs: 2,
    handshakeMs: 5,
  })
})
