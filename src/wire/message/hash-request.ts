import { readUint32, writeUint32 } from '../../base/bytes.ts'
import {
  MAX_HASH_PROOF_LAYERS,
  MAX_HASH_REQUEST_LENGTH,
  RECOMMENDED_HASH_REQUEST_LENGTH,
} from '../../base/limits.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'

/** Length of the payload of *hash request* and *hash reject*, in bytes. */
export const HASH_REQUEST_LENGTH = 48

/** Length of a SHA-256 hash, in bytes. */
export const HASH_LENGTH = 32

/**
 * A run of hashes in the Merkle tree of one file: the content of *hash request*, repeated in *hashes* and *hash reject*.
 * All numbers are unsigned 32 bits.
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export interface HashRequest {
  /** Root of the file's tree, 32 bytes. */
  readonly piecesRoot: Uint8Array
  /** Layer of the hashes, 0 for the leaves. */
  readonly baseLayer: number
  /** First hash within the layer, a multiple of `length`. */
  readonly index: number
  /** Number of hashes: a power of two, at least 2. */
  readonly length: number
  /** Number of layers above the base layer that the proof covers; those inside the run count but are not sent. */
  readonly proofLayers: number
}

/** An answer: the hashes of the run from left to right, then the uncles of the proof from the lowest layer up. */
export interface Hashes {
  readonly request: HashRequest
  readonly hashes: readonly Uint8Array[]
}

/** Why a hash request must be rejected or, for `should`, why some clients may reject it. */
export interface HashRequestDefect {
  readonly level: 'must' | 'should'
  readonly reason: string
}

/**
 * Decodes the payload of *hash request* (21) or *hash reject* (23). The root shares memory with `payload`.
 * The numbers are not checked: see `hashRequestDefect`.
 * @throws RangeError for fewer than 48 bytes, which the caller must check
 */
export function decodeHashRequest(payload: Uint8Array): HashRequest {
  if (payload.length < HASH_REQUEST_LENGTH) {
    throw new RangeError(`a hash request has ${HASH_REQUEST_LENGTH} bytes, got ${payload.length}`)
  }
  return {
    piecesRoot: payload.subarray(0, HASH_LENGTH),
    baseLayer: readUint32(payload, 32),
    index: readUint32(payload, 36),
    length: readUint32(payload, 40),
    proofLayers: readUint32(payload, 44),
  }
}

/** Encodes the 48 bytes of a request or reject. */
export function encodeHashRequest(request: HashRequest): Uint8Array {
  const payload = new Uint8Array(HASH_REQUEST_LENGTH)
  writeHashRequest(payload, 0, request)
  return payload
}

/**
 * Writes the 48 bytes of a request or reject into `target`.
 * @throws RangeError when the root is not 32 bytes
 */
export function writeHashRequest(target: Uint8Array, offset: number, request: HashRequest): void {
  checkHash(request.piecesRoot)
  target.set(request.piecesRoot, offset)
  writeUint32(target, offset + 32, request.baseLayer)
  writeUint32(target, offset + 36, request.index)
  writeUint32(target, offset + 40, request.length)
  writeUint32(target, offset + 44, request.proofLayers)
}

/**
 * Decodes the payload of *hashes* (22): the fields of the request, and exactly as many hashes as they require.
 * The hashes share memory with `payload` and are not verified here.
 */
export function decodeHashes(payload: Uint8Array): DecodeResult<Hashes> {
  if (payload.length < HASH_REQUEST_LENGTH) {
    return malformed(
      `hashes: expected a payload of at least ${HASH_REQUEST_LENGTH} bytes, got ${payload.length}`,
      payload.length,
    )
  }
  const request = decodeHashRequest(payload)
  const defect = hashRequestDefect(request)
  if (defect?.level === 'must') return malformed(defect.reason, HASH_LENGTH)
  const wanted = HASH_REQUEST_LENGTH + expectedHashCount(request) * HASH_LENGTH
  if (payload.length !== wanted) {
    return malformed(
      `hashes: expected a payload of ${wanted} bytes, got ${payload.length}`,
      HASH_REQUEST_LENGTH,
    )
  }
  const hashes: Uint8Array[] = []
  for (let at = HASH_REQUEST_LENGTH; at < wanted; at += HASH_LENGTH) {
    hashes.push(payload.subarray(at, at + HASH_LENGTH))
  }
  return { ok: true, value: { request, hashes } }
}

/**
 * The payload of *hashes*.
 * @throws RangeError when a hash is not 32 bytes
 */
export function encodeHashes({ request, hashes }: Hashes): Uint8Array {
  const payload = new Uint8Array(HASH_REQUEST_LENGTH + hashes.length * HASH_LENGTH)
  writeHashRequest(payload, 0, request)
  for (const [i, hash] of hashes.entries()) {
    checkHash(hash)
    payload.set(hash, HASH_REQUEST_LENGTH + i * HASH_LENGTH)
  }
  return payload
}

/**
 * Number of hashes in the answer to a request: the run, and one uncle for each layer of the proof above it. The first
 * log2(length) - 1 proof layers are inside the run and are omitted.
 * @param request one without a `must` defect
 */
export function expectedHashCount({ length, proofLayers }: HashRequest): number {
  const layersInside = 30 - Math.clz32(length)
  return length + Math.max(0, proofLayers - layersInside)
}

/**
 * What is wrong with a request, or undefined. Without `treeHeight`, only errors that no tree allows are found.
 * @param treeHeight layers between the leaves and the root of the file, 0 for a file of one block
 */
export function hashRequestDefect(request: HashRequest, treeHeight?: number): HashRequestDefect | undefined {
  const reason =
    shapeDefect(request) ?? (treeHeight === undefined ? undefined : treeDefect(request, treeHeight))
  if (reason !== undefined) return { level: 'must', reason }
  if (request.length <= RECOMMENDED_HASH_REQUEST_LENGTH) return undefined
  return { level: 'should', reason: `length ${request.length} is above ${RECOMMENDED_HASH_REQUEST_LENGTH}` }
}

function shapeDefect({ length, index, proofLayers }: HashRequest): string | undefined {
  // & works on 32 bits, so this test is also correct for 2^31
  if (length < 2 || (length & (length - 1)) !== 0)
    return `length ${length} is not a power of two of at least 2`
  if (length > MAX_HASH_REQUEST_LENGTH) return `length ${length} is above ${MAX_HASH_REQUEST_LENGTH}`
  if (index % length !== 0) return `index ${index} is not a multiple of length ${length}`
  if (proofLayers > MAX_HASH_PROOF_LAYERS) return `a proof of ${proofLayers} layers`
  return undefined
}

function treeDefect(
  { baseLayer, index, length, proofLayers }: HashRequest,
  height: number,
): string | undefined {
  if (baseLayer >= height) return `base layer ${baseLayer} in a tree of height ${height}`
  const width = 2 ** (height - baseLayer)
  if (index + length > width) return `hashes up to ${index + length} in a layer of ${width}`
  const layersAbove = height - baseLayer - 1
  return proofLayers > layersAbove
    ? `a proof of ${proofLayers} layers where ${layersAbove} are left`
    : undefined
}

function checkHash(hash: Uint8Array): void {
  if (hash.length !== HASH_LENGTH) throw new RangeError(`a hash has ${HASH_LENGTH} bytes, got ${hash.length}`)
}
