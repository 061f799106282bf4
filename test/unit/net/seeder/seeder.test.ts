import { describe, expect, test } from 'vitest'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import { decodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../../../src/wire/extension/metadata.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import {
  INFO_HASH,
  type Leecher,
  request,
  seedInMemory,
  settle,
  TORRENT,
} from '../../../support/peers/seeder.ts'

const metadataRequest = (piece: number): Message => ({
  type: 'extended',
  id: 2,
  payload: encodeMetadataMessage({ type: 'request', piece }),
})

describe('greeting', () => {
  test('to a peer with both bits: extension handshake, have-all; the allowed-fast set when it has spoken', async () => {
    const leecher = (await seedInMemory()).connect().handshake()
    expect(leecher.types).toStrictEqual(['extended', 'have-all'])
    leecher.send({ type: 'have-none' })
    expect(leecher.types.slice(2)).toStrictEqual(Array.from({ length: 10 }, () => 'allowed-fast'))
    leecher.send({ type: 'have', piece: 0 })
    expect(leecher.types).toHaveLength(12)
    const [first] = leecher.messages
    const decoded = decodeExtensionHandshake(first?.type === 'extended' ? first.payload : new Uint8Array())
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        extensions: new Map([['ut_metadata', 2]]),
        metadataSize: TORRENT.metainfo.infoBytes.length,
        reqq: 512,
        uploadOnly: true,
        yourIp: '127.0.0.1',
      },
    })
  })

  test('to a peer without bits: a bitfield', async () => {
    const leecher = (await seedInMemory()).connect().handshake([])
    expect(leecher.messages).toStrictEqual([{ type: 'bitfield', bits: Bitfield.full(40).toBytes() }])
  })

  test('with some pieces: a bitfield, and only pieces that are here are allowed fast', async () => {
    const have = new Bitfield(40)
    have.set(3)
    const leecher = (await seedInMemory({ have })).connect().handshake().send({ type: 'have-none' })
    expect(leecher.messages[1]).toStrictEqual({ type: 'bitfield', bits: have.toBytes() })
    expect(leecher.messages.filter(({ type }) => type === 'allowed-fast').length).toBeLessThan(2)
  })

  test('the v2 bit of a peer is not given back for a torrent of v1 alone', async () => {
    const leecher = (await seedInMemory()).connect().handshake(['extension-protocol', 'fast', 'v2'])
    expect(leecher.items[0]).toMatchObject({
      kind: 'handshake',
      handshake: { features: ['extension-protocol', 'fast'] },
    })
  })

  test('nothing is allowed fast to a peer that has everything', async () => {
    const leecher = (await seedInMemory()).connect().handshake().send({ type: 'have-all' })
    expect(leecher.types).toStrictEqual(['extended', 'have-all'])
  })

  test('for another torrent: closed without a byte', async () => {
    const leecher = (await seedInMemory()).connect().handshake(['fast'], new Uint8Array(20))
    expect(leecher.bytes).toHaveLength(0)
    expect(leecher.peer.closed).toBe('end')
  })
})

describe('requests', () => {
  test('blocks are the bytes of the torrent', async () => {
    const leecher = (await seedInMemory()).connect().greet()
    await settle()
    leecher.send(request(0), request(39, 0, 5), request(1, 16_384, 1))
    const pieces = leecher.messages.filter(({ type }) => type === 'piece')
    expect(pieces).toStrictEqual([
      { type: 'piece', piece: 0, begin: 0, block: await TORRENT.store.read(0, 0, 16_384) },
      { type: 'piece', piece: 39, begin: 0, block: await TORRENT.store.read(39, 0, 5) },
      { type: 'piece', piece: 1, begin: 16_384, block: await TORRENT.store.read(1, 16_384, 1) },
    ])
  })

  test('refused ones are rejected with the fast extension, and passed over without', async () => {
    const { connect } = await seedInMemory()
    const bad = [request(40), request(0, 0, 16_385), request(39, 0, 6), request(0, 0, 0)]
    const fast = connect().greet()
    const plain = connect().handshake([]).send({ type: 'interested' })
    await settle()
    fast.send(...bad)
    plain.send(...bad, request(2))
    expect(fast.messages.filter(({ type }) => type === 'reject')).toStrictEqual(
      bad.map((message) => ({ ...message, type: 'reject' })),
    )
    expect(plain.types).toStrictEqual(['bitfield', 'unchoke', 'piece'])
  })

  test('a choked peer gets allowed-fast pieces only', async () => {
    const leecher = (await seedInMemory()).connect().handshake().send({ type: 'have-none' })
    const allowed = leecher.messages.flatMap((message) =>
      message.type === 'allowed-fast' ? [message.piece] : [],
    )
    const other = [...Array(40).keys()].find((piece) => !allowed.includes(piece)) ?? 0
    leecher.send(request(allowed[0] ?? 0, 0, 5), request(other, 0, 5))
    expect(leecher.types.slice(-2)).toStrictEqual(['reject', 'piece'])
  })

  test('a cancel of what still waits is answered by a reject', async () => {
    const leecher = (await seedInMemory()).connect().greet()
    await settle()
    leecher.peer.stopReading()
    const requests = Array.from({ length: 30 }, (_, i) => request(i))
    leecher.send(...requests)
    leecher.send(...requests.slice(25).map((message) => ({ ...message, type: 'cancel' }) as Message))
    const rejected = leecher.messages.filter(({ type }) => type === 'reject')
    expect(rejected).toHaveLength(5)
  })
})

