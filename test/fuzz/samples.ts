import { concat, encodeUtf8, fromHex, toByteString, toHex, writeUint32 } from '../../src/base/bytes.ts'
import { encodeBencode, type BencodeInput } from '../../src/wire/bencode.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { MessageId } from '../../src/wire/message/id.ts'
import {
  interfaceBlock,
  ORDERS,
  packetBlock,
  pcapFile,
  sectionBlock,
  simplePacketBlock,
} from '../support/captures/capture-files.ts'
import { MESSAGE_ROWS } from '../support/wire/message-rows.ts'
import type { Random } from './random.ts'

const IDS: readonly number[] = [...Object.values(MessageId), 10, 99, 255]
const FRAMES = MESSAGE_ROWS.map(({ wire }) => fromHex(wire))

/** A frame whose length prefix is right, with an id that means something. */
function frame(random: Random): Uint8Array {
  if (random.chance(60)) return random.pick(FRAMES)
  const size = random.pick([0, 1, 2, 3, 5, 9, 12, 13, 14, 49, 81, random.below(300)])
  const bytes = concat([new Uint8Array(4), random.bytes(size)])
  writeUint32(bytes, 0, size)
  if (size > 0) bytes[4] = random.pick(IDS)
  return bytes
}

/** Handshake and frames. */
export function stream(random: Random): Uint8Array {
  const [reserved, infoHash, peerId] = [random.bytes(8), random.bytes(20), random.bytes(20)] as const
  return concat([encodeHandshake({ reserved, infoHash, peerId }), ...random.list(12, () => frame(random))])
}

/** Keys that some reader looks for, so that values of the wrong type meet it. */
const KEYS = [
  ...['m', 'v', 'p', 'reqq', 'metadata_size', 'yourip', 'ipv4', 'ipv6', 'upload_only', 'e', 'complete_ago'],
  ...['share_mode', 'tr', 'ut_pex', 'ut_metadata', 'msg_type', 'piece', 'total_size', 'added', 'added.f'],
  ...['added6', 'added6.f', 'dropped', 'dropped6', 'info', 'name', 'length', 'files', 'path', 'pieces'],
  ...[
    'piece length',
    'meta version',
    'file tree',
    'piece layers',
    'pieces root',
    'attr',
    'private',
    '',
    '..',
  ],
]

/** Any bencoded value. */
export function bencodeValue(random: Random, depth = 0): BencodeInput {
  switch (random.below(depth > 4 ? 3 : 6)) {
    case 0:
      return random.pick([0, 1, -1, 2, 255, 256, 16_384, 65_536, 2 ** 31, 2 ** 40, random.below(1000)])
    case 1:
      return random.bytes(random.pick([0, 1, 4, 6, 7, 12, 16, 18, 20, 32, 40, 64]))
    case 2:
      return random.pick(KEYS)
    case 3:
      return random.list(4, () => bencodeValue(random, depth + 1))
    default:
      return new Map(random.list(6, () => [random.pick(KEYS), bencodeValue(random, depth + 1)] as const))
  }
}

export function extensionHandshake(random: Random): Uint8Array {
  return encodeBencode({
    e: random.below(2),
    m: { ut_metadata: random.below(300), ut_pex: random.below(300), lt_donthave: 7 },
    metadata_size: random.below(100_000),
    p: random.below(70_000),
    reqq: random.below(3000),
    v: random.pick(['peerwire 0.1', 'qBittorrent/5.0.1', '\u001b[31m', '']),
    yourip: random.bytes(random.pick([4, 16, 5])),
    ...(random.chance(30) ? { [random.pick(KEYS)]: bencodeValue(random) } : {}),
  })
}

export function metadataMessage(random: Random): Uint8Array {
  const members = { msg_type: random.below(4), piece: random.below(9), total_size: random.below(100_000) }
  return concat([encodeBencode(members), random.bytes(random.below(40))])
}

export function pexMessage(random: Random): Uint8Array {
  const [count, count6] = [random.below(5), random.below(3)]
  return encodeBencode({
    added: random.bytes(6 * count),
    'added.f': random.bytes(count),
    added6: random.bytes(18 * count6),
    'added6.f': random.bytes(count6),
    dropped: random.bytes(6 * random.below(4)),
    dropped6: random.bytes(18 * random.below(3)),
  })
}

export function holepunchMessage(random: Random): Uint8Array {
  const family = random.below(2)
  const address = random.bytes(family === 0 ? 6 : 18)
  return concat([Uint8Array.of(random.below(4), family), address, random.bytes(random.pick([0, 4]))])
}

export function torrent(random: Random): Uint8Array {
  const length = random.below(60_000)
  const pieceLength = random.pick([16_384, 32_768, 0, 1])
  const name = random.pick(['a', '..', 'a/b', '', '\u001b[2J'])
  const pieces = random.bytes(20 * Math.ceil(length / 16_384))
  const root = random.bytes(32)
  const tree = { [name]: { '': { length, 'pieces root': root } } }
  const layers = new Map([[toByteString(root), random.bytes(32 * Math.ceil(length / 16_384))]])
  const v1 = {
    ...(random.chance(50) ? { length } : { files: [{ length, path: [name, 'b'] }] }),
    pieces,
  }
  const v2 = { 'file tree': tree, 'meta version': random.pick([2, 2, 2, 1, 3]) }
  const common = { name, 'piece length': pieceLength }
  const info = { ...common, ...random.pick([v1, v2, { ...v1, ...v2 }]) }
  return encodeBencode({ info, ...('file tree' in info ? { 'piece layers': layers } : {}) })
}

export function magnet(random: Random): Uint8Array {
  const hash = toHex(random.bytes(20))
  const parts = [
    `xt=urn:btih:${hash}`,
    `xt.1=urn:btmh:1220${hash}${hash.slice(0, 24)}`,
    `xt=urn:btih:${hash.slice(0, 32)}`,
    'dn=a%20name%zz%e0',
    'tr=udp%3a%2f%2ftracker.example%3a80',
    'x.pe=10.0.0.1:6881',
    'x.pe=[::1]:6881',
    'x.pe=host.example:99999',
    `so=0,2,4-${random.below(20_000)}`,
    'xl=12345678901234567890',
  ]
  return encodeUtf8(`magnet:?${random.list(8, () => random.pick(parts)).join('&')}`)
}

export function peerId(random: Random): Uint8Array {
  const starts = ['-qB5010-', '-TR3000-', '-LT20B0-', 'M7-2-3--', 'S58B----', 'exbc', 'XBT054d-', 'OP7685']
  return concat([encodeUtf8(random.pick(starts)), random.bytes(20)]).subarray(0, 20)
}

/** A capture with frames of each link type. */
export function capture(random: Random): Uint8Array {
  const order = random.pick(Object.values(ORDERS))
  const linkType = random.pick([0, 1, 101, 113, 276])
  const frame = () =>
    concat([random.bytes(random.below(20)), Uint8Array.of(0x08, 0x00, 0x45), random.bytes(60)])
  if (random.chance(40)) {
    const packets = random.list(4, () => ({ seconds: 1, fraction: 1, bytes: frame() }))
    return pcapFile(order, { linkType }, packets)
  }
  const blocks = random.list(4, () =>
    random.chance(50) ? packetBlock(order, {}, frame()) : simplePacketBlock(order, 9, frame()),
  )
  return concat([sectionBlock(order), interfaceBlock(order, linkType), ...blocks])
}
