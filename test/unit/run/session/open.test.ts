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
import { NETWORK_PORTS, probeOptions } from '../../../support/sessions/probe.ts'
import { skippingPorts } from '../../../support/transports/skipping-ports.ts'
import { connect } from '../../../support/verdicts/commands.ts'
import {
  KTORRENT,
  LIBTORRENT,
  type MseDialect,
  speaking,
  TRANSMISSION,
} from '../../../support/mse/mse-dialects.ts'
import { type ScriptedPeer, startPeer } from '../../../support/peers/scripted-peer.ts'

const v1 = new Uint8Array(20).fill(7)
const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Pauses between attempts pass at once. */
const probe = (
  to: { readonly host: string; readonly port: number },
  infoHashes: Parameters<typeof probeOptions>[1],
  changes: Partial<ConnectOptions> = {},
) => connect({ ...probeOptions(to, infoHashes), ...changes }, skippingPorts(NETWORK_PORTS))

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
    /** Of a peer that stops: long enough for what it does send, on a busy machine. Default 10 s. */
    handshakeTimeoutMs?: number
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
      says: 'in plaintext, the peer closed the connection after 0 bytes in and 68 bytes out; with MSE, the peer closed after 0 bytes',
    },
    {
      name: 'resets both',
      mode: 'auto',
      serve: (socket) => socket.once('data', () => socket.resetAndDestroy()),
      expected: ['plaintext reset handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_RESET',
      says: 'with MSE, the connection was reset after 0 bytes',
    },
    {
      name: 'speaks MSE and does not have the torrent',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => socket.end(isPlaintext(bytes) ? '' : publicKey)),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, the peer closed after 96 bytes that can be a public key, without a proof that it knows the torrent (VC)',
    },
    {
      name: 'does the same the other way round',
      mode: 'prefer',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => socket.end(isPlaintext(bytes) ? '' : publicKey)),
      expected: ['rc4 encryption-failed encryption', 'plaintext closed handshake'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, the peer closed after 96 bytes that can be a public key, without a proof',
    },
    {
      name: 'closes on plaintext, and is silent on MSE',
      mode: 'auto',
      serve: (socket) => socket.once('data', (bytes: Buffer) => isPlaintext(bytes) && socket.end()),
      handshakeTimeoutMs: 1500,
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, we closed after 1500 ms and 0 bytes',
    },
    {
      name: 'closes on plaintext, and on MSE sends its key and nothing more',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => (isPlaintext(bytes) ? socket.end() : socket.write(publicKey))),
      handshakeTimeoutMs: 1500,
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, we closed after 1500 ms and 96 bytes that can be a public key, without a proof',
    },
    {
      name: 'closes on plaintext, and answers MSE with 796 bytes without VC',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) =>
          isPlaintext(bytes) ? socket.end() : socket.write(Buffer.concat([publicKey, Buffer.alloc(700, 90)])),
        ),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, the peer sent 796 bytes that are not valid MSE',
    },
    {
      name: 'closes on plaintext, and echoes what MSE begins with',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) => (isPlaintext(bytes) ? socket.end() : socket.write(bytes))),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, the peer sent our own public key back: it does not speak MSE',
    },
    {
      name: 'closes on plaintext, and answers MSE with a page of text',
      mode: 'auto',
      serve: (socket) =>
        socket.once('data', (bytes: Buffer) =>
          isPlaintext(bytes) ? socket.end() : socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(40)),
        ),
      expected: ['plaintext closed handshake', 'rc4 encryption-failed encryption'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'with MSE, the peer sent text where its public key belongs: it does not speak MSE',
    },
    {
      name: 'completes MSE and closes',
      mode: 'require',
      serve: speaking({ ...LIBTORRENT, closesAfterSelect: () => true }, v1),
      expected: ['mse-plaintext closed handshake', 'rc4 closed handshake'],
      code: 'E_HANDSHAKE_CLOSED',
      says: 'MSE was completed, which proves that the peer knows the torrent; then the peer closed',
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
      handshakeTimeoutMs: 1500,
      expected: ['rc4 encryption-failed encryption'],
      code: 'E_ENCRYPTION_FAILED',
      says: '1500 ms',
    },
    {
      name: 'is silent: no second attempt',
      mode: 'auto',
      serve: () => undefined,
      handshakeTimeoutMs: 100,
      expected: ['plaintext timeout handshake'],
      code: 'E_HANDSHAKE_TIMEOUT',
      says: 'no byte was received',
    },
  ]
  test.each(ROWS)('$name', async ({ mode, serve, expected, code, says, handshakeTimeoutMs = 10_000 }) => {
    const report = await probe(await peer(serve), { v1 }, { encryption: mode, handshakeTimeoutMs })
    expect(attempts(report)).toStrictEqual(expected)
    expect(report).toMatchObject({ exitCode: 4, error: { code }, session: null })
    expect(report.error?.message).toContain(says)
    for (const { closedBy, bytesSent } of report.attempts) {
      expect(closedBy).not.toBeNull()
      expect(bytesSent).toBeGreaterThanOrEqual(68)
    }
  })
})

