import type { ByteText, Envelope, ErrorReport, SessionReport } from './connect.ts'

/** One answered request for a block. */
export interface RequestReport {
  readonly offset: number
  readonly length: number
  readonly latencyMs: number
}

/** How blocks of a v2 file lead to its pieces root; hashes are 64 hex digits (BEP 52). */
export interface MerkleProofReport {
  readonly piecesRoot: string
  /** Layer of the proven hashes; 0 is the layer of the blocks. */
  readonly baseLayer: number
  /** Position of the first in its layer, and how many. */
  readonly index: number
  readonly length: number
  /** These hashes, and after them the other child at each step to the root, lowest first. */
  readonly hashes: readonly string[]
}

/** The bytes that `fetch-block` asked for, and how far they are proven. Sizes in bytes. */
export interface BlockReport {
  readonly piece: number
  readonly offset: number
  readonly length: number
  /** Bytes written. */
  readonly bytes: number
  readonly sha1: string | null
  /** Path, or `-` for stdout. */
  readonly output: string
  /** How the block was proven: the whole piece by SHA-1, a merkle proof, or not at all. */
  readonly verified: 'piece-sha1' | 'merkle-proof' | 'none'
  /** Why not, or why not by a merkle proof. */
  readonly verifiedDetail: string | null
  /** The merkle proof, enough to check the written blocks again without the peer; null for any other. */
  readonly proof: MerkleProofReport | null
  readonly requests: readonly RequestReport[]
}

/** The document of `fetch-block`. */
export interface FetchBlockReport extends Envelope<'fetch-block'>, SessionReport {
  readonly block: BlockReport | null
}

/** What an info dictionary says. */
export interface MetadataReport {
  /** Of the info dictionary, in bytes. */
  readonly size: number
  readonly name: ByteText
  readonly version: 'v1' | 'v2' | 'hybrid'
  /** Bytes of all files. */
  readonly totalLength: number
  readonly pieceLength: number
  readonly pieceCount: number
  readonly private: boolean
  readonly fileCount: number
  /** The first 10000; paths as they would be on disk. */
  readonly files: readonly { readonly path: string; readonly length: number }[]
  /** Path of the .torrent, `-` for stdout, null when none was written. */
  readonly output: string | null
  /** Whether the .torrent has its piece layers (BEP 52), and if not, why; null in v1, and when none was written. */
  readonly pieceLayers: { readonly complete: boolean; readonly error: ErrorReport | null } | null
}

/** The document of `metadata`. */
export interface MetadataCommandReport extends Envelope<'metadata'>, SessionReport {
  readonly metadata: MetadataReport | null
}

/** How long answers to requests took: what share of them, in percent, took no longer than that. */
export interface LatencyReport {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** What became of the pieces that were wanted. Sizes in bytes. */
export interface FetchReport {
  /** The folder; null when nothing was to be kept. */
  readonly output: string | null
  /** Piece ranges such as `0-5,7`, of this torrent. */
  readonly wanted: string
  readonly wantedCount: number
  /** Pieces that were on disk already, hashed and found good. */
  readonly alreadyThere: number
  /** Pieces that were fetched and verified. */
  readonly fetched: number
  /** Pieces whose hash was wrong; nothing of them was written. */
  readonly bad: readonly number[]
  /** Pieces that the peer claims and keeps rejecting. */
  readonly refused: readonly number[]
  /** Piece ranges that the peer does not claim. */
  readonly unavailable: string
  readonly unavailableCount: number
  /** All that was wanted is there and verified. */
  readonly complete: boolean
  /** Bytes of blocks that were asked for and came. */
  readonly bytes: number
  /** From the first request to the last block. */
  readonly transferMs: number
  readonly bytesPerSecond: number | null
  readonly latency: LatencyReport | null
  readonly chokes: number
  readonly rejects: number
  readonly duplicates: number
  readonly unasked: number
  readonly overdue: number
  /** With --sample: how many pieces were asked for, and how many the peer really served. */
  readonly sample: { readonly asked: number; readonly served: number } | null
}

/** The document of `fetch`. */
export interface FetchCommandReport extends Envelope<'fetch'>, SessionReport {
  readonly fetch: FetchReport | null
}
