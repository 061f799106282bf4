import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { reservePort } from '../../../peers/ports.ts'
import { ENCRYPTION_REQUIRED, LibtorrentHost, TCP_ONLY } from '../../clients/libtorrent-host.ts'
import { companion } from '../../clients/companion.ts'
import { startServe } from '../../clients/serve.ts'
import { passThrough, startRelay } from '../../network/relay.ts'
import { byFile, type World } from '../../world.ts'
import { byNumber, firstOfAMinute, refusing, resetting, swallowing } from '../../set/path.ts'
import { startScripted } from '../../set/scripted.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'

const portOf = (peer: string): number => Number(peer.split(':').at(-1))

/** Does something later, once, unless all is over by then. */
function later(starting: Starting, ms: number, act: () => unknown): void {
  const abort = new AbortController()
  starting.keep({ stop: () => abort.abort() })
  delay(ms, undefined, { signal: abort.signal }).then(act, () => undefined)
}

async function seeding(world: World, starting: Starting, flags: readonly string[] = []) {
  const torrent = await world.torrent('usual')
  const { peer } = starting.keep(await startServe(world, torrent, flags))
  return { torrent, peer }
}

/** Things that change while the command looks. */
export const TIMES: readonly SetSituation[] = [
  {
    name: 'a limit that is freed after the second connection',
    causes: ['changed', 'works'],
    isOneOf: true,
    ambiguous: ['connection-limit'],
    note: 'the first two connections are accepted and closed, the others served, in plaintext as in MSE',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      const pick = byNumber((number) => (number < 2 ? refusing : passThrough))
      const relay = starting.keep(await startRelay(portOf(peer), pick))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a load balancer with one good and one strange client',
    causes: ['changed', 'works'],
    isOneOf: true,
    note: 'connections 1, 3, 5 … reach a client without this torrent, the others one that seeds it',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      const other = starting.keep(await startServe(world, await world.torrent('other'), []))
      const pick = byNumber((number) => (path) => {
        if (number % 2 === 1) return passThrough(path)
        path.peer.destroy()
        const strange = connect({ host: '127.0.0.1', port: portOf(other.peer), allowHalfOpen: true })
        passThrough({ visitor: path.visitor, peer: strange })
      })
      const relay = starting.keep(await startRelay(portOf(peer), pick))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a torrent that is resumed while we look',
    isFleeting: true,
    causes: ['torrent-inactive', 'works', 'changed'],
    isOneOf: true,
    note: 'libtorrent, paused with another one active, resumed 4 s after the start of the command',
    make: async (world, starting) => {
      const host = starting.keep(await LibtorrentHost.start())
      const session = await host.session()
      await session.seed(await world.torrent('other'))
      const torrent = await world.torrent('usual')
      const name = await session.seed(torrent)
      await session.pause(name)
      later(starting, 4000, () => host.call('resume', { name }))
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a client that is stopped while we look',
    isFleeting: true,
    causes: ['torrent-unknown', 'nothing-listens', 'changed'],
    isOneOf: true,
    note: 'libtorrent over TCP without this torrent; its process is killed after 3 s',
    make: async (world, starting) => {
      const host = await LibtorrentHost.start()
      starting.keep({ stop: () => host.stop() })
      const session = await host.session({ settings: TCP_ONLY })
      await session.seed(await world.torrent('other'))
      later(starting, 3000, () => host.process.stop())
      return { peer: session.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'a client that starts while we look',
    isFleeting: true,
    causes: ['nothing-listens', 'changed', 'works'],
    isOneOf: true,
    ambiguous: ['utp-only'],
    note: 'nothing listens at first; after 2 s a seeder does, over TCP and uTP',
    make: async (world, starting) => {
      const reserved = await reservePort('127.0.0.1')
      starting.keep({ stop: () => reserved.release() })
      const listen = `127.0.0.1:${reserved.port}`
      const torrent = await world.torrent('usual')
      later(starting, 2000, async () => starting.keep(await startServe(world, torrent, [], { listen })))
      return { peer: listen, target: byFile(torrent) }
    },
  },
  {
    name: 'a peer that chokes after the first block',
    causes: ['chokes-on-request'],
    ambiguous: ['rate-limit'],
    note: 'scripted: one block, then a choke for good, on every connection',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const { peer } = starting.keep(
        await startScripted(torrent, (_, __, serve) =>
          serve({
            onRequest: (number, socket) => {
              if (number === 0) setImmediate(() => socket.write(Buffer.from([0, 0, 0, 1, 0])))
              return number === 0
            },
          }),
        ),
      )
      return { peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a peer that unchokes after 20 s',
    causes: ['works'],
    note: 'an optimistic slot; all is served then',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const { peer } = starting.keep(
        await startScripted(torrent, (_, __, serve) => serve({ unchokeAfterMs: 20_000 })),
      )
      return { peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a peer that serves one connection and then no more',
    causes: ['never-unchoked', 'changed'],
    isOneOf: true,
    also: ['works'],
    note: 'scripted: the first session stalls after one block, the later ones are never unchoked',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      let sessions = 0
      const { peer } = starting.keep(
        await startScripted(torrent, (_, __, serve) => {
          if (sessions++ === 0) serve({ onRequest: (number) => number === 0 })
          else serve({ unchokeAfterMs: 600_000 })
        }),
      )
      return { peer, target: byFile(torrent) }
    },
  },
  {
    name: 'three connections a minute, then resets; the torrent is unknown',
    causes: ['torrent-unknown', 'changed'],
    isOneOf: true,
    ambiguous: ['connection-limit', 'address-filtered', 'torrent-inactive', 'no-active-torrent'],
    note: 'our own probes use the limit up',
    make: async (world, starting) => {
      const other = starting.keep(await startServe(world, await world.torrent('other'), []))
      const join = firstOfAMinute(3, resetting)
      const relay = starting.keep(await startRelay(portOf(other.peer), join))
      return { peer: relay.peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'three connections a minute, then silence; never unchoked',
    causes: ['never-unchoked'],
    also: ['changed'],
    note: 'the limit of the path must not become the cause',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting, ['--fault', 'choke-forever'])
      const relay = starting.keep(await startRelay(portOf(peer), firstOfAMinute(3, swallowing)))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'two connections a minute, then closed; encryption is required',
    causes: ['encryption-required'],
    also: ['changed'],
    note: 'libtorrent behind a path that lets two connections through: plaintext, then MSE',
    make: async (world, starting) => {
      const host = starting.keep(await LibtorrentHost.start())
      const session = await host.session({ settings: { ...TCP_ONLY, ...ENCRYPTION_REQUIRED } })
      const torrent = await world.torrent('usual')
      await session.seed(torrent)
      const relay = starting.keep(await startRelay(session.port, firstOfAMinute(2, refusing)))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a limit that is freed after the first connection',
    causes: ['changed', 'works'],
    isOneOf: true,
    ambiguous: ['connection-limit'],
    note: 'the first connection is accepted and closed, the others served, in plaintext as in MSE',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      const pick = byNumber((number) => (number < 1 ? refusing : passThrough))
      const relay = starting.keep(await startRelay(portOf(peer), pick))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a torrent that is resumed after our first connection',
    causes: ['torrent-inactive', 'works', 'changed'],
    isOneOf: true,
    note: 'libtorrent over TCP and uTP, paused with another one active, resumed 1 s after the start of the command',
    isFleeting: true,
    make: async (world, starting) => {
      const host = starting.keep(await LibtorrentHost.start())
      const session = await host.session()
      await session.seed(await world.torrent('other'))
      const torrent = await world.torrent('usual')
      const name = await session.seed(torrent)
      await session.pause(name)
      later(starting, 1000, () => host.call('resume', { name }))
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
  {
    name: 'a client that starts right after our first connection',
    causes: ['nothing-listens', 'changed', 'works'],
    isOneOf: true,
    ambiguous: ['utp-only', 'tcp-filtered'],
    note: 'nothing listens at first; after about 1.2 s a seeder does, over TCP and uTP',
    isFleeting: true,
    make: async (world, starting) => {
      const reserved = await reservePort('127.0.0.1')
      starting.keep({ stop: () => reserved.release() })
      const listen = `127.0.0.1:${reserved.port}`
      const torrent = await world.torrent('usual')
      later(starting, 700, async () => starting.keep(await startServe(world, torrent, [], { listen })))
      return { peer: listen, target: byFile(torrent) }
    },
  },
  {
    name: 'a full libtorrent whose other peer leaves while we look',
    causes: ['connection-limit', 'changed', 'works'],
    isOneOf: true,
    ambiguous: ['no-active-torrent', 'address-filtered', 'same-address', 'no-backend'],
    note: 'limit 1 over TCP, the other peer leaves 2.5 s after the start of the command',
    isFleeting: true,
    make: async (world, starting) => {
      const host = starting.keep(await LibtorrentHost.start())
      const limits = { connections_limit: 1, connections_slack: 0 }
      const session = await host.session({ settings: { ...TCP_ONLY, ...limits }, limitsLoopback: true })
      const torrent = await world.torrent('usual')
      await session.seed(torrent)
      const other = await companion(session.port, torrent.handshakeInfoHash, '127.0.0.1')
      starting.keep({ stop: () => other.leave() })
      later(starting, 2500, () => other.leave())
      return { peer: session.peer, target: byFile(torrent) }
    },
  },
]