/** `closesAfterSelect` of a peer that closes for good. */
const always = () => true

describe('each dialect of MSE is reached', () => {
  const REFUSED = 'plaintext closed handshake'
  const CLOSED_AFTER_MSE = (encryption: string) => `${encryption} closed handshake`
  const ROWS: readonly {
    readonly name: string
    readonly mode: EncryptionMode
    readonly dialect: MseDialect
    /** Of a peer that may wait for more than we send. */
    readonly handshakeTimeoutMs?: number
    readonly expected: readonly string[]
  }[] = [
    {
      name: 'KTorrent',
      mode: 'auto',
      dialect: KTORRENT,
      expected: [REFUSED, CLOSED_AFTER_MSE('rc4'), 'rc4 ok done'],
    },
    {
      name: 'KTorrent',
      mode: 'require',
      dialect: KTORRENT,
      expected: [CLOSED_AFTER_MSE('rc4'), 'rc4 ok done'],
    },
    {
      name: 'Transmission',
      mode: 'auto',
      dialect: TRANSMISSION,
      expected: [REFUSED, 'mse-plaintext ok done'],
    },
    { name: 'Transmission', mode: 'prefer', dialect: TRANSMISSION, expected: ['mse-plaintext ok done'] },
    { name: 'libtorrent', mode: 'require', dialect: LIBTORRENT, expected: ['mse-plaintext ok done'] },
    {
      name: 'libtorrent with a secret that begins with zero',
      mode: 'auto',
      dialect: { ...LIBTORRENT, dropsZeroIn: (connection) => connection === 1 },
      handshakeTimeoutMs: 2500,
      expected: [REFUSED, 'rc4 encryption-failed encryption', 'mse-plaintext ok done'],
    },
    {
      name: 'one that closes after MSE, and takes plaintext',
      mode: 'prefer',
      dialect: { ...LIBTORRENT, takesPlaintext: true, closesAfterSelect: always },
      expected: [CLOSED_AFTER_MSE('mse-plaintext'), CLOSED_AFTER_MSE('rc4'), 'plaintext ok done'],
    },
  ]
  test.each(ROWS)('$name, $mode', async ({ mode, dialect, expected, handshakeTimeoutMs = 10_000 }) => {
    const report = await probe(
      await peer(speaking(dialect, v1)),
      { v1 },
      { encryption: mode, handshakeTimeoutMs, waitMs: 50, settleMs: 10 },
    )
    expect(attempts(report)).toStrictEqual(expected)
    expect(report).toMatchObject({ exitCode: 0, error: null })
  })
})

test('a spoiled attempt is on record, and says nothing of the torrent', async () => {
  const dialect = { ...LIBTORRENT, dropsZeroIn: () => true }
  // the peer waits for what it cannot find, so each attempt ends by our own limit
  const limits = { encryption: 'require', handshakeTimeoutMs: 1000 } as const
  const report = await probe(await peer(speaking(dialect, v1)), { v1 }, limits)
  expect(attempts(report)).toStrictEqual(Array.from({ length: 3 }, () => 'rc4 encryption-failed encryption'))
  for (const { error } of report.attempts)
    expect(error?.message).toContain('this says nothing of the torrent')
  expect(report.error?.message).toContain('this says nothing of the torrent')
})

