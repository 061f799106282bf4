import { missingReason, startPeer, type RunningPeer } from '../../peers/peer.ts'
import { station, type Made, type Situation, NOTHING_SHARED } from '../situation.ts'
import { emptyFolder, halfTheData } from '../torrents.ts'
import { NO_PROOF_AT_ALL } from '../truths.ts'
import { byFile, byHash, type World } from '../world.ts'

function made(running: RunningPeer, target: readonly string[], more: Partial<Made> = {}): Made {
  return { peer: `${running.host}:${running.port}`, target, log: () => running.log(), ...more }
}

async function start(world: World): Promise<RunningPeer> {
  const { torrentPath, dataFolder } = await world.torrent('usual')
  return startPeer('webtorrent', { torrent: torrentPath, dataFolder })
}

const SITUATIONS: readonly Situation<RunningPeer>[] = [
  {
    name: 'webtorrent seeds',
    causes: ['works'],
    make: async (client, world) => made(client, byFile(await world.torrent('usual')), { serves: [] }),
  },
  {
    name: 'webtorrent seeds, and only the info hash is given',
    causes: ['works'],
    make: async (client, world) => made(client, byHash(await world.torrent('usual')), { serves: [] }),
  },
  {
    name: 'webtorrent does not know the torrent',
    causes: ['torrent-unknown'],
    ambiguous: NO_PROOF_AT_ALL,
    make: async (client, world) => made(client, byFile(await world.torrent('unknown'))),
  },
]

/** Each with a client of its own: it has no remote control. */
const INCOMPLETE: readonly Situation<typeof NOTHING_SHARED>[] = [
  {
    name: 'webtorrent has half of the pieces',
    causes: ['works'],
    make: async (_, world) =>
      incomplete(world, await halfTheData(world, await world.torrent('usual')), { serves: [] }),
  },
  {
    name: 'webtorrent has no piece',
    causes: ['nothing-to-offer'],
    waits: 'a piece may come late',
    make: async (_, world) => incomplete(world, await emptyFolder(world)),
  },
]

async function incomplete(world: World, dataFolder: string, more: Partial<Made> = {}): Promise<Made> {
  const torrent = await world.torrent('usual')
  const running = await startPeer('webtorrent', {
    torrent: torrent.torrentPath,
    dataFolder,
    role: 'download',
  })
  return made(running, byFile(torrent), { ...more, cleanup: () => running.stop() })
}

export const WEBTORRENT = station({
  name: 'webtorrent',
  missing: () => missingReason('webtorrent'),
  start,
  situations: SITUATIONS,
})

export const INCOMPLETE_WEBTORRENT = station({
  name: 'webtorrent without all data',
  missing: () => missingReason('webtorrent'),
  start: async () => NOTHING_SHARED,
  situations: INCOMPLETE,
})
