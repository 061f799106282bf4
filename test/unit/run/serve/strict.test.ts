import { PLAIN_PAPER } from '../../../../src/report/text/page/paper.ts'
import { knownTorrent } from '../../../support/captures/trace.ts'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { SERVE_QUEUE_LENGTH } from '../../../../src/base/limits.ts'
import { StrictWatch } from '../../../../src/diagnose/strict.ts'
import type { TraceMessage } from '../../../../src/trace/event.ts'
import { renderViolationLine, renderServeLine } from '../../../../src/report/text/serve/serve.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { encodeMetadataMessage } from '../../../../src/wire/extension/metadata.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import { EXTENSION_HANDSHAKE, type Leecher, request, settle } from '../../../support/peers/seeder.ts'
import { startServing } from '../../../support/peers/serving.ts'

/** What a scripted client says, after its handshake, and how the seeder explains what is wrong in it. */
interface Mistake {
  readonly name: string
  readonly act: (leecher: Leecher) => unknown
  readonly explained: string
}

const HAVE_NONE: Message = { type: 'have-none' }
const INTERESTED: Message = { type: 'interested' }

/** 23 bytes, so that what follows begins at byte 91. */
const SMALL_HANDSHAKE: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ reqq: 1_000_000 }),
}

const GREETING_LENGTH =
  68 + 6 + (EXTENSION_HANDSHAKE.type === 'extended' ? EXTENSION_HANDSHAKE.payload.length : 0)

async function unchoked(leecher: Leecher): Promise<Leecher> {
  leecher.greet()
  await settle()
  return leecher
}
const AFTER_GREETING = GREETING_LENGTH + 5 + 5

const bencoded = (text: string): Message => ({ type: 'extended', id: 0, payload: encodeUtf8(text) })
const handshakeNamed = (length: number, name: string): readonly number[] => [
  length,
  ...encodeUtf8(name),
  ...new Uint8Array(48),
]

/** More requests than are queued, from a peer that does not read the blocks. */
function flood(leecher: Leecher): void {
  leecher.peer.stopReading()
  leecher.send(...Array.from({ length: 665 }, (_, i) => request(i % 39)))
}

