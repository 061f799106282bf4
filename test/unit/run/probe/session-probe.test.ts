import { afterEach, describe, expect, test } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import { dialTcp } from '../../../../src/net/tcp/tcp.ts'
import { runProbe } from '../../../../src/run/probe/run-probe.ts'
import type { TraceEvent, TraceMessage } from '../../../../src/trace/event.ts'
import type { Probe } from '../../../../src/trace/probe.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import type { Metainfo } from '../../../../src/wire/torrent/metainfo.ts'
import { FakePeer } from '../../../support/peers/fake-peer.ts'
import { testPorts } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { probeContext, USUAL_PROBE } from '../../../support/sessions/probe-context.ts'
import { startPeer } from '../../../support/peers/scripted-peer.ts'
import { type SeederScript, startSeeder } from '../../../support/peers/scripted-seeder.ts'
import { INFO_HASH } from '../../../support/sessions/session.ts'

const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const TORRENT = makeV1Torrent({ pieceLength: 32_768, length: 3 * 32_768 })

/** A torrent whose pieces have other hashes than its data. */
const LYING: Metainfo = { ...TORRENT.metainfo, pieceHashes: new Uint8Array(60) }

const METADATA_SIZE = TORRENT.metainfo.infoBytes.length

const DAMAGED: SeederScript = {
  onMetadataRequest: (_, answer) => [
    answer.type === 'data' ? { ...answer, data: answer.data.map((byte) => byte ^ 1) } : answer,
  ],
}

type Closed = Extract<TraceEvent, { readonly type: 'closed' }>
type Ended = Extract<TraceEvent, { readonly type: 'ended' }>

/** The events of a probe, and what is asked of them. */
class Events {
  readonly all: TraceEvent[] = []

  get types(): readonly string[] {
    return this.all.map(({ type }) => type)
  }

  get closed(): Closed | undefined {
    return this.all.find((event): event is Closed => event.type === 'closed')
  }

  get ended(): Ended | undefined {
    return this.all.find((event): event is Ended => event.type === 'ended')
  }

  messages(direction: 'sent' | 'received'): readonly TraceMessage[] {
    return this.all.flatMap((event) =>
      event.type === direction && event.what === 'message' ? [event.message] : [],
    )
  }

  get sentHandshake() {
    const found = this.all.find((event) => event.type === 'sent' && event.what === 'handshake')
    return found?.type === 'sent' && found.what === 'handshake' ? found.handshake : undefined
  }

  get requests(): readonly string[] {
    return this.messages('sent').flatMap((message) =>
      message.type === 'request' ? [`${message.piece} ${message.begin}+${message.length}`] : [],
    )
  }

  get metadata() {
    return this.all.flatMap((event) => (event.type === 'metadata' ? [event] : []))
  }

  get verified() {
    return this.all.flatMap((event) => (event.type === 'verified' ? [event.good] : []))
  }
}

/** Runs a probe against a seeder on loopback. */
async function probeSeeder(
  script: SeederScript,
  probe: Partial<Probe> = {},
  metainfo: Metainfo | null = TORRENT.metainfo,
): Promise<Events> {
  const seeder = await startSeeder(TORRENT, script)
  cleanUps.push(() => seeder.stop())
  const events = new Events()
  const { infoHashes } = TORRENT.metainfo
  const target = { infoHashes, name: undefined, metainfo: metainfo ?? undefined }
  const context = probeContext(seeder, testPorts(), (event) => events.all.push(event), target)
  await runProbe({ ...USUAL_PROBE, ...probe }, 1, context)
  return events
}

