import { spawnSync } from 'node:child_process'
import type { Socket } from 'node:net'
import { startServe } from '../clients/serve.ts'
import {
  cuttingPlaintext,
  dyingAfter,
  passThrough,
  startRelay,
  withoutBackend,
  type Path,
} from '../network/relay.ts'
import { NOTHING_SHARED, station, type Made, type Situation } from '../situation.ts'
import { PLAINTEXT_REFUSED } from '../truths.ts'
import { byFile, type World } from '../world.ts'

interface Way {
  /** Flags of `peerwire serve` behind the relay. */
  readonly serve?: string
  readonly join: (path: Path) => void
  readonly passesUdp?: boolean
  readonly serves?: readonly string[]
}

async function behind(world: World, { serve = '', join, passesUdp = false, serves }: Way): Promise<Made> {
  const torrent = await world.torrent('usual')
  const served = await startServe(world, torrent, serve === '' ? [] : serve.split(' '))
  const relay = await startRelay(Number(served.peer.split(':')[1]), join, { passesUdp })
  return {
    peer: relay.peer,
    target: byFile(torrent),
    ...(serves === undefined ? {} : { serves }),
    cleanup: async () => {
      await relay.stop()
      await served.stop()
    },
  }
}

/** Reads the handshake of the visitor, and answers it with one of its own when it is not welcome. */
function choosing(
  isWelcome: (handshake: Buffer) => boolean,
  refuse: (visitor: Socket, handshake: Buffer) => void,
) {
  return (path: Path): void => {
    let read = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk])
      // what is not a plaintext handshake is refused
      if (read[0] !== 19) {
        path.peer.destroy()
        path.visitor.end()
        return
      }
      if (read.length < 68) return
      path.visitor.off('data', onData)
      if (isWelcome(read)) {
        path.peer.write(read)
        passThrough(path)
      } else {
        path.peer.destroy()
        refuse(path.visitor, read)
        path.visitor.resume()
      }
    }
    path.visitor.on('data', onData)
  }
}

/** Its own handshake, with whatever hash was asked for, and then a close. */
function answerAndClose(visitor: Socket, handshake: Buffer): void {
  visitor.end(Buffer.concat([handshake.subarray(0, 48), Buffer.from('-XX1234-aaaaaaaaaaaa')]))
}

/** The same, but only for the torrent that it has. */
function answerKnown(known: Uint8Array): (visitor: Socket, handshake: Buffer) => void {
  return (visitor, handshake) => {
    if (handshake.subarray(28, 48).equals(known)) answerAndClose(visitor, handshake)
    else visitor.end()
  }
}

const isOurName = (handshake: Buffer): boolean => handshake.toString('latin1', 48).startsWith('-PW')

/** The first connections meet one peer, and the later ones another. */
function changing(first: number, before: (path: Path) => void, after: (path: Path) => void) {
  let count = 0
  return (path: Path): void => (++count <= first ? before : after)(path)
}

const SITUATIONS: readonly Situation<typeof NOTHING_SHARED>[] = [
  {
    name: 'a filter resets plaintext, and uTP passes',
    causes: ['plaintext-filtered'],
    make: (_, world) =>
      behind(world, {
        join: cuttingPlaintext('reset'),
        passesUdp: true,
        serves: ['--encryption', 'require'],
      }),
  },
  {
    name: 'a filter resets plaintext, without uTP',
    causes: ['plaintext-filtered'],
    ambiguous: PLAINTEXT_REFUSED,
    make: (_, world) =>
      behind(world, { join: cuttingPlaintext('reset'), serves: ['--encryption', 'require'] }),
  },
  {
    name: 'a filter swallows plaintext, without uTP',
    causes: ['plaintext-filtered'],
    ambiguous: PLAINTEXT_REFUSED,
    make: (_, world) =>
      behind(world, { join: cuttingPlaintext('swallow'), serves: ['--encryption', 'require'] }),
  },
  {
    name: 'the path dies inside the first block',
    causes: ['path-dies'],
    also: ['stalls'],
    make: (_, world) => behind(world, { join: dyingAfter(8000) }),
  },
  {
    name: 'a forwarder without a client behind it',
    causes: ['no-backend'],
    ambiguous: ['no-backend', 'address-filtered', 'connection-limit', 'no-active-torrent'],
    make: (_, world) => behind(world, { join: withoutBackend }),
  },
  {
    name: 'a peer answers any info hash and closes',
    causes: ['any-hash'],
    make: (_, world) => behind(world, { join: choosing(() => false, answerAndClose) }),
  },
  {
    name: 'a peer refuses our name',
    causes: ['name-banned'],
    make: (_, world) =>
      behind(world, {
        serve: '--encryption off',
        join: choosing(
          (handshake) => !isOurName(handshake),
          (visitor) => visitor.end(),
        ),
      }),
  },
  {
    name: 'a peer answers and then refuses our name',
    causes: ['name-banned'],
    make: async (_, world) => {
      const { handshakeInfoHash } = await world.torrent('usual')
      const join = choosing((handshake) => !isOurName(handshake), answerKnown(handshakeInfoHash))
      return behind(world, { serve: '--encryption off', join })
    },
  },
  {
    name: 'a peer refuses reserved bits',
    causes: ['bits-refused'],
    make: async (_, world) => {
      const { handshakeInfoHash } = await world.torrent('usual')
      const hasNoBits = (handshake: Buffer) => handshake.subarray(20, 28).every((byte) => byte === 0)
      return behind(world, {
        serve: '--encryption off',
        join: choosing(hasNoBits, answerKnown(handshakeInfoHash)),
      })
    },
  },
  {
    name: 'a limit is freed after the first connection',
    causes: ['changed'],
    also: ['works', 'connection-limit'],
    isFleeting: true,
    make: (_, world) => behind(world, { join: changing(1, withoutBackend, passThrough) }),
  },
  {
    name: 'this process may open too few files',
    causes: ['local-limit'],
    make: async (_, world) => {
      const made = await behind(world, { join: passThrough })
      return { ...made, through: ['sh', '-c', `ulimit -n ${smallestLimit(world)}; exec "$@"`, 'sh'] }
    },
  },
]

/** The smallest limit of open files with which the command starts at all. */
function smallestLimit({ program }: World): number {
  for (let limit = 15; limit < 60; limit++) {
    const script = `ulimit -n ${limit}; exec "$0" "$1" explain E_TIMEOUT`
    if (spawnSync('sh', ['-c', script, process.execPath, program], { stdio: 'ignore' }).status === 0)
      return limit
  }
  throw new Error('no limit of open files suffices')
}

export const RELAYS = station({
  name: 'in between',
  missing: () => undefined,
  start: async () => NOTHING_SHARED,
  situations: SITUATIONS,
})
