import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { FAULTS, parseFault } from '../../../src/session/faults/table.ts'
import { Bitfield } from '../../../src/wire/bitfield.ts'
import { decodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type MetadataMessage,
} from '../../../src/wire/extension/metadata.ts'
import type { Handshake } from '../../../src/wire/handshake.ts'
import type { Message } from '../../../src/wire/message.ts'
import {
  INFO_HASH,
  type Leecher,
  PEER_ID,
  request,
  seedInMemory,
  settle,
  TORRENT,
} from '../../support/seeder.ts'

const HONEST = TORRENT.store

/** What a leecher does that wants a bit of everything: each fault shows in what it gets. */
async function visit(...faults: readonly string[]): Promise<Leecher> {
  const { connect, clock } = await seedInMemory({ faults })
  const leecher = connect().greet()
  await settle()
  clock.advance(0)
  leecher.send(...REQUESTS, METADATA_REQUEST)
  clock.advance(100)
  return leecher
}

const REQUESTS = [request(0), request(1), request(39, 0, 5)]
const METADATA_REQUEST: Message = {
  type: 'extended',
  id: 2,
  payload: encodeMetadataMessage({ type: 'request', piece: 0 }),
}

const handshakeOf = ({ items }: Leecher): Handshake | undefined =>
  items.flatMap((item) => (item.kind === 'handshake' ? [item.handshake] : []))[0]
const brokenBy = ({ items }: Leecher) =>
  items.flatMap((item) => (item.kind === 'broken' ? [item.error.code] : []))
const pieces = ({ messages }: Leecher) =>
  messages.flatMap((message) => (message.type === 'piece' ? [message] : []))
const count = ({ types }: Leecher, type: string) => types.filter((other) => other === type).length
const availability = ({ messages }: Leecher) =>
  messages.filter(({ type }) => type === 'bitfield' || type === 'have-all' || type === 'have-none')
const bits = (leecher: Leecher) => {
  const [message] = availability(leecher)
  return message?.type === 'bitfield' ? message.bits : undefined
}
const extended = ({ messages }: Leecher) =>
  messages.flatMap((message) => (message.type === 'extended' ? [message] : []))
const ourHandshake = (leecher: Leecher) => {
  const decoded = decodeExtensionHandshake(extended(leecher)[0]?.payload ?? new Uint8Array())
  return decoded.ok ? decoded.value : undefined
}
const metadata = (leecher: Leecher): MetadataMessage | undefined => {
  const answer = extended(leecher).find(({ id }) => id === 9)
  const decoded = answer && decodeMetadataMessage(answer.payload)
  return decoded?.ok === true ? decoded.value : undefined
}

async function block(index: number): Promise<Uint8Array> {
  const { piece, begin, length } = REQUESTS[index] as { piece: number; begin: number; length: number }
  return HONEST.read(piece, begin, length)
}