describe('a session', () => {
  test('requests two blocks and the rest of the piece, hashes it, and closes with FIN', async () => {
    const events = await probeSeeder({})
    expect(events.requests).toStrictEqual(['0 0+16384', '0 16384+16384'])
    expect(events.verified).toStrictEqual([true])
    expect(events.closed).toMatchObject({ by: 'us', kind: 'fin' })
    expect(events.ended).toMatchObject({ error: null })
    expect(events.types.indexOf('closed')).toBeLessThan(events.types.indexOf('ended'))
  })

  test('of an unknown torrent fetches the metadata first, and then knows what to hash', async () => {
    const events = await probeSeeder({}, {}, null)
    expect(events.all.filter(({ type }) => type === 'target')).toMatchObject([{ pieceCount: 3 }])
    expect(events.metadata).toMatchObject([{ outcome: 'verified', size: METADATA_SIZE, received: 1 }])
    expect(events.verified).toStrictEqual([true])
  })

  test('of a known torrent does not ask for the metadata', async () => {
    expect((await probeSeeder({})).metadata).toStrictEqual([])
  })

  test('records metadata with another hash, requests blocks all the same, and ends with that error', async () => {
    const events = await probeSeeder(DAMAGED, {}, null)
    expect(events.metadata).toMatchObject([{ outcome: 'hash-wrong', size: METADATA_SIZE, received: 1 }])
    expect(events.requests).toHaveLength(2)
    expect(events.ended?.error?.code).toBe('E_METADATA_HASH')
  })

  test('is not over with damaged metadata: what ends it is what happens after that', async () => {
    const rejects: SeederScript = {
      ...DAMAGED,
      onRequest: (request, { send }) => send({ type: 'reject', ...request }),
    }
    const events = await probeSeeder(rejects, {}, null)
    expect(events.metadata).toMatchObject([{ outcome: 'hash-wrong' }])
    expect(events.ended?.error?.code).toBe('E_REQUEST_REJECTED')
  })

  test('records that the peer closed before the metadata came as a close alone', async () => {
    const script: SeederScript = { onMetadataRequest: (_, __, { close }) => (close(), []) }
    const events = await probeSeeder(script, {}, null)
    expect(events.metadata).toStrictEqual([])
    expect(events.ended?.error?.code).toBe('E_SESSION_CLOSED')
  })

  test('without metadata requests the first block of two pieces', async () => {
    const events = await probeSeeder({ offersMetadata: false, metadataSize: null }, {}, null)
    expect(events.requests).toStrictEqual(['0 0+16384', '1 0+16384'])
    expect(events.verified).toStrictEqual([])
    expect(events.ended).toMatchObject({ error: null })
  })

  test('records a rejected request for metadata, and goes on', async () => {
    const script: SeederScript = { onMetadataRequest: (piece) => [{ type: 'reject', piece }] }
    const events = await probeSeeder(script, {}, null)
    expect(events.messages('received')).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ kind: 'reject' }) as unknown }),
    )
    expect(events.metadata).toMatchObject([{ outcome: 'rejected', received: 0 }])
    expect(events.ended).toMatchObject({ error: null })
    expect(events.requests).toHaveLength(2)
  })

  test('says that a piece is not what the torrent says', async () => {
    const events = await probeSeeder({}, {}, LYING)
    expect(events.verified).toStrictEqual([false])
    expect(events.ended?.error?.code).toBe('E_PIECE_HASH')
  })

  test('of a choked piece that is allowed goes on until it is unchoked, or not', async () => {
    const events = await probeSeeder({
      greeting: [{ type: 'allowed-fast', piece: 2 }],
      onInterested: () => undefined,
    })
    expect(events.requests.slice(0, 2)).toStrictEqual(['2 0+16384', '2 16384+16384'])
    expect(events.verified).toStrictEqual([true])
    expect(events.ended?.error?.code).toBe('E_UNCHOKE_TIMEOUT')
  })

  test('for a random hash is about the handshake alone', async () => {
    const peer = new ProbedPeer()
    await peer.startSession({ hash: 'random' })
    const asked = peer.events.sentHandshake?.infoHash ?? ''
    expect(asked).not.toBe(toHex(INFO_HASH))
    await peer.handshake(Buffer.from(asked, 'hex'), 'fast')
    await peer.say({ type: 'have-all' })
    for (let i = 0; i < 30; i++) await peer.wait(250)
    await peer.over
    expect(peer.events.messages('sent').map(({ type }) => type)).toStrictEqual(['have-none'])
    expect(peer.events.ended).toMatchObject({ error: null })
  })
})

describe('small requests', () => {
  test('are sent one after the other, each for a short time', async () => {
    const events = await probeSeeder(
      {
        onRequest: (request, { send, block }) => {
          if (request.length <= 512) send(block(request))
        },
      },
      { how: 'small-requests' },
    )
    expect(events.requests).toStrictEqual(['0 0+256', '0 0+512', '0 0+1024', '0 0+2048'])
    const blocks = events.messages('received').filter(({ type }) => type === 'piece')
    expect(blocks).toMatchObject([{ length: 256 }, { length: 512 }])
    expect(events.ended).toMatchObject({ error: null })
  })
})

