import { equalBytes, toHex } from '../../base/bytes.ts'
import { PeerError, type ErrorCode } from '../../base/errors.ts'
import { MAX_METADATA_LENGTH, METADATA_PIECE_LENGTH } from '../../base/limits.ts'
import type { MetadataOutcome } from '../../trace/metadata.ts'
import type { ExtensionHandshake } from '../../wire/extension/handshake.ts'
import {
  metadataPieceCount,
  metadataPieceLength,
  type MetadataMessage,
} from '../../wire/extension/metadata.ts'
import type { InfoHashes } from '../../wire/torrent/info-hash.ts'
import type { HashFunctions } from '../../wire/torrent/metainfo.ts'

/** Outstanding requests: with more some clients reject, and libtorrent also keeps two. */
const OUTSTANDING = 2

/** How long a request may stay unanswered before it is sent again, in milliseconds. */
const REPEAT_AFTER_MS = 5000

/** The expected metadata and its time limit. */
export interface MetadataFetchOptions {
  /** The hashes that the metadata must match: all that are known. */
  readonly infoHashes: InfoHashes
  /** How long to wait for the next piece, in milliseconds. */
  readonly timeoutMs: number
  readonly hash: Required<HashFunctions>
}

/** Why fetching the metadata failed, with the error for it. */
export interface MetadataFailure {
  readonly outcome: Exclude<MetadataOutcome, 'verified'>
  readonly error: PeerError
}

/** How fetching the metadata ended. */
export type MetadataResult =
  | { readonly type: 'done'; /** The peer's info dictionary, to the byte. */ readonly infoBytes: Uint8Array }
  | ({ readonly type: 'failed' } & MetadataFailure)

/** Everything to do after an input. */
export interface MetadataStep {
  readonly send: readonly MetadataMessage[]
  /** Set in the last step only. */
  readonly result: MetadataResult | undefined
  /** When to call `tick` if no other input comes first. */
  readonly wakeAt: number | undefined
}

/**
 * Fetches the info dictionary from one peer, piece by piece. At most two requests are outstanding, nothing is allocated
 * before the announced size is checked, and the result always matches the info hash. Times are milliseconds on the
 * caller's clock.
 * @see https://www.bittorrent.org/beps/bep_0009.html
 */
export class MetadataFetch {
  readonly #options: MetadataFetchOptions
  #pieces: (Uint8Array | undefined)[] = []
  #size = 0
  #received = 0
  #next = 0
  /** When each piece was last requested. */
  readonly #asked = new Map<number, number>()
  #progressAt = 0
  #result: MetadataResult | undefined

  constructor(options: MetadataFetchOptions) {
    this.#options = options
  }

  /** Announced size in bytes; 0 before `start`. */
  get size(): number {
    return this.#size
  }

  get pieceCount(): number {
    return this.#pieces.length
  }

  /** Number of pieces that came. */
  get receivedCount(): number {
    return this.#received
  }

  /**
   * Starts, with what the peer announced.
   * @param extensionProtocol whether both handshakes set the bit
   * @param handshake undefined when the peer sent none
   */
  start(extensionProtocol: boolean, handshake: ExtensionHandshake | undefined, at: number): MetadataStep {
    this.#progressAt = at
    const refusal = refusalOf(extensionProtocol, handshake)
    if (refusal !== undefined) return this.#end({ type: 'failed', ...refusal })
    this.#size = handshake?.metadataSize ?? 0
    this.#pieces = Array.from({ length: metadataPieceCount(this.#size) })
    return this.#ask([], at)
  }

