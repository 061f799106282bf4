import { equalBytes, toHex } from '../../base/bytes.ts'
import { MAX_PENDING_HASH_REQUESTS, RECOMMENDED_HASH_REQUEST_LENGTH } from '../../base/limits.ts'
import {
  expectedHashCount,
  hashRequestDefect,
  HASH_LENGTH,
  type HashRequest,
} from '../../wire/message/hash-request.ts'
import { merkleHeight, verifyProof, type Sha256 } from '../../wire/torrent/merkle.ts'

/** How long a hash request may stay unanswered, in milliseconds. */
const HASH_REQUEST_TIMEOUT_MS = 30_000

/** What a requester knows of the Merkle tree of one file. */
export interface FileTree {
  /** 32 bytes, from the info dictionary. */
  readonly piecesRoot: Uint8Array
  /** Layers between the leaves and the root, 0 for a file of one block. */
  readonly height: number
}

/** The result of checking a *hashes* message. */
export type HashesResult =
  /** `hashes` are the requested run. With the uncle hashes, lowest first, they lead to the root of the file. */
  | {
      readonly type: 'verified'
      readonly request: HashRequest
      readonly hashes: readonly Uint8Array[]
      readonly uncles: readonly Uint8Array[]
    }
  /** They answer a request but are wrong: the sender is at fault. */
  | { readonly type: 'wrong'; readonly request: HashRequest; readonly reason: string }
  /** They do not answer any request. */
  | { readonly type: 'unrequested' }

interface Pending {
  readonly request: HashRequest
  readonly height: number
  readonly at: number
}

/**
 * The hash requests to one peer. At most 16 are outstanding, each for at most 30 seconds, and only hashes that lead to the
 * root of their file are returned. Times are milliseconds on the caller's clock.
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export class HashRequestManager {
  readonly #pending = new Map<string, Pending>()
  readonly #sha256: Sha256 | undefined

  /** @param sha256 a faster implementation than the default, if available */
  constructor(sha256?: Sha256) {
    this.#sha256 = sha256
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  /**
   * Records a request that is about to be sent. Returns false when 16 are outstanding, or this one is.
   * @throws RangeError when the file's tree does not allow it, or its proof stops below the root, so that no answer
   *   could be verified
   */
  request(file: FileTree, request: HashRequest, at: number): boolean {
    const defect = hashRequestDefect(request, file.height)
    if (defect?.level === 'must') throw new RangeError(defect.reason)
    if (!equalBytes(file.piecesRoot, request.piecesRoot))
      throw new RangeError('the request is for another file')
    if (uncles(request) !== file.height - request.baseLayer - merkleHeight(request.length))
      throw new RangeError(`a proof of ${request.proofLayers} layers does not reach the root`)
    const key = keyOf(request)
    if (this.#pending.size >= MAX_PENDING_HASH_REQUESTS || this.#pending.has(key)) return false
    this.#pending.set(key, { request, height: file.height, at })
    return true
  }

  /**
   * Checks a *hashes* message and removes its request.
   * @param hashes 32 bytes each, concatenated; the result shares their memory
   */
  received(request: HashRequest, hashes: Uint8Array): HashesResult {
    const pending = this.#take(request)
    if (pending === undefined) return { type: 'unrequested' }
    const wanted = expectedHashCount(request)
    if (hashes.length !== wanted * HASH_LENGTH) {
      const reason = `${hashes.length} bytes of hashes, expected ${wanted} hashes of ${HASH_LENGTH}`
      return { type: 'wrong', request: pending.request, reason }
    }
    const all = Array.from({ length: wanted }, (_, i) =>
      hashes.subarray(i * HASH_LENGTH, (i + 1) * HASH_LENGTH),
    )
    const run = all.slice(0, request.length)
    const { baseLayer, index, piecesRoot } = pending.request
    const path = all.slice(request.length)
    const proof = { baseLayer, index, hashes: run, uncles: path }
    const check = verifyProof(proof, piecesRoot, pending.height, this.#sha256)
    return check.ok
      ? { type: 'verified', request: pending.request, hashes: run, uncles: path }
      : { type: 'wrong', request: pending.request, reason: check.reason }
  }

  /** Records a *hash reject*. Returns false when it does not answer any request. */
  rejected(request: HashRequest): boolean {
    return this.#take(request) !== undefined
  }

  /** Removes and returns the requests that are 30 seconds old or older. */
  expire(at: number): HashRequest[] {
    const expired = [...this.#pending.values()].filter(
      (pending) => at - pending.at >= HASH_REQUEST_TIMEOUT_MS,
    )
    for (const { request } of expired) this.#take(request)
    return expired.map(({ request }) => request)
  }

  /** When to call `expire` next, or undefined. */
  get nextExpiry(): number | undefined {
    if (this.#pending.size === 0) return undefined
    return Math.min(...[...this.#pending.values()].map(({ at }) => at)) + HASH_REQUEST_TIMEOUT_MS
  }

  #take(request: HashRequest): Pending | undefined {
    const key = keyOf(request)
    const pending = this.#pending.get(key)
    this.#pending.delete(key)
    return pending
  }
}

/** The request for a run of hashes with its proof up to the root. */
export function hashRequestToRoot(
  file: FileTree,
  run: { readonly baseLayer: number; readonly index: number; readonly length: number },
): HashRequest {
  const { piecesRoot, height } = file
  return { piecesRoot, ...run, proofLayers: Math.max(0, height - run.baseLayer - 1) }
}

/** The request that verifies one block: for its pair of leaves. Undefined for a file of one block, whose leaf is the root. */
export function hashRequestOfBlock(file: FileTree, block: number): HashRequest | undefined {
  if (file.height === 0) return undefined
  return hashRequestToRoot(file, { baseLayer: 0, index: block - (block % 2), length: 2 })
}

/**
 * The requests for the whole piece layer of a file, at most 512 hashes each. Hashes past the last piece are pad hashes.
 * @param pieceLayer log2(piece length / 16384)
 * @param pieceCount number of pieces of the file
 */
export function* pieceLayerRequests(
  file: FileTree,
  pieceLayer: number,
  pieceCount: number,
): Generator<HashRequest, void, undefined> {
  const width = 2 ** (file.height - pieceLayer)
  // a file of one piece has no piece layer: its root is the hash of that piece
  if (width < 2) return
  const length = Math.min(width, RECOMMENDED_HASH_REQUEST_LENGTH)
  for (let index = 0; index < Math.min(pieceCount, width); index += length) {
    yield hashRequestToRoot(file, { baseLayer: pieceLayer, index, length })
  }
}

function uncles(request: HashRequest): number {
  return expectedHashCount(request) - request.length
}

function keyOf({ piecesRoot, baseLayer, index, length, proofLayers }: HashRequest): string {
  return `${toHex(piecesRoot)}:${baseLayer}:${index}:${length}:${proofLayers}`
}
