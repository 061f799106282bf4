import type { Socket } from 'node:net'
import type { TestTorrent } from '../../peers/torrents.ts'
import { frame } from '../../support/raw/raw-peer.ts'
import { byFile, byHash } from '../world.ts'
import { startScripted, type Serving } from './scripted.ts'
import type { SetSituation, Truth } from './situation.ts'

export const CHOKE = frame(0)
export const UNCHOKE = frame(1)
export const INTERESTED = 2
export const REQUEST = 6
export const EXTENDED = 20

export const FAST = '0000000000000004'
export const EXTENSIONS = '0000000000100000'

/** What is done with a connection that asks for the torrent. */
export type Decide = Parameters<typeof startScripted>[1]

interface Habit extends Truth {
  readonly name: string
  readonly isFleeting?: boolean
  /** Called once; returns what is done with each connection that asks for the torrent. */
  readonly acts: (torrent: TestTorrent) => Decide
  /** It answers for every torrent. */
  readonly knowsAll?: boolean
  readonly isAskedByHash?: boolean
}

/** A situation with a scripted peer. */
export function habit({ acts, knowsAll, isAskedByHash = false, ...truth }: Habit): SetSituation {
  return {
    ...truth,
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const knows = knowsAll === true ? () => true : undefined
      const { peer } = starting.keep(await startScripted(torrent, acts(torrent), knows))
      return { peer, target: isAskedByHash ? byHash(torrent) : byFile(torrent) }
    },
  }
}

/** A seeder that serves in such a way. */
export const serving =
  (how: (torrent: TestTorrent) => Serving) =>
  (torrent: TestTorrent): Decide =>
  (_, __, serve) =>
    serve(how(torrent))

/** Acts later, unless the connection has ended by then. */
export function afterwards(socket: Socket, ms: number, act: () => void): void {
  const onClose = () => clearTimeout(timer)
  const timer = setTimeout(() => {
    socket.off('close', onClose)
    act()
  }, ms)
  socket.on('close', onClose)
}
