import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { describePeer } from '../peers/describe-peer.ts'
import type { PeerOptions, RunningPeer } from '../peers/options.ts'
import { startPeer, type PeerKind } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { attemptsOf } from '../support/peers/attempts.ts'
import { probe } from '../support/sessions/probe.ts'

const torrent = await makeTorrent({ length: 3 * 262_144 + 4321 })
const unknown = new Uint8Array(20).fill(0xab)

afterAll(() => torrent.remove())

/** Libtorrent, whose session still has another torrent that is active. */
async function pause(peer: RunningPeer): Promise<void> {
  process.kill(peer.pid, 'SIGUSR1')
  await expect.poll(() => peer.log(), { timeout: 20_000 }).toContain('@paused')
}

/** Another connection from this address, which stays until the test ends. */
async function stay({ host, port }: RunningPeer): Promise<void> {
  const socket = connect(port, host)
  onTestFinished(() => void socket.destroy())
  const { infoHashV1: infoHash = unknown } = torrent
  socket.write(encodeHandshake({ reserved: new Uint8Array(8), infoHash, peerId: randomBytes(20) }))
  await once(socket, 'data')
}

interface Row {
  readonly name: string
  readonly kind: PeerKind
  readonly client: Omit<PeerOptions, 'torrent' | 'dataFolder'>
  readonly asks?: Uint8Array
  /** Called before it is dialled. */
  readonly first?: (peer: RunningPeer) => Promise<unknown>
  /** Of the attempts over uTP, which follow two that TCP closed. */
  readonly overUtp: readonly string[]
  readonly session: object | null
  /** In the error. */
  readonly says: string
}

const UTP_PLAINTEXT = { transport: 'utp', encryption: 'plaintext' }
const CLOSED = 'plaintext closed handshake'
const MSE_FAILED = 'rc4 encryption-failed encryption'

const ROWS: readonly Row[] = [
  {
    name: 'uTP only',
    kind: 'libtorrent',
    client: { transport: 'utp' },
    overUtp: ['plaintext ok done'],
    session: UTP_PLAINTEXT,
    says: '',
  },
  {
    name: 'uTP only',
    kind: 'qbittorrent',
    client: { transport: 'utp' },
    overUtp: ['plaintext ok done'],
    session: UTP_PLAINTEXT,
    says: '',
  },
  {
    name: 'uTP only, encryption required',
    kind: 'libtorrent',
    // it refuses a connection while the one before it is not closed to the end
    client: { transport: 'utp', encryption: 'rc4-only', onePeerPerAddress: true },
    overUtp: [CLOSED, 'rc4 ok done'],
    session: { transport: 'utp', encryption: 'rc4' },
    says: '',
  },
  {
    name: 'uTP only, encryption required',
    kind: 'qbittorrent',
    client: { transport: 'utp', encryption: 'require' },
    overUtp: [CLOSED, 'rc4 ok done'],
    session: { transport: 'utp', encryption: 'rc4' },
    says: '',
  },
  {
    name: 'an unknown torrent',
    kind: 'libtorrent',
    client: { transport: 'both' },
    asks: unknown,
    overUtp: [CLOSED],
    session: null,
    says: 'giving its reason as invalid_info_hash (257): it does not have this torrent',
  },
  {
    name: 'an unknown torrent, encryption required',
    kind: 'libtorrent',
    client: { transport: 'both', encryption: 'require' },
    asks: unknown,
    overUtp: [CLOSED, MSE_FAILED],
    session: null,
    says: 'giving its reason as invalid_info_hash (257): it does not have this torrent',
  },
  {
    name: 'a paused torrent',
    kind: 'libtorrent',
    client: { transport: 'both' },
    first: pause,
    overUtp: [CLOSED],
    session: null,
    says: 'giving its reason as torrent_removed (2): it has this torrent, and the torrent is not active',
  },
  {
    name: 'another connection from this address',
    kind: 'libtorrent',
    client: { transport: 'both', onePeerPerAddress: true },
    first: stay,
    overUtp: [CLOSED],
    session: null,
    says: 'giving its reason as duplicate_peer_id (1): it has another connection from this address',
  },
  {
    name: 'an unknown torrent, and no reason',
    kind: 'transmission',
    client: { transport: 'both' },
    asks: unknown,
    overUtp: [CLOSED],
    session: null,
    says: 'over uTP in plaintext, the peer closed',
  },
]

for (const kind of ['transmission', 'libtorrent', 'qbittorrent'] as const) {
  describePeer(kind, () => {
    test.each(ROWS.filter((row) => row.kind === kind))(
      '--transport auto: $name',
      async ({ client, first, asks: v1 = torrent.infoHashV1, overUtp, session, says }) => {
        const { torrentBytes, dataFolder } = torrent
        const peer = await startPeer(kind, { torrent: torrentBytes, dataFolder, ...client })
        try {
          await first?.(peer)
          const report = await probe(peer, { v1 }, { transport: 'auto' })
          // without TCP, what it accepted is closed or reset
          const attempts = attemptsOf(report).map((one) => one.replace('reset', 'closed'))
          expect(attempts).toStrictEqual([CLOSED, MSE_FAILED, ...overUtp])
          expect(report.attempts.filter(({ transport }) => transport === 'utp').length).toBeGreaterThan(0)
          expect(report.session).toStrictEqual(session)
          expect(report.exitCode).toBe(session === null ? 4 : 0)
          expect(report.error?.message ?? '').toContain(says)
          // a reason is the answer
          const [, meaning] = /giving its reason as \S+ \(\d+\): (.+)$/.exec(says) ?? []
          if (meaning !== undefined) expect(report.verdict).toBe(meaning)
        } finally {
          await peer.stop()
        }
      },
    )
  })
}
