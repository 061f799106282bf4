import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/net/clock.ts'
import { PeerConnection } from '../../src/net/peer-connection.ts'
import { startSeeder, type Seeder } from '../../src/net/seeder.ts'
import { listenTcp } from '../../src/net/tcp.ts'
import type { ServedPeerReport } from '../../src/report/model.ts'
import { connect } from '../../src/run/connect.ts'
import { ServeLog } from '../../src/run/serve-log.ts'
import type { ServeOptions } from '../../src/run/serve-options.ts'
import { sessionOptions, testPorts, withMetainfo } from '../support/fetch-setup.ts'
import { EXTENSION_ROWS, FRAMING_ROWS, MESSAGE_ROWS, type HostileRow } from '../support/hostile-rows.ts'
import { startPeer } from '../support/scripted-peer.ts'
import { INFO_HASH, request, TORRENT } from '../support/seeder.ts'

/*
 * Inputs that broke other clients, over loopback. An error that nobody caught fails the run by itself. Elsewhere, and not
 * repeated here:
 *
 * H15 a handshake that drips      seeder/seeder.test.ts, "is closed in time"
 * H18 our own peer id             session/peer-session.test.ts, "refused handshakes"
 * H19, H24 before metadata        session/availability.test.ts
 * H23 a flood, answers never read seeder/seeder.test.ts, "bounds"; run/connect-peers.test.ts
 * H28 from a seed of metadata     run/metadata.test.ts, metadata-fetch.test.ts
 * H29 metadata with a valid hash  wire-metainfo.test.ts
 * H30 lists of peers              extension/pex.test.ts
 */
const ROWS: readonly HostileRow[] = [...FRAMING_ROWS, ...MESSAGE_ROWS, ...EXTENSION_ROWS]

const NEVER = 600_000

/** What `connect` reports of a peer that says this, closes its side, and reads on. */
async function diagnose(bytes: Uint8Array) {
  const peer = await startPeer((socket) => socket.resume().end(bytes))
  try {
    return await connect(
      {
        ...sessionOptions(peer, withMetainfo(TORRENT.metainfo)),
        encryption: 'off',
        interested: false,
        handshakeTimeoutMs: NEVER,
        settleMs: NEVER,
        waitMs: NEVER,
      },
      testPorts(),
    )
  } finally {
    await peer.stop()
  }
}

describe.each(ROWS)('as initiator: $name', ({ bytes, seed }) => {
  test('is a typed error or a finding', async () => {
    const report = await diagnose(bytes)
    const ids = report.findings.map(({ id }) => id)
    expect(report).toMatchObject({ ok: false, error: { code: seed.code ?? 'E_SESSION_CLOSED' } })
    expect(ids).toStrictEqual(expect.arrayContaining([...(seed.finds ?? [])]))
  })
})

/** A seeder on a free port of loopback, judged as `serve --strict` does, and what became of each connection. */
class StrictSeeder {
  readonly #closed = new Map<string, ServedPeerReport>()
  readonly #wakers = new Set<() => void>()
  #seeder: Seeder | undefined
  port = 0

  async start(): Promise<void> {
    const torrent = { metainfo: TORRENT.metainfo, store: TORRENT.store, have: 'all' } as const
    const listen = { address: '127.0.0.1', port: 0, family: 4 } as const
    const options: ServeOptions = {
      source: { type: 'files', metainfo: TORRENT.metainfo, dataPath: 'here' },
      have: undefined,
      listen,
      once: false,
      strict: true,
      faults: [],
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onNews: (news) => {
        if (news.type === 'closed') this.#tell(news.report)
      },
    }
    const log = new ServeLog(options, torrent, systemClock.now(), () => {})
    this.#seeder = await startSeeder({
      listen,
      torrent,
      transports: [listenTcp],
      peerId: new Uint8Array(20).fill(7),
      random: () => 0,
      onEvent: (event) => log.event(event),
    })
    this.port = this.#seeder.address.port
  }

  async stop(): Promise<void> {
    await this.#seeder?.close('abort')
  }

  /** What a client says, with its FIN behind it, and how that was reported. */
  async take(bytes: Uint8Array): Promise<ServedPeerReport> {
    const socket = await this.dial()
    const remote = `127.0.0.1:${socket.localPort}`
    socket.resume().end(bytes)
    for (;;) {
      const report = this.#closed.get(remote)
      if (report !== undefined) return report
      await new Promise<void>((resolve) => this.#wakers.add(resolve))
    }
  }

  async dial(): Promise<Socket> {
    const socket = dial(this.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  connect(): Promise<PeerConnection> {
    return PeerConnection.connect(
      { host: '127.0.0.1', port: this.port },
      {
        torrent: { infoHash: INFO_HASH, pieceCount: 40, extensionHandshake: {}, have: 'none' },
        features: ['fast', 'extension-protocol'],
        handshakeTimeoutMs: 10_000,
      },
    )
  }

  #tell(report: ServedPeerReport): void {
    this.#closed.set(report.remote, report)
    for (const wake of this.#wakers) wake()
    this.#wakers.clear()
  }
}

const seeder = new StrictSeeder()

beforeAll(() => seeder.start())
afterAll(() => seeder.stop())

async function fetchBlock(connection: PeerConnection, piece: number): Promise<void> {
  await connection.send(request(piece))
  for await (const message of connection) if (message.type === 'piece') return
  throw new Error('the seeder closed')
}

/** One that was there before everything else, and has its slot. */
async function bystander(): Promise<PeerConnection> {
  const connection = await seeder.connect()
  await connection.send({ type: 'interested' })
  await connection.until(() => !connection.state.choking.peerChoking)
  return connection
}

describe('as acceptor', () => {
  let other: PeerConnection | undefined

  beforeAll(async () => {
    other = await bystander()
  })
  afterAll(() => other?.close())

  test.each(ROWS)(
    '$name is a typed error or a deviation, and others are served on',
    async ({ bytes, leecher }) => {
      const report = await seeder.take(bytes)
      expect(report.error?.code).toBe(leecher.code)
      const ids = report.deviations.map(({ id }) => id)
      expect(ids).toStrictEqual(expect.arrayContaining([...(leecher.finds ?? [])]))
      if (other === undefined) throw new Error('nobody else is there')
      await fetchBlock(other, 1)
      const next = await bystander()
      await fetchBlock(next, 38)
      await next.close()
    },
  )

  test('H12 fifty connections drip behind a length prefix, and others are served on', async () => {
    const row = FRAMING_ROWS.find(({ name }) => name.includes('drip'))
    const bytes = row?.bytes ?? new Uint8Array()
    const reports = await Promise.all(Array.from({ length: 50 }, () => seeder.take(bytes)))
    expect(reports.map(({ error }) => error?.code)).toStrictEqual(Array(50).fill('E_FRAME_TOO_LARGE'))
    if (other !== undefined) await fetchBlock(other, 2)
  })
})
