import { randomBytes } from 'node:crypto'
import { recordCapture } from '../../src/net/capture/recorder.ts'
import { tapped } from '../../src/net/capture/tap.ts'
import { acceptEncryption, encryptTransport } from '../../src/net/mse/encryption.ts'
import { systemClock } from '../../src/net/clock.ts'
import { dialSocks } from '../../src/net/tcp/socks.ts'
import { dialTcp, listenTcp } from '../../src/net/tcp/tcp.ts'
import type { Dial, Endpoint, Listen, Transport } from '../../src/net/transport.ts'
import { dialUtp, listenUtp } from '../../src/net/utp/utp.ts'
import { indexTorrents } from '../../src/wire/mse/keys.ts'
import { memoryTransports } from '../support/transports/memory-transport.ts'
import { startSocksServer } from '../support/transports/socks-server.ts'
import { describeTransport, type TransportPair } from './transport.ts'

const LOOPBACK: Endpoint = { address: '127.0.0.1', port: 0, family: 4 }
const LOOPBACK_6: Endpoint = { address: '::1', port: 0, family: 6 }
const INFO_HASH = new Uint8Array(20).fill(7)

async function pairOf(dial: Dial, listen: Listen, at: Endpoint, opening = 0): Promise<TransportPair> {
  let accepted: (transport: Transport) => void = () => undefined
  const far = new Promise<Transport>((resolve) => (accepted = resolve))
  const listener = await listen(at, accepted)
  const near = await dial(listener.address, { timeoutMs: 5000 })
  if (opening > 0) near.write(new Uint8Array(opening))
  return {
    near,
    far: await far,
    opening,
    dialled: listener.address,
    isDirect: true,
    close: async () => {
      near.abort()
      await far.then((transport) => transport.abort())
      await listener.close()
    },
  }
}

/** An acceptor of uTP has a connection once the initiator has said something. */
const utpPair = (at: Endpoint) => pairOf(dialUtp, listenUtp, at, 1)
const tcpPair = (at: Endpoint) => pairOf(dialTcp, listenTcp, at)

async function encrypted(pair: TransportPair, method: 'rc4' | 'plaintext'): Promise<TransportPair> {
  const options = { clock: systemClock, random: randomBytes, stepTimeoutMs: 5000 }
  const findTorrent = indexTorrents([INFO_HASH])
  const [near, far] = await Promise.all([
    encryptTransport(pair.near, { ...options, infoHash: INFO_HASH }),
    acceptEncryption(pair.far, { ...options, findTorrent, allow: [method], plaintext: 'refuse' }),
  ])
  return { ...pair, near, far }
}

/** Over uTP the acceptor exists only once the key of the initiator is on its way. */
async function encryptedUtpPair(): Promise<TransportPair> {
  const options = { clock: systemClock, random: randomBytes, stepTimeoutMs: 5000 }
  const findTorrent = indexTorrents([INFO_HASH])
  let accepted: (transport: Transport) => void = () => undefined
  const far = new Promise<Transport>((resolve) => (accepted = resolve)).then((transport) =>
    acceptEncryption(transport, { ...options, findTorrent, plaintext: 'refuse' }),
  )
  const listener = await listenUtp(LOOPBACK, accepted)
  const dialled = await dialUtp(listener.address, { timeoutMs: 5000 })
  const near = await encryptTransport(dialled, { ...options, infoHash: INFO_HASH })
  return {
    near,
    far: await far,
    dialled: listener.address,
    isDirect: true,
    close: async () => {
      near.abort()
      await far.then((transport) => transport.abort())
      await listener.close()
    },
  }
}

async function acceptedPlaintext(): Promise<TransportPair> {
  const pair = await tcpPair(LOOPBACK)
  // what a peer begins with that does not encrypt
  const hello = new Uint8Array([19, ...Buffer.from('BitTorrent protocol')])
  pair.near.write(hello)
  const findTorrent = indexTorrents([])
  const options = { clock: systemClock, random: randomBytes, stepTimeoutMs: 5000, findTorrent }
  const far = await acceptEncryption(pair.far, { ...options, plaintext: 'accept' })
  return { ...pair, far, opening: hello.length }
}

async function proxiedPair(): Promise<TransportPair> {
  const proxy = await startSocksServer()
  const pair = await pairOf(
    (to, options) => dialSocks(to, { host: '127.0.0.1', port: proxy.port }, options),
    listenTcp,
    LOOPBACK,
  )
  return {
    ...pair,
    isDirect: false,
    close: async () => {
      await pair.close()
      await proxy.close()
    },
  }
}

/** Both ends observed, as with `--capture`. */
async function tappedPair(): Promise<TransportPair> {
  const pair = await tcpPair(LOOPBACK)
  const capture = recordCapture({ clock: systemClock, epochMs: 0, write: () => undefined })
  const near = tapped(pair.near, capture.open(pair.near, 'us'))
  return { ...pair, near, far: tapped(pair.far, capture.open(pair.far, 'peer')) }
}

function memoryPair(): Promise<TransportPair> {
  const [near, far] = memoryTransports()
  const close = () => Promise.resolve(near.abort())
  return Promise.resolve({ near, far, dialled: far.local, isDirect: true, close })
}

const memory = { kind: 'memory', encryption: 'plaintext' } as const
const tcp = { kind: 'tcp', encryption: 'plaintext' } as const
const utp = { kind: 'utp', encryption: 'plaintext' } as const

describeTransport('memory', memoryPair, memory)
describeTransport('TCP', () => tcpPair(LOOPBACK), tcp)
describeTransport('TCP over IPv6', () => tcpPair(LOOPBACK_6), tcp)
describeTransport('TCP through a SOCKS5 proxy', proxiedPair, tcp)
describeTransport('TCP with a capture', tappedPair, tcp)
describeTransport('uTP', () => utpPair(LOOPBACK), utp)
describeTransport('uTP over IPv6', () => utpPair(LOOPBACK_6), utp)
describeTransport('RC4 in memory', async () => encrypted(await memoryPair(), 'rc4'), {
  ...memory,
  encryption: 'rc4',
})
describeTransport('RC4 over TCP', async () => encrypted(await tcpPair(LOOPBACK), 'rc4'), {
  ...tcp,
  encryption: 'rc4',
})
describeTransport('plaintext in MSE over TCP', async () => encrypted(await tcpPair(LOOPBACK), 'plaintext'), {
  ...tcp,
  encryption: 'mse-plaintext',
})
describeTransport('RC4 over uTP', encryptedUtpPair, { ...utp, encryption: 'rc4' })
describeTransport('plaintext where both are accepted', acceptedPlaintext, tcp)
