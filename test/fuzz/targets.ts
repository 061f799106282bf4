import { deepStrictEqual, ok } from 'node:assert/strict'
import { concat, toByteString } from '../../src/base/bytes.ts'
import { PeerError, type ErrorCode } from '../../src/base/errors.ts'
import { decodeBencode, encodeBencode } from '../../src/wire/bencode.ts'
import { decodeCommentMessage } from '../../src/wire/extension/comment.ts'
import { decodeExtensionHandshake, encodeExtensionHandshake } from '../../src/wire/extension/handshake.ts'
import { EXTENSION_CODECS } from '../../src/wire/extension/codecs.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { decodeHashes, encodeHashes } from '../../src/wire/message/hash-request.ts'
import { parseTarget } from '../../src/wire/torrent/magnet.ts'
import type { WireItem } from '../../src/wire/message/decoder.ts'
import { encodeMessage } from '../../src/wire/message/message.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { decodePeerId } from '../../src/wire/peer-id/peer-id.ts'
import { CaptureReader } from '../../src/wire/capture/reader.ts'
import { decodeIpPacket } from '../../src/wire/network/ip.ts'
import { linkLayer } from '../../src/wire/network/link-layer.ts'
import { decodeUtpPacket } from '../../src/wire/utp/packet.ts'
import { cutBytes, decodeChunks } from '../support/wire/decode-chunks.ts'
import { mutate } from './mutate.ts'
import type { Random } from './random.ts'
import * as samples from './samples.ts'

/** One reader of foreign bytes: how its inputs are made, and what must hold for every one of them. */
export interface FuzzTarget {
  readonly name: string
  /** What a well-meaning sender sends; it is damaged afterwards. */
  readonly sample: (random: Random) => Uint8Array
  /** @throws when something does not hold */
  readonly check: (bytes: Uint8Array, random: Random) => void
}

type Decoded<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly offset: number }

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  { name: 'stream', sample: samples.stream, check: checkStream },
  { name: 'bencode', sample: (random) => encodeBencode(samples.bencodeValue(random)), check: checkBencode },
  {
    name: 'extension-handshake',
    sample: samples.extensionHandshake,
    check: (bytes) => checkStable(bytes, decodeExtensionHandshake, encodeExtensionHandshake),
  },
  ...EXTENSION_CODECS.map(({ name, decode, encode }): FuzzTarget => ({
    name,
    sample: sampleOf(name),
    // of one codec, what decode gives is what encode takes
    check: (bytes) => checkStable<unknown>(bytes, decode, encode as (value: unknown) => Uint8Array),
  })),
  { name: 'ut_comment', sample: samples.metadataMessage, check: (bytes) => void decodeCommentMessage(bytes) },
  {
    name: 'hashes',
    sample: (random) =>
      concat([random.bytes(32), new Uint8Array(11), Uint8Array.of(2, 0, 0, 0, 0), random.bytes(64)]),
    check: (bytes) => checkStable(bytes, decodeHashes, encodeHashes),
  },
  { name: 'torrent', sample: samples.torrent, check: refusesOnly('E_BAD_TORRENT', decodeMetainfo) },
  {
    name: 'magnet',
    sample: samples.magnet,
    check: refusesOnly('E_BAD_HASH', (bytes) => parseTarget(toByteString(bytes))),
  },
  {
    name: 'peer-id',
    sample: samples.peerId,
    check: (bytes) => void decodePeerId(concat([bytes, new Uint8Array(20)]).subarray(0, 20)),
  },
  {
    name: 'capture',
    sample: samples.capture,
    check: refusesOnly('E_BAD_CAPTURE', (bytes) => {
      const reader = new CaptureReader((packet) => {
        const ip = linkLayer(packet.linkType)?.ipPacket(packet.bytes)
        if (ip !== undefined) decodeIpPacket(ip)
      })
      for (const chunk of cutBytes(bytes, [1 + (bytes.length % 50)])) reader.push(chunk)
      reader.end()
    }),
  },
  {
    name: 'utp-packet',
    sample: (random) =>
      concat([Uint8Array.of(0x01 | (random.below(6) << 4), random.below(3)), random.bytes(30)]),
    check: (bytes) => void decodeUtpPacket(bytes),
  },
]

/** An input for a target: a sample, mostly with faults, sometimes nothing but noise. */
export function makeInput(target: FuzzTarget, random: Random): Uint8Array {
  if (random.chance(5)) return random.bytes(random.below(120))
  return mutate(target.sample(random), random)
}

function sampleOf(name: (typeof EXTENSION_CODECS)[number]['name']): (random: Random) => Uint8Array {
  switch (name) {
    case 'ut_pex':
      return samples.pexMessage
    case 'ut_metadata':
      return samples.metadataMessage
    case 'ut_holepunch':
      return samples.holepunchMessage
    case 'lt_donthave':
      return (random) => random.bytes(4)
    case 'upload_only':
    case 'share_mode':
      return (random) => random.bytes(1)
  }
}

/** Chunks do not matter, items cover the stream, encoding gives the bytes back, and no more is held than came. */
function checkStream(bytes: Uint8Array, random: Random): void {
  const { items, decoder } = decodeChunks([bytes])
  const sizes = [1 + random.below(40), ...random.list(4, () => 1 + random.below(90))]
  const parts = decodeChunks(cutBytes(bytes, sizes))
  deepStrictEqual(parts.items.map(comparable), items.map(comparable))
  let at = 0
  for (const item of items) {
    deepStrictEqual(item.offset, at)
    if (item.kind === 'broken') break
    const again = item.kind === 'handshake' ? encodeHandshake(item.handshake) : encodeMessage(item.message)
    deepStrictEqual(again, bytes.slice(at, at + item.length))
    at += item.length
  }
  deepStrictEqual(decoder.offset, at)
  ok(decoder.pending <= bytes.length - at)
}

function comparable(item: WireItem): unknown {
  return item.kind === 'broken' ? { ...item, error: item.error.message, at: item.error.offset } : item
}

/** What is canonical is encoded to the same bytes; what is not, to something that then is. */
function checkBencode(bytes: Uint8Array): void {
  const result = decodeBencode(bytes)
  if (result.ok && result.issues.length === 0) {
    deepStrictEqual(encodeBencode(result.value), bytes.slice(0, result.length))
  }
  checkStable(bytes, decodeBencode, encodeBencode)
}

/** A refusal points into the input; what decodes can be encoded, and after that once nothing changes any more. */
function checkStable<Value>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array) => Decoded<Value>,
  encode: (value: Value) => Uint8Array,
): void {
  const result = decode(bytes)
  if (!result.ok) {
    ok(
      result.offset >= 0 && result.offset <= bytes.length,
      `offset ${result.offset} of ${bytes.length} bytes`,
    )
    return
  }
  const once = encode(result.value)
  const again = decode(once)
  ok(again.ok, 'what was encoded does not decode')
  deepStrictEqual(encode(again.value), once)
}

function refusesOnly(code: ErrorCode, read: (bytes: Uint8Array) => unknown): FuzzTarget['check'] {
  return (bytes) => {
    try {
      read(bytes)
    } catch (error) {
      if (!(error instanceof PeerError) || error.code !== code) throw error
    }
  }
}
