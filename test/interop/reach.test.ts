import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../src/net/clock.ts'
import { dialPeer } from '../../src/net/dial.ts'
import type { PathState, ReachProof } from '../../src/diagnose/reach/judge.ts'
import { reach } from '../../src/run/reach/reach.ts'
import { testPorts } from '../support/sessions/fetch-setup.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, type PeerKind, type PeerOptions, startPeer } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'

type Seen = PathState | ReachProof

/** A client in a state, and what is seen of it over TCP and over uTP: a proof, or a state. */
interface Row {
  readonly kind: PeerKind
  readonly state: string
  readonly variant: Omit<PeerOptions, 'torrent' | 'dataFolder'>
  readonly tcp: Seen
  readonly utp: Seen
}

const row = (kind: PeerKind, state: string, variant: Row['variant'], tcp: Seen, utp: Seen): Row => ({
  kind,
  state,
  variant,
  tcp,
  utp,
})

const WITHOUT = 'without a torrent'
const WITH = 'with a torrent'

const ROWS: readonly Row[] = [
  row('libtorrent', WITH, { transport: 'both' }, 'key', 'utp'),
  row('libtorrent', WITH, { transport: 'both', encryption: 'require' }, 'key', 'utp'),
  row('libtorrent', WITH, { encryption: 'off' }, 'steps', 'filtered'),
  row('libtorrent', WITH, { transport: 'utp' }, 'closes-at-once', 'utp'),
  row('libtorrent', WITH, { transport: 'both', listen: '::1' }, 'key', 'utp'),
  row('libtorrent', WITHOUT, { transport: 'both' }, 'closes-at-once', 'filtered'),
  row('qbittorrent', WITH, { transport: 'both' }, 'key', 'utp'),
  row('qbittorrent', WITHOUT, { transport: 'both' }, 'closes-at-once', 'filtered'),
  row('transmission', WITH, { transport: 'both' }, 'key', 'utp'),
  row('transmission', WITH, { encryption: 'require' }, 'key', 'filtered'),
  row('transmission', WITHOUT, { transport: 'both' }, 'key', 'utp'),
  row('aria2', WITH, {}, 'key', 'closed'),
  row('aria2', WITH, { encryption: 'require' }, 'key', 'closed'),
  row('aria2', WITHOUT, {}, 'key', 'closed'),
  // it reads a whole handshake before it looks at any of it, so the control ends at the same byte
  row('webtorrent', WITH, {}, 'closes', 'closed'),
  row('webtorrent', WITHOUT, {}, 'closes', 'closed'),
]

const torrent = await makeTorrent({ length: 3 * 262144 + 4321 })

afterAll(() => torrent.remove())

for (const kind of PEER_KINDS) {
  describePeer(kind, () => {
    const rows = ROWS.filter((row) => row.kind === kind)
    test.each(rows)(
      '$state, $variant: $tcp over TCP, $utp over uTP',
      async ({ state, variant, tcp, utp }) => {
        const peer = await startPeer(kind, { ...torrent, torrent: torrent.torrentBytes, ...variant })
        try {
          if (state === WITHOUT) await peer.removeTorrent()
          await peer.takesAnother()
          const { host, port } = peer
          const report = await reach(
            {
              peer: { input: `${host}:${port}`, host, port },
              family: undefined,
              source: undefined,
              connectTimeoutMs: 4000,
              totalTimeoutMs: undefined,
            },
            { ...testPorts(), clock: systemClock, dial: dialPeer },
          )
          expect(report.paths.map((path) => path.proof ?? path.state)).toStrictEqual([tcp, utp])
          expect(report.exitCode).toBe(report.paths.some(({ proof }) => proof !== null) ? 0 : 4)
        } finally {
          await peer.stop()
        }
      },
    )
  })
}