test('a close after MSE: the finding, the error and the attempts agree', async () => {
  const dialect = { ...LIBTORRENT, closesAfterSelect: always }
  const report = await probe(await peer(speaking(dialect, v1)), { v1 }, { encryption: 'require' })
  const { bytesReceived, bytesSent } = report.attempts.at(-1) ?? {}
  expect(report.findings).toMatchObject([
    {
      id: 'closed-after-encryption',
      detail: `closed with FIN after ${bytesReceived} bytes from it and ${bytesSent} from us`,
    },
  ])
  expect(report.error?.message).toContain(`after ${bytesReceived} bytes in and ${bytesSent} bytes out`)
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

describe('--transport auto', () => {
  /** A port with uTP, on which TCP is what the first argument makes of it. */
  async function withUtp(tcp: ScriptedPeer | undefined, accepts: 'all' | 'encrypted'): Promise<Endpoint> {
    const port = tcp?.port ?? 0
    const at = { address: '127.0.0.1', family: 4, port } as const
    const listen = acceptEncrypted(listenUtp, {
      clock: systemClock,
      random: (length) => randomBytes(length),
      stepTimeoutMs: 5000,
      findTorrent: indexTorrents([v1]),
      plaintext: accepts === 'all' ? 'accept' : 'refuse',
    })
    const serve = (one: Transport) =>
      void PeerConnection.accept(one, { find: () => ({ infoHash: v1 }) }).catch(() => undefined)
    const listener = await listen(at, serve)
    cleanUps.push(() => listener.close())
    return listener.address
  }
  const ways = (report: ConnectReport) =>
    report.attempts.map(({ transport, encryption, outcome }) => `${transport} ${encryption} ${outcome}`)
  const quick = { transport: 'auto', waitMs: 100, settleMs: 10 } as const
  const hostOf = ({ address: host, port }: Endpoint) => ({ host, port })
  const closing = () => peer((socket) => socket.once('data', () => socket.end()))

  test('TCP is refused', async () => {
    const report = await probe(hostOf(await withUtp(undefined, 'all')), { v1 }, quick)
    expect(ways(report)).toStrictEqual(['tcp plaintext refused', 'utp plaintext ok'])
    expect(report).toMatchObject({ exitCode: 0, session: { transport: 'utp', encryption: 'plaintext' } })
    expect(report.utp).not.toBeNull()
  })

  test('TCP is refused, and plaintext is closed', async () => {
    const report = await probe(hostOf(await withUtp(undefined, 'encrypted')), { v1 }, quick)
    expect(ways(report)).toStrictEqual(['tcp plaintext refused', 'utp plaintext closed', 'utp rc4 ok'])
    expect(report).toMatchObject({ exitCode: 0, session: { transport: 'utp', encryption: 'rc4' } })
  })

  test('TCP is closed, in plaintext and with MSE', async () => {
    const report = await probe(hostOf(await withUtp(await closing(), 'all')), { v1 }, quick)
    expect(ways(report)).toStrictEqual([
      'tcp plaintext closed',
      'tcp rc4 encryption-failed',
      'utp plaintext ok',
    ])
    // the second connection over TCP waits, because Transmission refuses to reconnect within half a second
    const [, second, third] = report.attempts
    expect(second?.startedMs).toBeGreaterThanOrEqual(1000)
    expect((third?.startedMs ?? 0) - (second?.startedMs ?? 0)).toBeGreaterThanOrEqual(1000)
  })

  test('both are refused: one sentence', async () => {
    const gone = await closing()
    await gone.stop()
    const report = await probe(gone, { v1 }, quick)
    expect(ways(report)).toStrictEqual(['tcp plaintext refused', 'utp plaintext refused'])
    expect(report).toMatchObject({
      exitCode: 3,
      error: {
        code: 'E_CONNECT_REFUSED',
        message: `127.0.0.1:${gone.port} refused the connection, over TCP and over uTP`,
      },
    })
  })

  test('TCP is closed, uTP is refused: the error is that of the peer that was reached', async () => {
    const report = await probe(await closing(), { v1 }, quick)
    expect(ways(report)).toStrictEqual([
      'tcp plaintext closed',
      'tcp rc4 encryption-failed',
      'utp plaintext refused',
    ])
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'E_HANDSHAKE_CLOSED' } })
    expect(report.error?.message).toContain('over uTP, 127.0.0.1:')
  })

  test('a proxy carries only TCP', async () => {
    const proxy = { host: '127.0.0.1', port: 1 }
    const report = await probe({ host: '127.0.0.1', port: 9 }, { v1 }, { ...quick, proxy })
    expect(ways(report)).toStrictEqual(['tcp plaintext unreachable'])
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