/** Observed by name; a fault of the table that is not here fails the test below. */
const SEEN: { readonly [fault: string]: (leecher: Leecher) => void | Promise<void> } = {
  silent: (leecher) => {
    expect(leecher.bytes).toHaveLength(0)
    expect(leecher.peer.closed).toBeUndefined()
  },
  'close-on-accept': ({ peer, bytes }) => expect([peer.closed, bytes.length]).toStrictEqual(['end', 0]),
  'reset-on-accept': ({ peer, bytes }) => expect([peer.closed, bytes.length]).toStrictEqual(['abort', 0]),
  'wrong-info-hash': (leecher) => {
    const infoHash = toHex(handshakeOf(leecher)?.infoHash ?? new Uint8Array())
    expect(infoHash.slice(0, 38)).toBe(toHex(INFO_HASH).slice(0, 38))
    expect(infoHash).not.toBe(toHex(INFO_HASH))
  },
  'wrong-protocol': (leecher) => expect(brokenBy(leecher)).toStrictEqual(['E_NOT_BITTORRENT']),
  http: (leecher) => expect(brokenBy(leecher)).toStrictEqual(['E_NOT_BITTORRENT_HTTP']),
  'echo-peer-id': (leecher) => expect(handshakeOf(leecher)?.peerId).toStrictEqual(PEER_ID),
  'zero-peer-id': (leecher) => expect(handshakeOf(leecher)?.peerId).toStrictEqual(new Uint8Array(20)),
  'cut-handshake=30': ({ bytes, peer }) => expect([bytes.length, peer.closed]).toStrictEqual([30, 'end']),
  'slow-handshake=10': ({ bytes, peer }) => {
    expect(bytes.length).toBe(11)
    expect(peer.received.every(({ length }) => length === 1)).toBe(true)
  },
  'all-bits': (leecher) => expect(handshakeOf(leecher)?.reserved).toStrictEqual(new Uint8Array(8).fill(255)),
  'not-negotiated': (leecher) => {
    expect(handshakeOf(leecher)?.features).toStrictEqual([])
    expect(leecher.types).toContain('have-all')
  },
  'no-extension-handshake': (leecher) => expect(extended(leecher).map(({ id }) => id)).toStrictEqual([9]),
  'extension-garbage': (leecher) => {
    expect(extended(leecher)[0]?.id).toBe(0)
    expect(ourHandshake(leecher)).toBeUndefined()
  },
  'extension-deep=1000': (leecher) => expect(extended(leecher)[0]?.payload).toHaveLength(1000),
  'extension-types': (leecher) => expect(ourHandshake(leecher)?.issues.length).toBeGreaterThan(4),
  'extension-flood=50': (leecher) => expect(extended(leecher).filter(({ id }) => id === 0)).toHaveLength(50),
  'extension-twice': (leecher) => expect(extended(leecher).filter(({ id }) => id === 0)).toHaveLength(2),
  'hostile-name': (leecher) => expect(ourHandshake(leecher)?.client).toContain('\u001b[2J'),
  'unannounced-extension': (leecher) => expect(extended(leecher)[1]?.id).toBe(77),
  'metadata-size=5': (leecher) => expect(ourHandshake(leecher)?.metadataSize).toBe(5),
  'reqq=3': (leecher) => expect(ourHandshake(leecher)?.reqq).toBe(3),
  'no-availability': (leecher) => expect(availability(leecher)).toHaveLength(0),
  'late-bitfield': ({ types }) => expect(types.indexOf('have-all')).toBe(types.indexOf('unchoke') + 1),
  'availability-twice': (leecher) =>
    expect(availability(leecher).map(({ type }) => type)).toStrictEqual(['have-all', 'bitfield']),
  'short-bitfield': (leecher) => expect(bits(leecher)).toHaveLength(4),
  'long-bitfield=3': (leecher) => expect(bits(leecher)).toHaveLength(8),
  'spare-bits': (leecher) => expect(bits(leecher)).toStrictEqual(new Uint8Array(5).fill(255)),
  'wrong-bitfield': (leecher) => {
    const { count: claimed } = Bitfield.fromBytes(bits(leecher) ?? new Uint8Array(5), 40)
    expect(claimed).toBeGreaterThan(5)
    expect(claimed).toBeLessThan(35)
  },
  'claim-none': (leecher) => expect(availability(leecher)).toStrictEqual([{ type: 'have-none' }]),
  'have-out-of-range': ({ messages }) => expect(messages).toContainEqual({ type: 'have', piece: 40 }),
  'have-flood=100': (leecher) => expect(count(leecher, 'have')).toBe(100),
  'fast-out-of-range': ({ messages }) => {
    expect(messages).toContainEqual({ type: 'allowed-fast', piece: 40 })
    expect(messages).toContainEqual({ type: 'suggest', piece: 0xffff_ffff })
  },
  'choke-forever': (leecher) => expect(count(leecher, 'unchoke')).toBe(0),
  'late-unchoke=1000': (leecher) => expect(leecher.types.at(-1)).toBe('allowed-fast'),
  'flap=5': (leecher) => expect([count(leecher, 'choke'), count(leecher, 'unchoke')]).toStrictEqual([5, 6]),
  'choke-after=1': (leecher) => {
    expect(pieces(leecher)).toHaveLength(1)
    expect(leecher.types.at(-1)).toBe('choke')
  },
  'no-allowed-fast': (leecher) => expect(count(leecher, 'allowed-fast')).toBe(0),
  'reject-all': (leecher) =>
    expect(leecher.messages.filter(({ type }) => type === 'reject')).toStrictEqual(
      REQUESTS.map((message) => ({ ...message, type: 'reject' })),
    ),
  'ignore-requests': (leecher) => {
    expect(leecher.types).toContain('unchoke')
    expect(pieces(leecher)).toHaveLength(0)
    expect(count(leecher, 'reject')).toBe(0)
  },
  'corrupt=1': async (leecher) => {
    const [first, second] = pieces(leecher)
    expect(first?.block).toStrictEqual(await block(0))
    expect(second?.block).not.toStrictEqual(await block(1))
    expect(second?.block).toHaveLength(16_384)
  },
  'corrupt-every=1': async (leecher) => {
    for (const [i, piece] of pieces(leecher).entries()) expect(piece.block).not.toStrictEqual(await block(i))
  },
  'short-block': (leecher) => expect(pieces(leecher).at(-1)?.block).toHaveLength(4),
  'long-block': (leecher) => expect(pieces(leecher).at(-1)?.block).toHaveLength(6),
  'empty-block': (leecher) =>
    expect(pieces(leecher).map((piece) => piece.block.length)).toStrictEqual([0, 0, 0]),
  'wrong-piece': (leecher) => expect(pieces(leecher).map(({ piece }) => piece)).toStrictEqual([1, 2, 40]),
  'wrong-begin': (leecher) => expect(pieces(leecher).map(({ begin }) => begin)).toStrictEqual([1, 1, 1]),
  'duplicate-blocks': (leecher) =>
    expect(pieces(leecher).map(({ piece }) => piece)).toStrictEqual([0, 0, 1, 1, 39, 39]),
  'unrequested-block': (leecher) => {
    expect(pieces(leecher)).toHaveLength(4)
    expect(leecher.types.indexOf('piece')).toBe(leecher.types.indexOf('unchoke') + 1)
  },
  'unrequested-reject': (leecher) => expect(count(leecher, 'reject')).toBe(1),
  'close-after=2': (leecher) => {
    expect(pieces(leecher)).toHaveLength(2)
    expect(leecher.peer.closed).toBe('end')
  },
  'reset-after=2': (leecher) => {
    expect(pieces(leecher)).toHaveLength(2)
    expect(leecher.peer.closed).toBe('abort')
  },
  'stall-after=2': (leecher) => {
    expect(leecher.types.at(-1)).toBe('piece')
    expect(pieces(leecher)).toHaveLength(2)
    expect(leecher.peer.closed).toBeUndefined()
  },
  'cut-block=1': (leecher) => {
    expect(pieces(leecher)).toHaveLength(1)
    expect(leecher.peer.received.at(-1)).toHaveLength(8198)
    expect(leecher.peer.closed).toBe('end')
  },
  'metadata-reject': (leecher) => expect(metadata(leecher)).toStrictEqual({ type: 'reject', piece: 0 }),
  'metadata-silent': (leecher) => expect(metadata(leecher)).toBeUndefined(),
  'metadata-corrupt': (leecher) => {
    const answer = metadata(leecher)
    const { infoBytes } = TORRENT.metainfo
    const data = answer?.type === 'data' ? answer.data : new Uint8Array()
    expect(data.filter((byte, i) => byte !== infoBytes[i])).toHaveLength(1)
  },
  'metadata-short': (leecher) =>
    expect(metadata(leecher)).toMatchObject({ data: TORRENT.metainfo.infoBytes.slice(0, -1) }),
  'metadata-wrong-piece': (leecher) => expect(metadata(leecher)).toMatchObject({ type: 'data', piece: 1 }),
  'metadata-total-size': (leecher) =>
    expect(metadata(leecher)).toMatchObject({ totalSize: TORRENT.metainfo.infoBytes.length + 1 }),
  'giant-frame': (leecher) => expect(brokenBy(leecher)).toStrictEqual(['E_FRAME_TOO_LARGE']),
  'large-frame=2097153': (leecher) => expect(brokenBy(leecher)).toStrictEqual(['E_FRAME_TOO_LARGE']),
  'unknown-message': ({ messages }) =>
    expect(messages).toContainEqual({ type: 'unknown', id: 99, payload: new Uint8Array(4) }),
  'short-have': ({ messages }) =>
    expect(messages).toContainEqual(expect.objectContaining({ type: 'malformed', id: 4 })),
  'keep-alive-flood=200': (leecher) => expect(count(leecher, 'keep-alive')).toBe(200),
  'garbage=1000': (leecher) => expect(brokenBy(leecher)).toStrictEqual(['E_FRAME_TOO_LARGE']),
  'fragment=7': async (leecher) => {
    expect(Math.max(...leecher.peer.received.map(({ length }) => length))).toBe(7)
    expect(pieces(leecher)[0]?.block).toStrictEqual(await block(0))
  },
  'slow=1000': ({ bytes, peer }) => {
    // 100 bytes at once, then as many each tenth of a second
    expect(bytes.length).toBeGreaterThan(60)
    expect(bytes.length).toBeLessThanOrEqual(300)
    expect(peer.closed).toBeUndefined()
  },
  'delay=50': ({ items }) => expect(items.length).toBe(2),
}