const MISTAKES: readonly Mistake[] = [
  {
    name: 'a protocol name of 18 bytes',
    act: (leecher) => leecher.sendRaw(...handshakeNamed(18, 'BitTorrent protocol')),
    explained: 'message 1 at byte 0: the length of the protocol name is 18, expected 19 (BEP 3)',
  },
  {
    name: 'a protocol name with its zero byte counted',
    act: (leecher) => leecher.sendRaw(...handshakeNamed(20, 'BitTorrent protocol\0')),
    explained: 'message 1 at byte 0: the length of the protocol name is 20, expected 19 (BEP 3)',
  },
  {
    name: 'another protocol name',
    act: (leecher) => leecher.sendRaw(...handshakeNamed(19, 'BitTorrent Protocol')),
    explained: 'message 1 at byte 12: the peer answers with another protocol',
  },
  {
    name: 'a metadata size of 2 GiB',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde13:metadata_sizei2147483648ee')),
    explained: 'message 2 at byte 68: metadata_size: 2147483648, expected 1 to 33554432 (BEP 9)',
  },
  {
    name: 'a negative metadata size',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde13:metadata_sizei-1ee')),
    explained: 'message 2 at byte 68: metadata_size: -1, expected 1 to 33554432 (BEP 9)',
  },
  {
    name: 'an extension handshake whose keys are not in order',
    act: (leecher) => leecher.handshake().send(bencoded('d1:pi6881e1:mdee')),
    explained: 'message 2 at byte 68: keys out of order in the dictionary or a nested one (BEP 3)',
  },
  {
    name: 'bytes behind the extension handshake',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mdee\0')),
    explained: 'message 2 at byte 68: 1 bytes after the dictionary (BEP 10)',
  },
  {
    name: 'two extensions under one id',
    act: (leecher) => leecher.handshake().send(bencoded('d1:md11:ut_metadatai1e6:ut_pexi1eee')),
    explained: 'message 2 at byte 68: m.ut_pex: 1 is also the id of another name (BEP 10)',
  },
  {
    name: 'text for a number in the extension handshake',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde4:reqq3:250e')),
    explained: 'message 2 at byte 68: reqq: a string of 3 bytes, expected an integer (BEP 10)',
  },
  {
    name: 'a suggest past the end',
    act: (leecher) => leecher.handshake().send(HAVE_NONE, { type: 'suggest', piece: 40 }),
    explained: 'message 3 at byte 73: suggest of piece 40, the torrent has 40 (BEP 6)',
  },
  {
    name: 'a piece of metadata that nobody asked for',
    act: (leecher) =>
      leecher.handshake().send(HAVE_NONE, {
        type: 'extended',
        id: 2,
        payload: encodeMetadataMessage({ type: 'reject', piece: 0 }),
      }),
    explained: 'message 3 at byte 73: reject of metadata piece 0 (BEP 9)',
  },
  {
    name: 'a reject of what was not requested',
    act: (leecher) =>
      leecher.handshake().send(HAVE_NONE, { type: 'reject', piece: 1, begin: 0, length: 16_384 }),
    explained:
      'message 3 at byte 73: reject of piece 1, bytes 0+16384, a seeder does not send requests (BEP 6)',
  },
  {
    name: 'a bitfield of the wrong length',
    act: (leecher) =>
      leecher.handshake().send(SMALL_HANDSHAKE, { type: 'bitfield', bits: new Uint8Array(4) }),
    explained: 'message 3 at byte 91: bitfield of 4 bytes, torrent has 40 pieces, expected 5 (BEP 3)',
  },
  {
    name: 'two announcements',
    act: (leecher) => leecher.handshake().send(HAVE_NONE, { type: 'bitfield', bits: new Uint8Array(5) }),
    explained: 'message 3 at byte 73: bitfield after have-none (BEP 6)',
  },
  {
    name: 'nothing announced although fast was negotiated',
    act: (leecher) => leecher.handshake().send(INTERESTED),
    explained: 'message 2 at byte 68: interested came before any bitfield, have-all or have-none (BEP 6)',
  },
  {
    name: 'a bitfield behind other messages',
    act: (leecher) => leecher.handshake([]).send(INTERESTED, { type: 'bitfield', bits: new Uint8Array(5) }),
    explained: 'message 3 at byte 73: bitfield after interested, expected before it (BEP 3)',
  },
  {
    name: 'a fast message without the bit',
    act: (leecher) => leecher.handshake(['extension-protocol']).send(HAVE_NONE),
    explained: 'message 2 at byte 68: have-none; our bit is set, its bit is clear (BEP 6)',
  },
  {
    name: 'a have past the end',
    act: (leecher) => leecher.handshake([]).send({ type: 'have', piece: 40 }),
    explained: 'message 2 at byte 68: piece 40, the torrent has 40 (BEP 3)',
  },
  {
    name: 'an extension message without the bit',
    act: (leecher) => leecher.handshake(['fast']).send(HAVE_NONE, EXTENSION_HANDSHAKE),
    explained: 'message 3 at byte 73: id 0 (BEP 10)',
  },
  {
    name: 'an extension id that we did not announce',
    act: (leecher) =>
      leecher.handshake().send(HAVE_NONE, { type: 'extended', id: 7, payload: encodeUtf8('de') }),
    explained: 'message 3 at byte 73: id 7 (BEP 10)',
  },
  {
    name: 'an extension handshake that is no bencode',
    act: (leecher) => leecher.handshake().send({ type: 'extended', id: 0, payload: encodeUtf8('d1:m') }),
    explained: 'message 2 at byte 78: ends inside a number (BEP 10)',
  },
  {
    name: 'a short have',
    act: (leecher) => leecher.handshake([]).sendRaw(0, 0, 0, 3, 4, 0, 0),
    explained: 'message 2 at byte 68: have: expected a payload of 4 bytes, got 2 (BEP 3)',
  },
  {
    name: 'a frame of 2 GiB',
    act: (leecher) => leecher.handshake([]).sendRaw(0x80, 0, 0, 0),
    explained: 'message 2 at byte 68: length prefix 2147483648 exceeds the limit',
  },
  {
    name: 'a request past the last piece',
    act: async (leecher) => (await unchoked(leecher)).send(request(40)),
    explained: `message 5 at byte ${AFTER_GREETING}: request of piece 40, the torrent has 40 (BEP 3)`,
  },
  {
    name: 'a request past the end of a piece',
    act: async (leecher) => (await unchoked(leecher)).send(request(39, 0, 6)),
    explained: `message 5 at byte ${AFTER_GREETING}: request of piece 39, bytes 0+6, the piece has 5 (BEP 3)`,
  },
  {
    name: 'a request of 32 KiB',
    act: async (leecher) => (await unchoked(leecher)).send(request(0, 0, 32_768)),
    explained: `message 5 at byte ${AFTER_GREETING}: request of piece 0, bytes 0+32768, expected at most 16384 (BEP 3)`,
  },
  {
    name: 'a request of nothing',
    act: async (leecher) => (await unchoked(leecher)).send(request(0, 0, 0)),
    explained: `message 5 at byte ${AFTER_GREETING}: request of piece 0, bytes 0+0, expected 1 to 16384 (BEP 3)`,
  },
  {
    name: 'a request while choked',
    act: (leecher) => leecher.handshake([]).send(request(0)),
    explained:
      'message 2 at byte 68: request of piece 0, bytes 0+16384, expected after unchoke or allowed-fast (BEP 3)',
  },
  {
    name: 'a cancel of what was not requested',
    act: async (leecher) =>
      (await unchoked(leecher)).send({ type: 'cancel', piece: 1, begin: 0, length: 16_384 }),
    explained: `message 5 at byte ${AFTER_GREETING}: cancel of piece 1, bytes 0+16384, after 0 requests (BEP 3)`,
  },
  {
    name: 'a block that nobody asked for',
    act: async (leecher) =>
      (await unchoked(leecher)).send({ type: 'piece', piece: 1, begin: 0, block: new Uint8Array(3) }),
    explained: `message 5 at byte ${AFTER_GREETING}: piece of piece 1, bytes 0+3, a seeder does not send requests (BEP 6)`,
  },
  {
    name: 'more requests than our reqq',
    act: async (leecher) => {
      const { peer } = await unchoked(leecher)
      peer.stopReading()
      leecher.send(...Array.from({ length: 600 }, (_, i) => request(i % 39)))
    },
    explained: 'requests are outstanding, our reqq is 512 (BEP 10)',
  },
  {
    name: 'more requests than our reqq, where no reject says so',
    act: async (leecher) => {
      leecher.handshake(['extension-protocol']).send(EXTENSION_HANDSHAKE, INTERESTED)
      await settle()
      flood(leecher)
    },
    explained: 'our queue of 512 requests is full, and what comes is dropped',
  },
  {
    name: 'a hash request that fits no tree',
    act: (leecher) =>
      leecher.handshake([]).send({
        type: 'hash-request',
        request: { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 3, proofLayers: 0 },
      }),
    explained: 'message 2 at byte 68: length 3 is not a power of two of at least 2 (BEP 52)',
  },
  {
    name: 'another torrent',
    act: (leecher) => leecher.handshake(['fast'], new Uint8Array(20)),
    explained: 'message 1 at byte 28: the peer asks for a torrent that we do not have (BEP 3)',
  },
  {
    name: 'a handshake that ends early',
    act: (leecher) => leecher.sendRaw(19, ...encodeUtf8('BitTorrent protocol')).peer.close(),
    explained: 'message 1 at byte 0: closed after 20 bytes of a handshake (BEP 3)',
  },
]

