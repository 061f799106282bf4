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

/** The merkle tree of one file, as far as a requester knows it. */
export interface FileTree {
  /** 32 bytes, from the info dictionary. */
  readonly piecesRoot: Uint8Array
  /** Layers between the leaves and the root, 0 for a file of one block. */
  readonly height: number
}

/** What a *hashes* message was worth. */
export type HashesResult =
  /** `hashes` are the run that was asked for, and lead to the root of the file with the uncles, lowest first. */
  | {
      readonly type: 'verified'
      readonly request: HashRequest
      readonly hashes: readonly Uint8Array[]
      readonly uncles: readonly Uint8Array[]
    }
  /** They answer a request and are not to be used: the sender is to blame. */
  | { readonly type: 'wrong'; readonly request: HashRequest; readonly reason: string }
  /** They answer nothing that was asked. */
  | { readonly type: 'unrequested' }

interface Pending {
  readonly request: HashRequest
  readonly height: number
  readonly at: number
}

/**
 * The hash requests to one peer: at most 16 wait at a time, each for at most 30 seconds, and no hash is passed on that
 * does not lead to the root of its file. Times are milliseconds on the caller's clock.
 * @see https://www.bittorrent.org/beps/bep_0052.html "hash request"
 */
export class HashRequestManager {
  readonly #pending = new Map<string, Pending>()
  readonly #sha256: Sha256 | undefined

  /** @param sha256 a faster one than the built-in, if there is any */
  constructor(sha256?: Sha256) {
    this.#sha256 = sha256
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  /**
   * Notes a request that is about to be sent; false when 16 are waiting or this one is.
   * @throws RangeError when the file's tree does not allow it, or its proof stops below the root, so that no answer
   *   could be verified
   */
  request(file: FileTree, request: HashRequest, at: number): boolean {
    const defect = hashRequestDefect(request, file.height)
    if (defect?.level === 'must') throw new RangeError(defect.reason)
    if (!equalBytes(file.piecesRoot, request.piecesRoot)) throw new RangeError('a request of another file')
    if (uncles(request) !== file.height - request.baseLayer - merkleHeight(request.length))
      throw new RangeError(`a proof of ${request.proofLayers} layers does not reach the root`)
    const key = keyOf(request)
    if (this.#pending.size >= MAX_PENDING_HASH_REQUESTS || this.#pending.has(key)) return false
    this.#pending.set(key, { request, height: file.height, at })
    return true
  }

  /**
   * Judges a *hashes* message, and takes its request out.
   * @param hashes 32 bytes each, one after the other; shared with what is returned
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

  /** Notes a *hash reject*; false when it answers nothing that was asked. */
  rejected(request: HashRequest): boolean {
    return this.#take(request) !== undefined
  }

  /** Takes the requests of 30 seconds ago and older out and returns them. */
  expire(at: number): HashRequest[] {
    const expired = [...this.#pending.values()].filter(
      (pending) => at - pending.at >= HASH_REQUEST_TIMEOUT_MS,
    )
    for (const { request } of expired) this.#take(request)
    return expired.map(({ request }) => request)
  }

  /** When `expire` has something to do next, or undefined. */
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

/** The request of a run of hashes with its proof up to the root. */
export function hashRequestToRoot(
  file: FileTree,
  run: { readonly baseLayer: number; readonly index: number; readonly length: number },
): HashRequest {
  const { piecesRoot, height } = file
  return { piecesRoot, ...run, proofLayers: Math.max(0, height - run.baseLayer - 1) }
}

/** The request that proves one block: its pair of leaves. Undefined for a file of one block, whose root is the leaf. */
export function hashRequestOfBlock(file: FileTree, block: number): HashRequest | undefined {
  if (file.height === 0) return undefined
  return hashRequestToRoot(file, { baseLayer: 0, index: block - (block % 2), length: 2 })
}

/**
 * The requests that together bring the piece layer of a file, at most 512 hashes each. Hashes past the last piece
 * come as pad hashes.
 * @param pieceLayer log2(piece length / 16384)
 * @param pieceCount pieces of the file
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