  received(message: MetadataMessage, at: number): MetadataStep {
    if (this.#result !== undefined || message.type === 'request' || message.type === 'unknown')
      return this.#ask([], at)
    const { piece } = message
    // unrequested and repeated answers have no effect
    if (!this.#asked.has(piece) || this.#pieces[piece] !== undefined) return this.#ask([], at)
    if (message.type === 'reject') {
      const text = `the peer rejected the request for metadata piece ${piece} of ${this.#pieces.length}`
      return this.#fail(
        'rejected',
        'E_METADATA_REJECTED',
        text,
        'it may lack the metadata itself: ask another peer',
      )
    }
    const expected = metadataPieceLength(piece, this.#size)
    if (message.data.length !== expected) {
      const text = `metadata piece ${piece} has ${message.data.length} bytes, expected ${expected} by the announced size of ${this.#size}`
      return this.#fail('length-wrong', 'E_METADATA_SIZE', text)
    }
    this.#asked.delete(piece)
    this.#pieces[piece] = message.data.slice()
    this.#received++
    this.#progressAt = at
    return this.#received === this.#pieces.length ? this.#complete() : this.#ask([], at)
  }

  /** Repeats requests that timed out, and finally gives up. */
  tick(at: number): MetadataStep {
    const { timeoutMs } = this.#options
    if (this.#result !== undefined) return this.#ask([], at)
    if (at >= this.#progressAt + timeoutMs) {
      const text = `${this.#received} of ${this.#pieces.length} metadata pieces were received, and none in the last ${timeoutMs} ms`
      return this.#fail('timed-out', 'E_METADATA_TIMEOUT', text)
    }
    const overdue = [...this.#asked].filter(([, askedAt]) => at >= askedAt + REPEAT_AFTER_MS)
    for (const [piece] of overdue) this.#asked.set(piece, at)
    return this.#ask(
      overdue.map(([piece]) => ({ type: 'request', piece })),
      at,
    )
  }

  #ask(send: MetadataMessage[], at: number): MetadataStep {
    if (this.#result !== undefined) return { send: [], result: undefined, wakeAt: undefined }
    while (this.#asked.size < OUTSTANDING && this.#next < this.#pieces.length) {
      const piece = this.#next++
      this.#asked.set(piece, at)
      send.push({ type: 'request', piece })
    }
    const repeatAt = Math.min(...this.#asked.values()) + REPEAT_AFTER_MS
    return { send, result: undefined, wakeAt: Math.min(repeatAt, this.#progressAt + this.#options.timeoutMs) }
  }

  #complete(): MetadataStep {
    const infoBytes = new Uint8Array(this.#size)
    for (const [i, piece] of this.#pieces.entries())
      if (piece !== undefined) infoBytes.set(piece, i * METADATA_PIECE_LENGTH)
    const { infoHashes, hash } = this.#options
    const checks = [
      ['SHA-1', infoHashes.v1, hash.sha1],
      ['SHA-256', infoHashes.v2, hash.sha256],
    ] as const
    const known = checks.flatMap(([name, wanted, digest]) =>
      wanted === undefined ? [] : [{ name, wanted, found: digest(infoBytes) }],
    )
    const wrong = known.find(({ wanted, found }) => !equalBytes(found, wanted))
    if (wrong === undefined) return this.#end({ type: 'done', infoBytes })
    const { name, wanted, found } = wrong
    const text = `the ${this.#size} bytes of metadata have the ${name} ${toHex(found)}, not ${toHex(wanted)}`
    if (known.some((one) => equalBytes(one.found, one.wanted))) {
      const hint = 'the metadata has the other given hash: check that both hashes are of one torrent'
      return this.#fail('hashes-contradict', 'E_METADATA_HASH', text, hint)
    }
    // truncated to the 20 bytes of a handshake, a v2 hash looks like a v1 hash, and finds the same peers
    const v2 = this.#options.hash.sha256(infoBytes)
    if (equalBytes(v2.subarray(0, 20), wanted)) {
      const hint = `the given hash is the beginning of the SHA-256 of the metadata: use the whole v2 info hash, ${toHex(v2)}`
      return this.#fail('hash-truncated', 'E_METADATA_HASH', text, hint)
    }
    const hint = 'the peer sent wrong or damaged metadata: ask another peer'
    return this.#fail('hash-wrong', 'E_METADATA_HASH', text, hint)
  }

  #fail(outcome: MetadataFailure['outcome'], code: ErrorCode, message: string, hint?: string): MetadataStep {
    return this.#end({ type: 'failed', outcome, error: metadataError(code, message, hint) })
  }

  #end(result: MetadataResult): MetadataStep {
    this.#result = result
    this.#pieces = this.#pieces.map(() => undefined)
    this.#asked.clear()
    return { send: [], result, wakeAt: undefined }
  }
}

/** Why the metadata cannot be requested at all. */
function refusalOf(
  extensionProtocol: boolean,
  handshake: ExtensionHandshake | undefined,
): MetadataFailure | undefined {
  if (!extensionProtocol || handshake === undefined) {
    const text = extensionProtocol
      ? 'the peer set the extension protocol bit but sent no extension handshake'
      : 'the peer does not support the extension protocol'
    const hint = 'get the metadata from another peer, or use a .torrent'
    return { outcome: 'not-offered', error: metadataError('E_NO_EXTENSION_PROTOCOL', text, hint) }
  }
  if ((handshake.extensions.get('ut_metadata') ?? 0) === 0) {
    const text = 'the extension handshake from the peer does not offer ut_metadata'
    const hint = 'clients do not offer it for private torrents, and some never do: use the .torrent instead'
    return { outcome: 'not-offered', error: metadataError('E_NO_METADATA_EXTENSION', text, hint) }
  }
  if (handshake.metadataSize !== undefined && handshake.metadataSize <= MAX_METADATA_LENGTH) return undefined
  const issue = handshake.issues.find(({ key }) => key === 'metadata_size')
  const text =
    issue === undefined
      ? 'the peer offers ut_metadata without a metadata_size'
      : `the peer's metadata_size is not usable: ${issue.detail}`
  const error = metadataError('E_METADATA_SIZE', text, 'it may lack the metadata itself: ask another peer')
  return { outcome: issue === undefined ? 'size-missing' : 'size-unusable', error }
}

function metadataError(code: ErrorCode, message: string, hint?: string): PeerError {
  return new PeerError(code, message, {
    phase: 'metadata',
    reference: code === 'E_NO_EXTENSION_PROTOCOL' ? 'BEP 10' : 'BEP 9',
    hint,
  })
}
