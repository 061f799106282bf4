import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js'
import { encodeUtf8 } from '../../base/bytes.ts'
import { BLOCK_LENGTH, MAX_SYNTHETIC_LENGTH } from '../../base/limits.ts'
import { encodeBencode } from '../../wire/bencode.ts'
import { decodeMetainfo, type Metainfo } from '../../wire/torrent/metainfo.ts'
import type { BlockStore } from './block-store.ts'

/** Size and content of a synthetic torrent. */
export interface SyntheticTorrentOptions {
  /** In bytes, 1 to MAX_SYNTHETIC_LENGTH. */
  readonly length: number
  /** In bytes, a power of two, at least 16 KiB. Default: see `syntheticPieceLength`. */
  readonly pieceLength?: number
  /** Determines the content. Default 1. */
  readonly seed?: number
  /** Name of the one file. Default `synthetic-<length>-<seed>`. */
  readonly name?: string
  /** SHA-1 of a piece; node:crypto's is several times faster than the default. */
  readonly sha1?: (bytes: Uint8Array) => Uint8Array
}

/** A torrent of one file with generated content, and a store that generates the same bytes. */
export interface SyntheticTorrent {
  /** The .torrent. */
  readonly torrentBytes: Uint8Array
  readonly metainfo: Metainfo
  readonly store: BlockStore
}

/** Length of the pool, in bytes. Every block is a window into it. */
const POOL_LENGTH = 1 << 20

/** Odd, so that the first 2^20 blocks (16 GiB) all begin at different offsets in the pool. */
const STRIDE = 0x9e3b1

/**
 * Generates a torrent from a seed: v1, one file, the same bytes every time. Only a pool of 1 MiB of pseudo-random bytes is
 * stored. Each block is a window into it, at an offset that its index determines, so reads need no copy.
 * @throws RangeError when a length is out of its bounds
 */
export function makeSyntheticTorrent(options: SyntheticTorrentOptions): SyntheticTorrent {
  const { length, seed = 1, sha1 = nobleSha1 } = options
  const { pieceLength = syntheticPieceLength(length), name = `synthetic-${length}-${seed}` } = options
  checkLengths(length, pieceLength)
  const content = new SyntheticContent(length, seed)
  const pieces = new Uint8Array(Math.ceil(length / pieceLength) * 20)
  const piece = new Uint8Array(Math.min(pieceLength, length))
  for (let start = 0, at = 0; start < length; start += pieceLength, at += 20) {
    const part = piece.subarray(0, Math.min(pieceLength, length - start))
    content.copy(start, part)
    pieces.set(sha1(part), at)
  }
  const info = { length, name: encodeUtf8(name), 'piece length': pieceLength, pieces }
  const torrentBytes = encodeBencode({ 'created by': 'peerwire', info })
  const store: BlockStore = {
    read: (index, begin, count) => content.read(index * pieceLength + begin, count),
    close: () => Promise.resolve(),
  }
  return { torrentBytes, metainfo: decodeMetainfo(torrentBytes, { sha1 }), store }
}

/** The power of two between 16 KiB and 4 MiB that gives about a thousand pieces. */
export function syntheticPieceLength(length: number): number {
  let pieceLength = BLOCK_LENGTH
  while (pieceLength < 4 * 1024 * 1024 && length / pieceLength > 1024) pieceLength *= 2
  return pieceLength
}

class SyntheticContent {
  readonly #length: number
  readonly #pool: Uint8Array

  constructor(length: number, seed: number) {
    this.#length = length
    this.#pool = makePool(seed)
  }

  /** A window of the pool if the range is in one block, else a copy. */
  read(offset: number, length: number): Uint8Array {
    const within = offset % BLOCK_LENGTH
    if (within + length <= BLOCK_LENGTH) {
      const start = windowStart(Math.floor(offset / BLOCK_LENGTH)) + within
      return this.#pool.subarray(start, start + length)
    }
    const bytes = new Uint8Array(length)
    this.copy(offset, bytes)
    return bytes
  }

  copy(offset: number, target: Uint8Array): void {
    if (offset < 0 || offset + target.length > this.#length)
      throw new RangeError(`bytes ${offset} to ${offset + target.length} of ${this.#length}`)
    for (let at = 0; at < target.length;) {
      const left = BLOCK_LENGTH - ((offset + at) % BLOCK_LENGTH)
      const part = this.read(offset + at, Math.min(left, target.length - at))
      target.set(part, at)
      at += part.length
    }
  }
}

function windowStart(block: number): number {
  // both factors are below 2^27, so the product is exact
  return ((block % POOL_LENGTH) * STRIDE) % POOL_LENGTH
}

/** xorshift32: quick, and good enough to be incompressible. */
function makePool(seed: number): Uint8Array {
  const words = new Uint32Array((POOL_LENGTH + BLOCK_LENGTH) / 4)
  // a state of zero would stay zero
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state = (state ^ (state << 5)) >>> 0
    words[i] = state
  }
  return new Uint8Array(words.buffer)
}

function checkLengths(length: number, pieceLength: number): void {
  if (!Number.isInteger(length) || length < 1 || length > MAX_SYNTHETIC_LENGTH)
    throw new RangeError(`a synthetic torrent has 1 to ${MAX_SYNTHETIC_LENGTH} bytes, not ${length}`)
  const isPower =
    pieceLength >= BLOCK_LENGTH && pieceLength <= 2 ** 29 && Number.isInteger(Math.log2(pieceLength))
  if (!isPower)
    throw new RangeError(`a piece length of ${pieceLength} is not a power of two of at least ${BLOCK_LENGTH}`)
}
