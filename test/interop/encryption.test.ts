import { attemptsOf } from '../support/peers/attempts.ts'
import { afterAll, expect, test } from 'vitest'
import type { EncryptionMode } from '../../src/run/options.ts'
import type { TraceEvent } from '../../src/trace/event.ts'
import { describePeer } from '../peers/describe-peer.ts'
import type { PeerEncryption, PeerTransport } from '../peers/options.ts'
import { startPeer, type PeerKind } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { probe } from '../support/sessions/probe.ts'

const torrent = await makeTorrent({ length: 3 * 262_144 + 4321 })
const v1 = torrent.infoHashV1
const unknown = new Uint8Array(20).fill(0xab)

afterAll(() => torrent.remove())

/** What each connection came to, in the words of the report. */

const REFUSED = 'plaintext closed handshake'

interface Row {
  readonly kind: PeerKind
  readonly takes: PeerEncryption
  readonly transport?: PeerTransport
  readonly mode: EncryptionMode
  readonly session: string | null
  readonly attempts: readonly string[]
}

const row = (
  [kind, takes, transport]: readonly [PeerKind, PeerEncryption, PeerTransport?],
  mode: EncryptionMode,
  session: string | null,
  ...attempts: readonly string[]
): Row => ({ kind, takes, ...(transport === undefined ? {} : { transport }), mode, session, attempts })

const ROWS: readonly Row[] = [
  row(['transmission', 'require'], 'auto', 'rc4', REFUSED, 'rc4 ok done'),
  row(['transmission', 'require'], 'require', 'rc4', 'rc4 ok done'),
  row(['transmission', 'require'], 'off', null, REFUSED),
  row(['transmission', 'allow'], 'require', 'mse-plaintext', 'mse-plaintext ok done'),
  row(['transmission', 'allow'], 'auto', 'plaintext', 'plaintext ok done'),
  row(['aria2', 'require'], 'auto', 'mse-plaintext', REFUSED, 'mse-plaintext ok done'),
  row(['aria2', 'rc4-only'], 'auto', 'rc4', REFUSED, 'rc4 ok done'),
  row(['qbittorrent', 'require'], 'auto', 'rc4', REFUSED, 'rc4 ok done'),
  row(['qbittorrent', 'off'], 'prefer', 'plaintext', 'rc4 encryption-failed encryption', 'plaintext ok done'),
  row(['libtorrent', 'rc4-only'], 'auto', 'rc4', REFUSED, 'rc4 ok done'),
  row(['libtorrent', 'plaintext-in-mse-only'], 'auto', 'mse-plaintext', REFUSED, 'mse-plaintext ok done'),
  row(['libtorrent', 'allow'], 'prefer', 'mse-plaintext', 'mse-plaintext ok done'),
  row(['libtorrent', 'off'], 'require', null, 'rc4 encryption-failed encryption'),
  row(['libtorrent', 'allow', 'utp'], 'auto', 'plaintext', 'plaintext ok done'),
  row(['libtorrent', 'rc4-only', 'utp'], 'auto', 'rc4', REFUSED, 'rc4 ok done'),
  row(['qbittorrent', 'require', 'utp'], 'require', 'rc4', 'rc4 ok done'),
  row(['webtorrent', 'off'], 'prefer', 'plaintext', 'rc4 encryption-failed encryption', 'plaintext ok done'),
]

for (const kind of ['transmission', 'aria2', 'libtorrent', 'qbittorrent', 'webtorrent'] as const) {
  describePeer(kind, () => {
    test.each(ROWS.filter((row) => row.kind === kind))(
      'takes $takes, transport $transport: $mode gives $session',
      async ({ takes, transport, mode, session, attempts: expected }) => {
        const { torrentBytes, dataFolder } = torrent
        const encryption = takes === 'allow' ? {} : { encryption: takes }
        const over = transport === undefined ? {} : { transport }
        const peer = await startPeer(kind, { torrent: torrentBytes, dataFolder, ...encryption, ...over })
        try {
          const chosen = transport === 'utp' ? 'utp' : 'tcp'
          const report = await probe(peer, { v1 }, { encryption: mode, transport: chosen })
          expect(attemptsOf(report)).toStrictEqual(expected)
          expect(report.exitCode).toBe(session === null ? 4 : 0)
          expect(report.session).toStrictEqual(
            session === null ? null : { transport: chosen, encryption: session },
          )
          expect(report.utp === null).toBe(chosen === 'tcp')
          expect(report.timing.encryptionMs === null).toBe(session === null || session === 'plaintext')
        } finally {
          await peer.stop()
        }
      },
    )
  })
}

describePeer(
  'libtorrent',
  () => {
    test('an unknown torrent is told from a need for encryption', async () => {
      const { torrentBytes, dataFolder } = torrent
      const peer = await startPeer('libtorrent', { torrent: torrentBytes, dataFolder, transport: 'both' })
      try {
        const report = await probe(peer, { v1: unknown })
        expect(attemptsOf(report)).toStrictEqual([REFUSED, 'rc4 encryption-failed encryption'])
        expect(report.attempts.at(-1)?.bytesReceived).toBeGreaterThanOrEqual(96)
        expect(report.exitCode).toBe(4)
        expect(report.error).toMatchObject({ code: 'E_HANDSHAKE_CLOSED', phase: 'handshake' })
        expect(report.error?.message).toMatch(
          /with MSE, the peer closed after \d+ bytes that can be a public key, without a proof/,
        )
        const overUtp = await probe(peer, { v1: unknown }, { encryption: 'off', transport: 'utp' })
        expect(overUtp.utp?.closeReason).toStrictEqual({ code: 257, name: 'invalid_info_hash' })
        expect(overUtp.error?.message).toContain('invalid_info_hash')
      } finally {
        await peer.stop()
      }
    })

    test('the trace shows every step of the encryption with its sizes', async () => {
      const { torrentBytes, dataFolder } = torrent
      const peer = await startPeer('libtorrent', { torrent: torrentBytes, dataFolder })
      const events: TraceEvent[] = []
      try {
        await probe(peer, { v1 }, { encryption: 'require', trace: (event) => events.push(event) })
      } finally {
        await peer.stop()
      }
      const steps = events.filter((event) => event.type === 'encryption')
      expect(steps.map(({ step }) => step)).toStrictEqual([
        'public-key-sent',
        'public-key-received',
        'provide-sent',
        'synchronised',
        'select-received',
        'established',
      ])
      expect(steps[2]).toMatchObject({ methods: ['plaintext', 'rc4'], payloadLength: 0 })
      expect(steps.at(-1)).toMatchObject({ encryption: 'mse-plaintext' })
    })
  },
  'libtorrent, seen from near',
)