describe.each(Object.entries(SEEN))('%s', (fault, see) => {
  test('shows, and no honest seeder does it', async () => {
    const leecher = await visit(fault)
    await see(leecher)
    const honest = await visit()
    await expect((async () => see(honest))()).rejects.toThrow()
  })

  test('is the same again for the same seed', async () => {
    const [first, second] = [await visit(fault), await visit(fault)]
    expect(first.bytes).toStrictEqual(second.bytes)
  })
})

/** These need a v2 torrent; they are tried where one is made. */
const ELSEWHERE = ['hashes-reject', 'hashes-corrupt']

test('every fault of the table is observed, under a name of its own', () => {
  const observed = Object.keys(SEEN).map((text) => parseFault(text).fault.name)
  const names = FAULTS.map(({ name }) => name)
  expect([...observed, ...ELSEWHERE].sort()).toStrictEqual([...names].sort())
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThanOrEqual(30)
})

test('faults add up', async () => {
  const leecher = await visit('zero-peer-id', 'spare-bits', 'corrupt=0', 'duplicate-blocks', 'fragment=9')
  expect(handshakeOf(leecher)?.peerId).toStrictEqual(new Uint8Array(20))
  expect(bits(leecher)).toHaveLength(5)
  expect(pieces(leecher)).toHaveLength(6)
  expect(pieces(leecher)[1]?.block).not.toStrictEqual(await block(0))
  expect(Math.max(...leecher.peer.received.map(({ length }) => length))).toBe(9)
})

test.each([
  { text: 'corrupt', argument: 0 },
  { text: 'corrupt=7', argument: 7 },
  { text: 'slow=64KiB', argument: 65_536 },
  { text: 'cut-handshake=67', argument: 67 },
])('$text is read', ({ text, argument }) => {
  expect(parseFault(text).argument).toBe(argument)
})

test.each([
  '',
  'nothing',
  'silent=1',
  'corrupt=',
  'corrupt=-1',
  'corrupt=1.5',
  'corrupt=1kb',
  'cut-handshake=68',
  'slow=0',
])('"%s" is refused with a hint', (text) => {
  expect(() => parseFault(text)).toThrow(
    expect.objectContaining({ code: 'E_USAGE', hint: expect.any(String) }),
  )
})
