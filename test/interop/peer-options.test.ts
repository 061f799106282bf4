import { afterAll, expect, test } from 'vitest'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind, type PeerOptions } from '../peers/peer.ts'
import { probeEncryption, probeHandshake, probeUtpHandshake } from '../peers/probe.ts'
import { makeTorrent } from '../peers/torrents.ts'

type Variant = Omit<PeerOptions, 'torrent' | 'dataFolder'>

/** What a client answers: a plaintext handshake over TCP, an MSE key over TCP, a plaintext handshake over uTP. */
interface Row {
  readonly kind: PeerKind
  readonly variant: Variant
  readonly plaintext: boolean
  readonly encrypted: boolean
  readonly utp: boolean
}

const row = (kind: PeerKind, variant: Variant, answers: string): Row => ({
  kind,
  variant,
  plaintext: answers.includes('plaintext'),
  encrypted: answers.includes('encrypted'),
  utp: answers.includes('utp'),
})

const ROWS: readonly Row[] = [
  row('transmission', { encryption: 'require' }, 'encrypted'),
  row('transmission', { transport: 'both' }, 'plaintext encrypted utp'),
  row('aria2', { encryption: 'require' }, 'encrypted'),
  row('aria2', { encryption: 'rc4-only' }, 'encrypted'),
  row('libtorrent', { encryption: 'off' }, 'plaintext'),
  row('libtorrent', { encryption: 'require' }, 'encrypted'),
  row('libtorrent', { encryption: 'rc4-only' }, 'encrypted'),
  row('libtorrent', { encryption: 'plaintext-in-mse-only' }, 'encrypted'),
  row('libtorrent', { transport: 'utp' }, 'utp'),
  row('libtorrent', { transport: 'utp', encryption: 'require' }, ''),
  row('libtorrent', { transport: 'both', listen: '::1' }, 'plaintext encrypted utp'),
  row('libtorrent', { unchokeSlots: 0, uploadRateLimit: 100_000, peerLog: true }, 'plaintext encrypted'),
  row('libtorrent', { superSeeding: true }, 'plaintext encrypted'),
  row('qbittorrent', { encryption: 'off' }, 'plaintext'),
  row('qbittorrent', { encryption: 'require' }, 'encrypted'),
  row('qbittorrent', { transport: 'utp' }, 'utp'),
  row('qbittorrent', { transport: 'utp', encryption: 'require' }, ''),
  row('qbittorrent', { listen: '::1' }, 'plaintext encrypted'),
  row('webtorrent', { listen: '::1' }, 'plaintext'),
]

const torrent = await makeTorrent({ length: 3 * 262144 + 4321 })

afterAll(() => torrent.remove())

for (const kind of PEER_KINDS) {
  describePeer(kind, () => {
    const rows = ROWS.filter((row) => row.kind === kind)
    test.each(rows)('$variant', async ({ variant, plaintext, encrypted, utp }) => {
      const peer = await startPeer(kind, { ...torrent, torrent: torrent.torrentBytes, ...variant })
      try {
        const [overTcp, key, overUtp] = await Promise.all([
          probeHandshake(peer, torrent.handshakeInfoHash),
          probeEncryption(peer),
          probeUtpHandshake(peer, torrent.handshakeInfoHash),
        ])
        expect({
          plaintext: overTcp !== undefined,
          encrypted: key !== undefined,
          utp: overUtp !== undefined,
        }).toEqual({ plaintext, encrypted, utp })
      } finally {
        await peer.stop()
      }
    })
  })
}

describePeer(
  'transmission',
  () => {
    test('is ready for the next connection on ::1, where a probe has no address of its own', async () => {
      const { torrentBytes, dataFolder, handshakeInfoHash } = torrent
      const peer = await startPeer('transmission', { torrent: torrentBytes, dataFolder, listen: '::1' })
      try {
        expect(await probeHandshake(peer, handshakeInfoHash)).toHaveLength(68)
      } finally {
        await peer.stop()
      }
    })
  },
  'transmission over IPv6',
)

test('refuses before it starts anything what a client cannot do', async () => {
  const { torrentBytes, dataFolder } = torrent
  const start = startPeer('webtorrent', { torrent: torrentBytes, dataFolder, encryption: 'require' })
  await expect(start).rejects.toThrow('webtorrent cannot do this: encryption require')
})
