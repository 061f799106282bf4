import type { Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/net/clock.ts'
import { acceptEncrypted } from '../../../../src/net/mse/listen.ts'
import { PeerConnection } from '../../../../src/net/connection/peer-connection.ts'
import { listenTcp } from '../../../../src/net/tcp/tcp.ts'
import type { Endpoint, Listen, Transport } from '../../../../src/net/transport.ts'
import { listenUtp } from '../../../../src/net/utp/utp.ts'
import type { ConnectReport } from '../../../../src/report/model/connect.ts'
import type { ConnectOptions, EncryptionMode } from '../../../../src/run/options.ts'
import { encodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import { bigintDiffieHellman, indexTorrents } from '../../../../src/wire/mse/keys.ts'
import { probe } from '../../../support/probe.ts'
import { type ScriptedPeer, startPeer } from '../../../support/scripted-peer.ts'

const v1 = new Uint8Array(20).fill(7)
const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const attempts = (report: ConnectReport) =>
  report.attempts.map(({ encryption, outcome, phase }) => `${encryption} ${outcome} ${phase}`)

/** A peer that does what the function does with each connection, and answers FIN with FIN. */
async function peer(serve: (socket: Socket) => void): Promise<ScriptedPeer> {
  const started = await startPeer(serve, { allowHalfOpen: false })
  cleanUps.push(() => started.stop())
  return started
}

const isPlaintext = (bytes: Buffer) => bytes.includes('BitTorrent protocol')
const publicKey = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(9))
const answer = encodeHandshake({ reserved: new Uint8Array(8), infoHash: v1, peerId: randomBytes(20) })

describe('a peer that takes neither', () => {
  const ROWS: readonly {
    name: string
    mode: EncryptionMode
    serve: (socket: Socket) => void
    expected: readonly string[]
    code: string
    says: string
  }[] = [
    {
      name: 'hangs up on both without a byte',
      mode: 'auto',
      serve: (socket) => socket.once('data', () => socket.end()),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'refuses before it knows what is asked',
    },
    {
      name: 'resets both',
      mode: 'auto',
      serve: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      expected: ['plaintext reset handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_RESET',
      says: 'refuses before it knows what is asked',
    },
    {
      name: 'speaks MSE and does not have the torrent',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => socket.end(isPlaintext(bytes) ? '' : publicKey)),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'most likely does not have this torrent',
    },
    {
      name: 'does the same the other way round',
      mode: 'prefer',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => socket.end(isPlaintext(bytes) ? '' : publicKey)),
      expected: ['rc4 encryption-failed encryption', 'plaintext closed handshake'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'most likely does not have this torrent',
    },
    {
      name: 'is no BitTorrent peer',
      mode: 'prefer',
      serve: (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      expected: ['rc4 encryption-failed encryption', 'plaintext not-bittorrent handshake'],
      code: 'E_NOT_BITTORRENT_HTTP',
      says: 'HTTP',
    },
    {
      name: 'has sent a byte: no second attempt',
      mode: 'auto',
      serve: (socket) => socket.once('data', () => socket.end(Uint8Array.of(19))),
      expected: ['plaintext closed handshake'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'closed',
    },
    {
      name: 'never synchronises: exit 4 within its limit',
      mode: 'require',
      serve: (socket) => socket.write(publicKey),
      expected: ['rc4 encryption-failed encryption'],
      code: 'E_ENCRYPTION_FAILED',
      says: '100 ms',
    },
    {
      name: 'is silent: no second attempt',
      mode: 'auto',
      serve: () => undefined,
      expected: ['plaintext timeout handshake'],
      code: 'E_HANDSHAKE_TIMEOUT',
      says: 'no byte came',
    },
  ]
  test.each(ROWS)('$name', async ({ mode, serve, expected, code, says }) => {
    const report = await probe(await peer(serve), { v1 }, { encryption: mode, handshakeTimeoutMs: 100 })
    expect(attempts(report)).toStrictEqual(expected)
    expect(report).toMatchObject({ exitCode: 4, error: { code }, session: null })
    expect(report.error?.message).toContain(says)
    for (const { closedBy, bytesSent } of report.attempts) {
      expect(closedBy).not.toBeNull()
      expect(bytesSent).toBeGreaterThanOrEqual(68)
    }
  })
})

test('a peer that can do without encryption is not asked for it', async () => {
  const to = await peer((socket) => socket.once('data', () => socket.write(answer)))
  const report = await probe(to, { v1 }, { waitMs: 50, settleMs: 10 })
  expect(attempts(report)).toStrictEqual(['plaintext ok done'])
  expect(report.session).toStrictEqual({ transport: 'tcp', encryption: 'plaintext' })
})

const LISTENERS: Readonly<Record<'tcp' | 'utp', Listen>> = { tcp: listenTcp, utp: listenUtp }

describe.each(['tcp', 'utp'] as const)('over %s', (transport) => {
  const ADDRESSES: readonly Pick<Endpoint, 'address' | 'family'>[] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  test.each(ADDRESSES)('to $address, from an address that was chosen, encrypted', async (at) => {
    const sources: string[] = []
    const listen = acceptEncrypted(LISTENERS[transport], {
      clock: systemClock,
      random: (length) => randomBytes(length),
      stepTimeoutMs: 5000,
      findTorrent: indexTorrents([v1]),
      plaintext: 'refuse',
    })
    const accepted = async (accepted: Transport) => {
      sources.push(accepted.remote.address)
      await PeerConnection.accept(accepted, { find: () => ({ infoHash: v1 }) })
    }
    const listener = await listen({ ...at, port: 0 }, (one) => void accepted(one))
    cleanUps.push(() => listener.close())
    const source = at.family === 4 ? '127.0.0.9' : '::1'
    const changes: Partial<ConnectOptions> = { transport, source, family: at.family, waitMs: 200 }
    const to = { host: at.address, port: listener.address.port }
    const report = await probe(to, { v1 }, { ...changes, encryption: 'require' })
    expect(attempts(report)).toStrictEqual(['rc4 ok done'])
    expect(report.target).toMatchObject({ address: at.address, family: at.family })
    expect(sources).toStrictEqual([source])
    expect(report.utp?.packetsSent ?? 0).toBeGreaterThan(transport === 'utp' ? 3 : -1)
    expect(report.timing.encryptionMs).not.toBeNull()
  })

  test('a local address that is not ours is local trouble', async () => {
    const to = { host: '127.0.0.1', port: 9 }
    const report = await probe(to, { v1 }, { transport, source: '192.0.2.1' })
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_BIND' } })
  })
})

describe('what cannot be done together is refused before anything is sent', () => {
  test.each([
    { transport: 'utp', proxy: { host: '127.0.0.1', port: 1 } },
    {
      peer: { input: 'peer.invalid:9', host: 'peer.invalid', port: 9 },
      proxy: { host: '127.0.0.1', port: 1 },
      family: 4,
    },
    { features: { fast: true, extensions: true, dht: false, v2: true } },
  ] satisfies Partial<ConnectOptions>[])('%o', async (changes) => {
    const report = await probe({ host: '127.0.0.1', port: 9 }, { v1 }, changes)
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'E_USAGE' }, attempts: [] })
  })
})