describe('slots', () => {
  test('go to interested peers, no more than there are, and are free again when a peer leaves', async () => {
    const { connect } = await seedInMemory({ limits: { uploadSlots: 2 } })
    const leechers = Array.from({ length: 4 }, () => connect().greet())
    const silent = connect().handshake()
    await settle()
    const unchoked = () => leechers.filter((leecher) => leecher.types.includes('unchoke'))
    expect(unchoked()).toHaveLength(2)
    expect(silent.types).not.toContain('unchoke')
    unchoked()[0]?.peer.close()
    await settle()
    expect(unchoked()).toHaveLength(3)
  })

  test('a round every ten seconds lets others in, and rejects what it makes void', async () => {
    const { connect, clock } = await seedInMemory({ limits: { uploadSlots: 1 } })
    const leechers: Leecher[] = [connect().greet()]
    await settle()
    leechers.push(connect().greet())
    leechers[0]?.peer.stopReading()
    leechers[0]?.send(...Array.from({ length: 39 }, (_, i) => request(i)))
    clock.advance(40_000)
    expect(leechers[1]?.types).toContain('unchoke')
    const types = leechers[0]?.types ?? []
    expect(types.lastIndexOf('choke')).toBeGreaterThan(0)
    expect(types.indexOf('reject')).toBeGreaterThan(types.lastIndexOf('choke'))
    const answers = types.filter((type) => type === 'reject' || type === 'piece')
    // those of allowed-fast pieces wait on
    expect(answers.length).toBeGreaterThanOrEqual(39 - 10)
  })
})

describe('metadata', () => {
  test('is served under the number of the peer, and rejected past its end', async () => {
    const leecher = (await seedInMemory()).connect().greet()
    leecher.send(metadataRequest(0), metadataRequest(1), metadataRequest(1_000_000))
    const answers = leecher.messages.flatMap((message) =>
      message.type === 'extended' && message.id === 9 ? [decodeMetadataMessage(message.payload)] : [],
    )
    const { infoBytes } = TORRENT.metainfo
    expect(answers).toMatchObject([
      { value: { type: 'reject', piece: 1 } },
      { value: { type: 'reject', piece: 1_000_000 } },
      { value: { type: 'data', piece: 0, totalSize: infoBytes.length, data: infoBytes } },
    ])
  })

  test('is not served to a peer that has no number for it', async () => {
    const leecher = (await seedInMemory()).connect().handshake()
    leecher.send(metadataRequest(0))
    expect(leecher.messages.filter(({ type }) => type === 'extended')).toHaveLength(1)
  })
})

