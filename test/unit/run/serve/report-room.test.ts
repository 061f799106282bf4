import { expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import type { SeederEvent } from '../../../../src/net/seeder/options.ts'
import { ServeLog } from '../../../../src/run/serve/log.ts'
import { MessagesEvent } from '../../../../src/session/peer/messages-event.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import { TORRENT } from '../../../support/peers/seeder.ts'

const TRANSPORT = {
  kind: 'tcp',
  encryption: 'plaintext',
  local: { address: '127.0.0.1', port: 1, family: 4 },
  remote: { address: '127.0.0.1', port: 2, family: 4 },
} as const

const PEERS = 1000
const WRONG = 300

/** A thousand peers that each request three hundred times what the torrent does not have. */
function crowdReport() {
  const log = new ServeLog(
    {
      source: { type: 'files', metainfo: TORRENT.metainfo, dataPath: '' },
      have: undefined,
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      once: false,
      strict: true,
      faults: [],
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
    },
    { ...TORRENT, have: 'all' },
    0,
    () => undefined,
  )
  const messages = Array.from({ length: WRONG }, (): Message => ({
    type: 'request',
    piece: 4_000_000_000,
    begin: 4_000_000_000,
    length: 16_384,
  }))
  for (let peer = 1; peer <= PEERS; peer++) {
    const events: readonly SeederEvent[] = [
      { at: 1, peer, type: 'connected', dialled: false, transport: TRANSPORT },
      {
        at: 2,
        peer,
        type: 'session',
        event: new MessagesEvent(2, 'received', messages, 68, 68 + 17 * WRONG),
      },
      {
        at: 3,
        peer,
        type: 'closed',
        end: { by: 'peer', kind: 'fin' },
        error: undefined,
        phase: 'handshake',
        bytesSent: 0,
        bytesReceived: 0,
        pending: 0,
        uploaded: 0,
        refused: [],
      },
    ]
    for (const event of events) log.event(event)
  }
  return log.report('127.0.0.1:1', new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
}

test('the violations of all peers share a room; each is counted, and the first of each peer is kept', () => {
  const report = crowdReport()
  expect(report.peers).toHaveLength(PEERS)
  expect(report.violations).toBeGreaterThanOrEqual(PEERS * WRONG)
  expect(report.peers[0]?.violations).toHaveLength(100)
  expect(report.peers.every(({ violations }) => violations.length > 0)).toBe(true)
  expect(report.peers.at(-1)?.violationCount).toBe(report.peers[0]?.violationCount)
  expect(JSON.stringify(report).length).toBeLessThan(6 * 1024 * 1024)
})
