import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { decodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startGuard } from '../peers/guard.ts'
import { PEER_KINDS, startPeer, type PeerKind } from '../peers/peer.ts'
import { probeHandshake } from '../peers/probe.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'
import { probe } from '../support/sessions/probe.ts'

const PEER_ID_STARTS: Readonly<Record<PeerKind, string>> = {
  transmission: '-TR',
  aria2: 'A2-',
  libtorrent: '-LT',
  qbittorrent: '-qB',
  webtorrent: '-WW',
}

const torrent = await makeTorrent({ length: 3 * 262144 + 4321 })

afterAll(() => torrent.remove())

for (const kind of PEER_KINDS) {
  describePeer(kind, () => {
    test('answers a handshake while it runs, and leaves nothing behind', async () => {
      const peer = await startPeer(kind, { torrent: torrent.torrentBytes, dataFolder: torrent.dataFolder })
      try {
        const answer = await probeHandshake(peer, torrent.handshakeInfoHash)
        const { infoHash, peerId } = decodeHandshake(answer ?? new Uint8Array(0))
        expect(toHex(infoHash)).toBe(toHex(torrent.handshakeInfoHash))
        expect(Buffer.from(peerId).toString('latin1').startsWith(PEER_ID_STARTS[kind])).toBe(true)
        expect(peer.version).toMatch(/^v?\d+\.\d+/)
        expect(existsSync(peer.stateFolder)).toBe(true)
        await peer.takesAnother()
        // the report of a session says what its trace comes to
        expect(await probe(peer, { v1: torrent.handshakeInfoHash })).toMatchObject({ ok: true })
      } finally {
        await peer.stop()
      }
      expect(() => process.kill(-peer.pid, 0)).toThrow('ESRCH')
      expect(existsSync(peer.stateFolder)).toBe(false)
      expect(await probeHandshake(peer, torrent.handshakeInfoHash)).toBeUndefined()
    })
  })
}

test('a client and its folder do not outlive a killed test process', async () => {
  const folder = await makeEmptyFolder()
  const client = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
  const ended = once(client, 'exit')
  const guard = startGuard(client.pid ?? 0, folder.path)
  const cleanedUp = once(guard.process, 'exit')
  // what the kernel does with our end of the pipe when we are killed
  guard.process.stdin?.destroy()
  try {
    expect(await ended).toEqual([null, 'SIGKILL'])
    await cleanedUp
    expect(existsSync(folder.path)).toBe(false)
  } finally {
    client.kill('SIGKILL')
    await folder.remove()
  }
})