describe('bounds', () => {
  const flood = (count: number, message: Message) => Array.from({ length: count }, () => message)

  test.each([
    ['keep-alives', { type: 'keep-alive' }],
    ['interest', { type: 'interested' }],
    ['requests out of range', request(40)],
    ['haves', { type: 'have', piece: 0 }],
    ['unknown messages', { type: 'unknown', id: 99, payload: new Uint8Array() }],
    ['metadata requests', metadataRequest(0)],
    ['extension handshakes', { type: 'extended', id: 0, payload: new TextEncoder().encode('de') }],
    [
      'hash requests',
      {
        type: 'hash-request',
        request: { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
      },
    ],
  ] as const)('a flood of %s ends the connection and no other', async (_, message) => {
    const { connect, events } = await seedInMemory()
    const leecher = connect().greet()
    const other = connect().greet()
    await settle()
    leecher.peer.stopReading()
    leecher.send(...flood(4300, message))
    expect(leecher.peer.closed).toBe('abort')
    expect(events.find(({ type }) => type === 'closed')).toMatchObject({ error: { code: 'E_MESSAGE_FLOOD' } })
    other.send(request(0))
    expect(other.types).toContain('piece')
  })

  test('a peer that never reads is not read either, and holds a batch at most', async () => {
    const { connect, clock } = await seedInMemory()
    const leecher = connect().greet()
    await settle()
    leecher.peer.stopReading()
    for (let i = 0; i < 20; i++)
      leecher.send(...Array.from({ length: 100 }, (_, piece) => request(piece % 39)))
    expect(leecher.peer.paused).toBe(true)
    expect(leecher.peer.sentLength).toBeLessThan(400_000)
    expect(leecher.peer.closed).toBeUndefined()
    clock.advance(120_500)
    expect(leecher.peer.closed).toBe('abort')
  })

  test.each([
    { name: 'sends nothing', start: (leecher: Leecher) => leecher, afterMs: 10_000 },
    { name: 'sends half a handshake', start: (leecher: Leecher) => leecher.sendRaw(19, 66), afterMs: 10_000 },
    { name: 'falls silent', start: (leecher: Leecher) => leecher.greet(), afterMs: 150_000 },
  ])('a peer that $name is closed in time', async ({ start, afterMs }) => {
    const { connect, clock } = await seedInMemory()
    const leecher = start(connect())
    clock.advance(afterMs - 1)
    expect(leecher.peer.closed).toBeUndefined()
    clock.advance(60_500)
    expect(leecher.peer.closed).toBe('end')
  })

  test.each([
    { name: 'an answer', message: request(40) },
    { name: 'a slot', message: { type: 'interested' } as const },
  ])(
    '$name is due to a peer whose next frame is broken: it is closed, and nothing is sent',
    async ({ message }) => {
      const { connect, events } = await seedInMemory()
      const leecher = connect().handshake()
      const before = leecher.types.length
      leecher.sendRaw(...encodeMessages([message]), 0xff, 0xff, 0xff, 0xff)
      await settle()
      expect(leecher.types).toHaveLength(before)
      expect(events.find(({ type }) => type === 'closed')).toMatchObject({
        error: { code: 'E_FRAME_TOO_LARGE' },
      })
    },
  )

  test('keep-alives go out, and keep the peer', async () => {
    const { connect, clock } = await seedInMemory()
    const leecher = connect().greet()
    for (let i = 0; i < 10; i++) {
      clock.advance(100_000)
      leecher.send({ type: 'keep-alive' })
    }
    expect(leecher.peer.closed).toBeUndefined()
    expect(leecher.types.filter((type) => type === 'keep-alive').length).toBeGreaterThan(10)
  })

  test('connections are limited in all and for each address', async () => {
    const { connect, events } = await seedInMemory({ limits: { total: 5, perAddress: 3 } })
    const from = (address: string, count: number) => Array.from({ length: count }, () => connect(address))
    const first = from('127.0.0.1', 4)
    // who wants something stays, and who came first without wanting anything gives way
    for (const leecher of first.slice(1, 3)) leecher.greet().send({ type: 'interested' })
    const second = from('127.0.0.2', 3)
    const aborted = (some: typeof first) => some.map(({ peer }) => peer.closed === 'abort')
    expect(aborted(first)).toStrictEqual([true, false, false, true])
    expect(aborted(second)).toStrictEqual([false, false, false])
    for (const leecher of second) leecher.greet().send({ type: 'interested' })
    expect(connect('127.0.0.3').peer.closed).toBe('abort')
    expect(events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))).toStrictEqual([
      'too-many-from-address',
      'too-many-connections',
    ])
    first[1]?.peer.close()
    expect(connect('127.0.0.3').handshake().items).not.toHaveLength(0)
  })

  test('all their deadlines share one timer, and closing leaves none', async () => {
    const { connect, clock, seeder } = await seedInMemory({ limits: { total: 1000, perAddress: 1000 } })
    const leechers = Array.from({ length: 600 }, (_, i) => (i < 500 ? connect() : connect().greet()))
    expect(clock.pending).toBe(1)
    await seeder.close()
    expect(leechers.filter(({ peer }) => peer.closed !== 'end')).toHaveLength(0)
    expect(clock.pending).toBe(0)
    expect(connect().peer.closed).toBe('abort')
  })
})

test('the handshake is answered after 48 bytes, in any cut', async () => {
  const leecher = (await seedInMemory()).connect()
  const handshake = [
    19,
    ...new TextEncoder().encode('BitTorrent protocol'),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...INFO_HASH,
  ]
  for (const byte of handshake) leecher.sendRaw(byte)
  expect(leecher.bytes).toHaveLength(68)
})