/** What a client's author will want to know, and no BEP forbids. */
const ODDITIES: readonly Mistake[] = [
  {
    name: 'a message id that nobody defined',
    act: (leecher) =>
      leecher.handshake().send(HAVE_NONE, { type: 'unknown', id: 99, payload: new Uint8Array(4) }),
    explained: 'message 3 at byte 73: id 99 with 4 bytes',
  },
  {
    name: 'a port without a DHT bit',
    act: (leecher) => leecher.handshake().send(HAVE_NONE, { type: 'port', port: 6881 }),
    explained: 'message 3 at byte 73: the bit is clear in ours and in its own (BEP 5)',
  },
  {
    name: 'a reqq of 0',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde4:reqqi0ee')),
    explained: 'message 2 at byte 68: reqq: 0, ',
  },
  {
    name: 'a port above 65535',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde1:pi65536ee')),
    explained: 'message 2 at byte 68: p: 65536, ',
  },
  {
    name: 'an escape sequence in the client name',
    act: (leecher) => leecher.handshake().send(bencoded('d1:mde1:v4:\u001b[2Je')),
    explained: 'message 2 at byte 68: `v`, 4 bytes (BEP 10)',
  },
]

describe('strict', () => {
  test.each(MISTAKES)('$name is explained', async ({ act, explained }) => {
    const { connect, events, clock, interrupt } = await startServing()
    await act(connect())
    await settle()
    clock.advance(100)
    const told = events.flatMap((item) => (item.type === 'violation' ? [renderViolationLine(item)] : []))
    expect(told.join('\n')).toContain(explained)
    const report = await interrupt()
    expect(report.violations).toBe(told.length)
    expect(
      report.peers.flatMap(({ violations }) => violations.map((item) => renderViolationLine(item))),
    ).toStrictEqual(told)
  })

  test.each(ODDITIES)('$name is told, and is no violation', async ({ act, explained }) => {
    const { connect, events, interrupt } = await startServing()
    await act(connect())
    await settle()
    const told = events.flatMap((item) => (item.type === 'note' ? [renderViolationLine(item)] : []))
    expect(told).toHaveLength(1)
    expect(told[0]).toContain(explained)
    const { violations, peers } = await interrupt()
    expect(violations).toBe(0)
    expect(peers.flatMap(({ notes }) => notes.map((item) => renderViolationLine(item)))).toStrictEqual(told)
  })

  test('a thousand notes on one peer are a hundred', async () => {
    const { connect, events, interrupt } = await startServing()
    const leecher = connect().handshake([])
    await settle()
    const unknown: Message = { type: 'unknown', id: 99, payload: new Uint8Array() }
    leecher.send(...Array.from({ length: 1000 }, () => unknown))
    expect(events.filter(({ type }) => type === 'note')).toHaveLength(100)
    expect((await interrupt()).peers[0]?.notes).toHaveLength(100)
  })

  test.each([
    { name: 'dropped', features: [], kinds: ['note'], answered: false },
    { name: 'dropped', features: ['extension-protocol'], kinds: ['violation'], answered: false },
    { name: 'rejected', features: ['extension-protocol', 'fast'], kinds: ['violation'], answered: true },
  ] as const)('requests that are $name with $features are counted', async ({ features, kinds, answered }) => {
    const { connect, events, interrupt } = await startServing()
    const leecher = connect().handshake(features)
    if (features.length > 0) leecher.send(EXTENSION_HANDSHAKE)
    if (answered) leecher.send(HAVE_NONE)
    leecher.send(INTERESTED)
    await settle()
    flood(leecher)
    await settle()
    expect(
      events.flatMap(({ type }) => (type === 'note' || type === 'violation' ? [type] : [])),
    ).toStrictEqual(kinds)
    const [peer] = (await interrupt()).peers
    // they come at once, before a block leaves the queue
    const count = 665 - SERVE_QUEUE_LENGTH
    expect(peer?.refused).toStrictEqual([{ reason: 'queue-full', count, answered }])
    if (peer === undefined) return
    const line = renderServeLine({ type: 'closed', atMs: 0, report: peer }, PLAIN_PAPER)
    expect(line).toContain(`${count} ${answered ? 'rejected' : 'dropped'} (queue full)`)
  })

  test('a request of what we did not announce is explained', async () => {
    const { connect, events } = await startServing({ have: [[0, 9]] })
    const leecher = await unchoked(connect())
    leecher.send(request(9), request(10))
    const told = events.flatMap((item) => (item.type === 'violation' ? [item.detail] : []))
    expect(told).toStrictEqual(['request of piece 10, bytes 0+16384, which we do not have'])
  })

  test('what a good client does is no violation', async () => {
    const { connect, events, interrupt } = await startServing()
    const leecher = connect().greet()
    await settle()
    leecher.send(
      ...Array.from({ length: 39 }, (_, i) => request(i)),
      { type: 'have', piece: 0 },
      { type: 'keep-alive' },
    )
    leecher.send({ type: 'cancel', piece: 0, begin: 0, length: 16_384 }, { type: 'not-interested' })
    leecher.send({ type: 'extended', id: 2, payload: encodeMetadataMessage({ type: 'request', piece: 0 }) })
    leecher.peer.close()
    const plain = connect().handshake([])
    plain.send({ type: 'keep-alive' }, INTERESTED)
    await settle()
    plain.send(request(3))
    // one that knows no metadata yet cannot say what it has
    const magnet = encodeExtensionHandshake({ extensions: new Map([['ut_metadata', 3]]) })
    connect().handshake().send({ type: 'extended', id: 0, payload: magnet }, INTERESTED)
    await settle()
    expect(events.filter(({ type }) => type === 'violation')).toStrictEqual([])
    expect((await interrupt()).violations).toBe(0)
  })

  test('requests that crossed a choke are no violation, later ones are', () => {
    const target = knownTorrent({ pieceCount: 1 })
    const watch = new StrictWatch(target, {
      pieceCount: 1,
      lengthOf: () => 16_384,
      has: () => true,
      queueLength: 10,
      treeHeightOf: () => undefined,
    })
    const step = (type: 'sent' | 'received', at: number, message: TraceMessage) =>
      watch.step({ at, type, what: 'message', offset: 68, length: 17, message })
    step('sent', 0, { type: 'unchoke' })
    step('sent', 1000, { type: 'choke' })
    const asked = (at: number) =>
      step('received', at, { type: 'request', piece: 0, begin: 0, length: 1 }).map(({ id }) => id)
    expect(asked(10_999)).toStrictEqual([])
    expect(asked(11_000)).toStrictEqual(['request-while-choked'])
  })

  test('a thousand violations of one peer are counted, and a hundred are kept', async () => {
    const { connect, interrupt } = await startServing()
    const leecher = connect().handshake([])
    await settle()
    leecher.send(...Array.from({ length: 1000 }, (_, i): Message => ({ type: 'have', piece: 40 + i })))
    const { peers, violations } = await interrupt()
    expect([violations, peers[0]?.violationCount, peers[0]?.violations.length]).toStrictEqual([
      1000, 1000, 100,
    ])
  })
})