describe('another identity', () => {
  test('is that of another client, in the peer id and in v', async () => {
    const { sentHandshake, all } = await probeSeeder({}, { identity: 'other-client' })
    expect(Buffer.from(sentHandshake?.peerId ?? '', 'hex').toString('latin1')).toMatch(/^-qB4520-/)
    const sent = all.filter(({ type }) => type === 'sent')
    expect(JSON.stringify(sent)).toContain(toHex(new TextEncoder().encode('qBittorrent/4.5.2')))
  })

  test('without reserved bits negotiates nothing', async () => {
    const events = await probeSeeder({}, { reserved: 'none' })
    expect(events.sentHandshake?.reserved).toBe('0'.repeat(16))
    expect(events.messages('sent').map(({ type }) => type)).not.toContain('extended')
    expect(events.verified).toStrictEqual([true])
  })

  test('is dialled from another address', async () => {
    const events = await probeSeeder({}, { source: '127.0.0.3' })
    expect(events.all.find(({ type }) => type === 'connected')).toMatchObject({
      local: expect.stringMatching(/^127\.0\.0\.3:/) as unknown,
    })
  })
})

describe('before our first byte', () => {
  test('a close is seen as such, and nothing is sent', async () => {
    const peer = await startPeer((socket) => socket.end(), { allowHalfOpen: false })
    cleanUps.push(() => peer.stop())
    const events = new Events()
    const context = probeContext(peer, { ...testPorts(), dial: dialTcp }, (event) => events.all.push(event))
    await runProbe(USUAL_PROBE, 1, context)
    expect(events.closed).toMatchObject({ by: 'peer', kind: 'fin', bytesSent: 0, bytesReceived: 0 })
    expect(events.types).not.toContain('sent')
    expect(events.ended?.error?.code).toBe('E_HANDSHAKE_CLOSED')
  })

  test('a banner is recorded, and the handshake is sent after the silence', async () => {
    const peer = new ProbedPeer()
    await peer.start({})
    await peer.bytes(new TextEncoder().encode('220 mail.example ESMTP\r\n'))
    for (let i = 0; i < 4; i++) await peer.wait(100)
    await peer.over
    const raw = peer.events.all.flatMap((event) => (event.type === 'raw' ? [event.direction] : []))
    expect(raw).toStrictEqual(['received', 'sent'])
    expect(peer.events.ended?.error?.code).toMatch(/^E_NOT_BITTORRENT/)
  })
})

/** A probe of a peer whose messages the test gives, on a clock that the test moves. */
class ProbedPeer extends FakePeer {
  readonly events = new Events()
  #over: Promise<void> | undefined

  async start(probe: Partial<Probe>): Promise<void> {
    const target = {
      infoHashes: { v1: INFO_HASH, v2: undefined },
      name: undefined,
      metainfo: TORRENT.metainfo,
    }
    const context = probeContext(this.address, this.ports, (event) => this.events.all.push(event), target)
    this.#over = runProbe({ ...USUAL_PROBE, ...probe }, 1, context)
    await this.pass()
  }

  /** Lets the silence pass, so that the handshake has been sent. */
  async startSession(probe: Partial<Probe>): Promise<void> {
    await this.start(probe)
    await this.wait(250)
  }

  get over(): Promise<void> {
    return this.#over ?? Promise.resolve()
  }

  get sent(): readonly string[] {
    return this.events.messages('sent').map(({ type }) => type)
  }
}

const ANNOUNCES_NOTHING: Message = { type: 'extended', id: 0, payload: encodeExtensionHandshake({}) }

describe('a peer that claims nothing', () => {
  test('is not told of interest for 13 seconds', async () => {
    const peer = new ProbedPeer()
    await peer.startSession({})
    await peer.handshake(INFO_HASH, 'fast', 'extension-protocol')
    await peer.say(ANNOUNCES_NOTHING, { type: 'have-none' })
    for (let i = 0; i < 129; i++) await peer.wait(100)
    expect(peer.events.ended).toBeUndefined()
    expect(peer.sent).not.toContain('interested')
    await peer.wait(200)
    for (let i = 0; i < 10; i++) await peer.wait(100)
    await peer.over
    expect(peer.events.ended?.error?.code).toBe('E_PIECE_UNAVAILABLE')
    expect(peer.sent).not.toContain('interested')
  })

  test('and then offers a single piece is asked for that piece', async () => {
    const peer = new ProbedPeer()
    await peer.startSession({})
    await peer.handshake(INFO_HASH, 'fast', 'extension-protocol')
    await peer.say(ANNOUNCES_NOTHING, { type: 'have-none' })
    for (let i = 0; i < 104; i++) await peer.wait(100)
    await peer.say({ type: 'have', piece: 1 })
    expect(peer.sent).toContain('interested')
    await peer.say({ type: 'unchoke' })
    await peer.wait(100)
    expect(peer.events.requests).toStrictEqual(['1 0+16384'])
  })
})
