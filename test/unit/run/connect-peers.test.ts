import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../src/base/bytes.ts'
import { PeerError, type ErrorCode } from '../../../src/base/errors.ts'
import type { AttemptReport } from '../../../src/report/model/session.ts'
import type { ConnectOptions } from '../../../src/run/options.ts'
import { encodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'
import { encodeMessage, encodeMessages } from '../../../src/wire/message/message.ts'
import { sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { answering, startPeer, type ScriptedPeer } from '../../support/peers/scripted-peer.ts'
import { EXTENSION_HANDSHAKE, INFO_HASH, theirHandshake, theirStart } from '../../support/sessions/session.ts'
import { connect } from '../../support/verdicts/commands.ts'

// where a wait ought not to happen it is longer than a test may take
const NEVER = 600_000

const PEER = { host: '127.0.0.1', port: 9 }
const WHOLE = theirStart([EXTENSION_HANDSHAKE, { type: 'have-all' }])

let peer: ScriptedPeer | undefined

afterEach(async () => {
  await peer?.stop()
  peer = undefined
})

function optionsFor(
  to: { readonly host: string; readonly port: number },
  changes: Partial<ConnectOptions> = {},
): ConnectOptions {
  return {
    ...sessionOptions(to, { infoHashes: { v1: INFO_HASH } as never }),
    // a second attempt with MSE is a story of its own
    encryption: 'off',
    connectTimeoutMs: NEVER,
    handshakeTimeoutMs: NEVER,
    unchokeTimeoutMs: NEVER,
    interested: false,
    settleMs: 20,
    waitMs: NEVER,
    ...changes,
  }
}

async function connectTo(talk: (socket: Socket) => void, changes: Partial<ConnectOptions> = {}) {
  peer = await startPeer(talk)
  return connect(optionsFor(peer, changes), testPorts())
}

interface FailureRow {
  readonly name: string
  readonly talk: (socket: Socket) => void
  readonly options?: Partial<ConnectOptions>
  readonly exitCode: number
  readonly code: ErrorCode
  readonly attempt: Partial<AttemptReport>
}

const OURS = { closedBy: 'us', closeKind: 'fin' } as const
const FOREIGN = { outcome: 'not-bittorrent', phase: 'handshake', ...OURS } as const

const BEFORE_HANDSHAKE: readonly FailureRow[] = [
  {
    name: 'silent',
    talk: (socket) => socket.resume(),
    options: { handshakeTimeoutMs: 30 },
    exitCode: 4,
    code: 'E_HANDSHAKE_TIMEOUT',
    attempt: { outcome: 'timeout', phase: 'handshake', bytesSent: 68, bytesReceived: 0, ...OURS },
  },
  {
    name: 'an HTTP server',
    talk: answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    exitCode: 4,
    code: 'E_NOT_BITTORRENT_HTTP',
    attempt: FOREIGN,
  },
  {
    name: 'an SSH banner',
    talk: (socket) => socket.resume().write('SSH-2.0-OpenSSH_9.2p1\r\n'),
    exitCode: 4,
    code: 'E_NOT_BITTORRENT_SSH',
    attempt: FOREIGN,
  },
  {
    name: 'random bytes',
    talk: (socket) => socket.resume().write(new Uint8Array(1000).fill(0x99)),
    exitCode: 4,
    code: 'E_NOT_BITTORRENT',
    attempt: FOREIGN,
  },
  {
    name: 'closes at once',
    talk: (socket) => socket.resume().end(),
    exitCode: 4,
    code: 'E_HANDSHAKE_CLOSED',
    attempt: { outcome: 'closed', phase: 'handshake', closedBy: 'peer', closeKind: 'fin' },
  },
  {
    name: 'closes in the middle of its handshake',
    talk: (socket) => socket.resume().end(theirHandshake().subarray(0, 48)),
    exitCode: 4,
    code: 'E_HANDSHAKE_CLOSED',
    attempt: { outcome: 'closed', bytesReceived: 48, closedBy: 'peer', closeKind: 'fin' },
  },
  {
    name: 'resets',
    talk: (socket) => socket.once('data', () => socket.resetAndDestroy()),
    exitCode: 4,
    code: 'E_HANDSHAKE_RESET',
    attempt: { outcome: 'reset', phase: 'handshake', bytesSent: 68, closedBy: 'peer', closeKind: 'rst' },
  },
  {
    name: 'another info hash',
    talk: answering(theirHandshake([], { infoHash: new Uint8Array(20) })),
    exitCode: 4,
    code: 'E_WRONG_INFO_HASH',
    attempt: { outcome: 'wrong-info-hash', phase: 'handshake', ...OURS },
  },
]

const AFTER_HANDSHAKE: readonly FailureRow[] = [
  {
    name: 'closes after the handshake',
    talk: answering(theirHandshake(), (socket) => socket.end()),
    exitCode: 5,
    code: 'E_SESSION_CLOSED',
    attempt: { outcome: 'closed', phase: 'extension-handshake', closedBy: 'peer', closeKind: 'fin' },
  },
  {
    name: 'FIN in the segment of the last message',
    talk: (socket) => socket.resume().end(WHOLE),
    // Node shuts the socket down after the write: on a busy machine the FIN comes later than a short quiet time ends
    options: { settleMs: NEVER },
    exitCode: 5,
    code: 'E_SESSION_CLOSED',
    attempt: {
      outcome: 'closed',
      phase: 'choking',
      bytesReceived: WHOLE.length,
      closedBy: 'peer',
      closeKind: 'fin',
    },
  },
  {
    name: 'a giant frame',
    talk: answering(concat([WHOLE, fromHex('ffffffff')])),
    exitCode: 5,
    code: 'E_FRAME_TOO_LARGE',
    attempt: { outcome: 'protocol-error', phase: 'choking', ...OURS },
  },
  {
    name: 'a giant frame and FIN in one segment',
    talk: (socket) => socket.resume().end(concat([WHOLE, fromHex('80000000'), new Uint8Array(9000)])),
    exitCode: 5,
    code: 'E_FRAME_TOO_LARGE',
    attempt: { outcome: 'protocol-error', phase: 'choking' },
  },
  {
    name: 'never unchokes',
    talk: answering(WHOLE),
    options: { interested: true, unchokeTimeoutMs: 30 },
    exitCode: 6,
    code: 'E_UNCHOKE_TIMEOUT',
    attempt: { outcome: 'timeout', phase: 'choking', ...OURS },
  },
  {
    name: 'talks for ever and never unchokes',
    talk: answering(WHOLE, (socket) => flood(socket, new Uint8Array(4000))),
    options: { interested: true, unchokeTimeoutMs: 30 },
    exitCode: 6,
    code: 'E_UNCHOKE_TIMEOUT',
    attempt: { outcome: 'timeout', phase: 'choking', closedBy: 'us' },
  },
]

/** Writes the same over and over, as fast as it is read. */
function flood(socket: Socket, bytes: Uint8Array): void {
  const write = () => {
    while (!socket.destroyed && socket.writable && socket.write(bytes));
  }
  socket.on('drain', write)
  write()
}

describe.each([...BEFORE_HANDSHAKE, ...AFTER_HANDSHAKE])('a peer that fails: $name', (row) => {
  test(`is reported as ${row.code}`, async () => {
    const report = await connectTo(row.talk, row.options)
    expect(report).toMatchObject({ ok: false, exitCode: row.exitCode, error: { code: row.code } })
    expect(report.attempts).toHaveLength(1)
    expect(report.attempts[0]).toMatchObject({ ...row.attempt, error: { code: row.code } })
    expect(report.error?.phase).toBe(report.attempts[0]?.phase)
    expect(report.handshake === null).toBe(row.exitCode === 4 && row.code !== 'E_WRONG_INFO_HASH')
  })
})

describe('a peer that answers', () => {
  test('all of it in one segment: reported without waiting for more than quiet', async () => {
    const report = await connectTo(answering(WHOLE))
    expect(report).toMatchObject({
      handshake: { features: ['extension-protocol', 'dht', 'fast'] },
      extensionHandshake: { client: 'peer 1' },
      availability: { source: 'have-all', percent: 100 },
      attempts: [{ outcome: 'ok', phase: 'done', bytesReceived: WHOLE.length, ...OURS }],
    })
    expect(report.error?.code).not.toBe('E_SESSION_CLOSED')
  })

  test('what was promised and never comes is waited for once, even while the peer talks', async () => {
    const report = await connectTo(
      answering(theirHandshake(['fast']), (socket) => flood(socket, new Uint8Array(4000))),
      { waitMs: 50 },
    )
    expect(report).toMatchObject({
      availability: { source: 'none' },
      attempts: [{ outcome: 'ok', closedBy: 'us' }],
    })
  })

  test('byte by byte', async () => {
    const talk = (socket: Socket) => {
      socket.resume()
      const next = (at: number) => {
        if (at < WHOLE.length) socket.write(WHOLE.subarray(at, at + 1), () => setImmediate(next, at + 1))
      }
      next(0)
    }
    expect(await connectTo(talk)).toMatchObject({ availability: { source: 'have-all' } })
  })

  test('asks and never reads the answers', async () => {
    const request = encodeMessage({ type: 'request', piece: 0, begin: 0, length: 16_384 })
    const requests = concat(Array.from({ length: 3000 }, () => request))
    const talk = (socket: Socket) => {
      socket.write(WHOLE)
      flood(socket, requests)
    }
    const report = await connectTo(talk, { waitMs: 300, settleMs: 200 })
    expect(report.attempts[0]).toMatchObject({ outcome: 'ok', closedBy: 'us' })
    expect(report.messages.received['request']).toBeGreaterThan(3000)
  })

  test('sends on after our FIN', async () => {
    const talk = answering(WHOLE, (socket) => {
      socket.on('end', () => socket.end(encodeMessages([{ type: 'unchoke' }, { type: 'have', piece: 1 }])))
    })
    const report = await connectTo(talk)
    expect(report.attempts[0]).toMatchObject({ outcome: 'ok', bytesReceived: WHOLE.length, ...OURS })
  })

  test('a client name of a megabyte, with everything in it that a terminal should not get', async () => {
    const name = '\u001b[2J\u202e\u0000x'.repeat(120_000)
    const payload = encodeExtensionHandshake({ client: name })
    const report = await connectTo(
      answering(theirStart([{ type: 'extended', id: 0, payload }, { type: 'have-none' }])),
    )
    expect(report.extensionHandshake?.client).toMatchObject({ truncated: true })
    expect(JSON.stringify(report).length).toBeLessThan(1_000_000)
  })

  test('invalid UTF-8 as a name', async () => {
    const payload = concat([Buffer.from('d1:v4:'), fromHex('ff1bfe00'), Buffer.from('e')])
    const report = await connectTo(
      answering(theirStart([{ type: 'extended', id: 0, payload }, { type: 'have-none' }])),
    )
    expect(report.extensionHandshake?.client).toStrictEqual({ hex: 'ff1bfe00' })
  })
})

describe('finding the peer', () => {
  test('refused', async () => {
    peer = await startPeer(() => {})
    const { port } = peer
    await peer.stop()
    expect(await connect(optionsFor({ ...PEER, port }), testPorts())).toMatchObject({
      exitCode: 3,
      error: { code: 'E_CONNECT_REFUSED', phase: 'connect' },
      attempts: [{ outcome: 'refused', phase: 'connect', closedBy: null, closeKind: null, bytesSent: 0 }],
      session: null,
      handshake: null,
    })
  })

  test('a name of two addresses, of which the first is dead', async () => {
    peer = await startPeer(answering(WHOLE))
    const resolve = () =>
      Promise.resolve([{ address: '::1', family: 6 } as const, { address: '127.0.0.1', family: 4 } as const])
    const ports = { ...testPorts(), resolve }
    const dial: typeof ports.dial = (to, options) =>
      to.family === 6
        ? Promise.reject(
            new PeerError('E_CONNECT_REFUSED', '[::1]:9 refused the connection', {
              phase: 'connect',
            }),
          )
        : ports.dial(to, options)
    const report = await connect(optionsFor({ host: 'peer.example', port: peer.port }), { ...ports, dial })
    expect(report.attempts).toMatchObject([
      { address: '::1', outcome: 'refused', phase: 'connect' },
      { address: '127.0.0.1', outcome: 'ok', phase: 'done' },
    ])
    expect(report).toMatchObject({
      target: { input: 'peer.example:' + peer.port, address: '127.0.0.1', family: 4 },
    })
    expect(report.timing.dnsMs).not.toBeNull()
  })

  test('whoever accepts and then fails is the peer that was meant', async () => {
    peer = await startPeer((socket) => socket.resume().end())
    const resolve = () =>
      Promise.resolve([
        { address: '127.0.0.1', family: 4 } as const,
        { address: '127.0.0.2', family: 4 } as const,
      ])
    const report = await connect(optionsFor({ host: 'peer.example', port: peer.port }), {
      ...testPorts(),
      resolve,
    })
    expect(report.attempts).toHaveLength(1)
  })

  test('an address that is not ours cannot be dialled from', async () => {
    for (const source of ['192.0.2.1', '::1']) {
      const report = await connect(optionsFor(PEER, { source }), testPorts())
      expect(report).toMatchObject({
        exitCode: 9,
        error: { code: 'E_BIND' },
        attempts: [{ outcome: 'local-error' }],
      })
    }
  })
})

describe('an interruption', () => {
  const stop = new PeerError('E_INTERRUPTED', 'stopped by SIGINT')

  test.each(['handshake', 'extension-handshake', 'availability', 'choking'] as const)(
    'in the phase %s',
    async (phase) => {
      const said = {
        handshake: new Uint8Array(),
        'extension-handshake': theirHandshake(),
        availability: theirStart([EXTENSION_HANDSHAKE]),
        choking: WHOLE,
      }
      const controller = new AbortController()
      const last = { handshake: 3, 'extension-handshake': 5, availability: 6, choking: 7 }[phase]
      let events = 0
      peer = await startPeer(answering(said[phase], undefined))
      const trace = () => {
        if (++events > last) setImmediate(() => controller.abort(stop))
      }
      const options = optionsFor(peer, { interested: true, trace })
      const report = await connect(options, testPorts(controller.signal))
      expect(report).toMatchObject({
        exitCode: 130,
        error: { code: 'E_INTERRUPTED', phase },
        attempts: [{ outcome: 'local-error', phase, closedBy: 'us', closeKind: 'rst' }],
      })
    },
  )

  test('while the name is looked up, while connecting, and before anything', async () => {
    const rows = [
      { phase: 'resolve', ports: { resolve: () => new Promise<never>(() => {}) } },
      {
        phase: 'connect',
        ports: {
          dial: (_: unknown, { signal }: { readonly signal?: AbortSignal | undefined }) =>
            new Promise<never>((_resolve, reject) => {
              signal?.addEventListener('abort', () => reject(signal.reason))
            }),
        },
      },
    ]
    for (const { phase, ports } of rows) {
      const controller = new AbortController()
      const running = connect(optionsFor(PEER), { ...testPorts(controller.signal), ...ports })
      setImmediate(() => controller.abort(stop))
      expect(await running).toMatchObject({
        exitCode: 130,
        error: { code: 'E_INTERRUPTED', phase },
        session: null,
      })
    }
    const rejects = () => Promise.reject(new PeerError('E_NAME_NOT_FOUND', 'nobody listens to this'))
    const before = { ...testPorts(AbortSignal.abort(stop)), resolve: rejects }
    expect(await connect(optionsFor(PEER), before)).toMatchObject({
      error: { code: 'E_INTERRUPTED', phase: 'resolve' },
    })
  })

  test('a signal without a reason of ours is an interruption, not a bug', async () => {
    const report = await connect(optionsFor(PEER), testPorts(AbortSignal.abort()))
    expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' } })
  })
})
