import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import type { Proxy } from '../net/transport.ts'
import type { FetchProgress } from '../report/model/progress.ts'
import type { TraceEvent } from '../trace/event.ts'
import type { InfoHashes } from '../wire/torrent/info-hash.ts'
import type { Metainfo } from '../wire/torrent/metainfo.ts'
import type { TorrentNote } from '../wire/torrent/notes.ts'

/** A peer as it was named: not yet resolved. */
export interface PeerName {
  /** As the user typed it. */
  readonly input: string
  /** Host name or literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** What is known of the torrent before anything is asked. */
export interface TorrentTarget {
  readonly infoHashes: InfoHashes
  /** Display name of a magnet link or torrent. */
  readonly name: string | undefined
  /** The whole .torrent when one was given: piece count, sizes and hashes. */
  readonly metainfo: Metainfo | undefined
  /** What is odd about the magnet link. */
  readonly notes?: readonly TorrentNote[] | undefined
}

/**
 * When to encrypt: `off` never, `require` always; `auto` after the peer closed on a plaintext handshake without a byte,
 * `prefer` first, and after that failed no more.
 */
export type EncryptionMode = 'auto' | 'off' | 'prefer' | 'require'

/** Sees every event of a session as it happens; its time counts from the start of the command, as those of the report. */
export type SessionTrace = (event: TraceEvent) => void

/** Shared by every command that holds a session with one peer. All times are milliseconds. */
export interface SessionOptions {
  readonly peer: PeerName
  /** Others to try in turn while none was reached; a magnet link may name several. */
  readonly otherPeers?: readonly PeerName[] | undefined
  readonly torrent: TorrentTarget
  /** The bits of our handshake. */
  readonly features: {
    readonly fast: boolean
    readonly extensions: boolean
    readonly dht: boolean
    /** Says that we can go on in v2 (BEP 52); only for a torrent known to have both hashes. Default false. */
    readonly v2?: boolean | undefined
  }
  /** Default `auto`. */
  readonly encryption?: EncryptionMode | undefined
  /** Default `tcp`. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** Goes to the peer, whose name the proxy resolves. */
  readonly proxy?: Proxy | undefined
  /** 20 bytes, or an 8-byte prefix that random bytes complete; undefined for our own. */
  readonly peerId: Uint8Array | undefined
  /** Only addresses of this family. */
  readonly family: 4 | 6 | undefined
  /** Local address to dial from. */
  readonly source: string | undefined
  readonly connectTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly unchokeTimeoutMs: number
  /** For the whole command; undefined for none. */
  readonly totalTimeoutMs: number | undefined
  readonly trace?: SessionTrace | undefined
}

/**
 * Refuses what cannot be done together.
 * @throws PeerError E_USAGE
 */
export function checkSessionOptions({
  features,
  torrent,
  transport,
  proxy,
  peer,
  family,
}: Pick<SessionOptions, 'features' | 'torrent' | 'transport' | 'proxy' | 'peer' | 'family'>): void {
  if (transport === 'utp' && proxy !== undefined) {
    throw new PeerError('E_USAGE', 'uTP does not go through a SOCKS5 proxy', {
      hint: 'use --transport tcp with --proxy',
    })
  }
  if (family !== undefined && proxy !== undefined && isIP(peer.host) === 0) {
    throw new PeerError('E_USAGE', `-${family} cannot be kept: the proxy resolves ${peer.host}`, {
      hint: `leave out -${family}, or type an address in place of the name`,
    })
  }
  if (features.v2 === true && torrent.infoHashes.v2 === undefined) {
    throw new PeerError('E_USAGE', '--v2 needs a torrent that is known to have a v2 info hash', {
      hint: 'give the .torrent with -t, or a magnet link that carries both hashes',
      reference: 'BEP 52',
    })
  }
}

/** What `connect` does in its session. Times are milliseconds. */
export interface ConnectOptions extends SessionOptions {
  /** Send *interested* and wait for *unchoke*. */
  readonly interested: boolean
  /** How long the line must have been quiet once all that was negotiated has come. */
  readonly settleMs: number
  /** Longest wait for that. */
  readonly waitMs: number
}

/** Which bytes `fetchBlock` asks for, and what becomes of them. Sizes in bytes, times in milliseconds. */
export interface FetchBlockOptions extends SessionOptions {
  readonly piece: number
  /** First byte within the piece, and how many. */
  readonly offset: number
  readonly length: number
  /** A path, or `-` for stdout. */
  readonly output: string
  /** Replace an existing file. */
  readonly force: boolean
  /** Fetch what is needed to prove the block against the torrent. */
  readonly verify: boolean
  /** Longest wait for the next block while requests are out; default 30 s. */
  readonly blockTimeoutMs?: number | undefined
  /** Fetch the metadata from the same peer first, when no .torrent was given; default false. */
  readonly metadata?: boolean
  /** How many times the range is asked for; the last answer is written, each one is timed. */
  readonly repeat: number
}

/** Where `metadata` puts the .torrent. */
export interface MetadataOptions extends SessionOptions {
  /** A path for the .torrent, `-` for stdout, undefined for none. */
  readonly output: string | undefined
  /** Replace an existing file. */
  readonly force: boolean
}

/** Which pieces `fetch` gets, and where they go. Times are milliseconds. */
export interface FetchOptions extends SessionOptions {
  /** First and last of each run of pieces; undefined for the whole torrent. */
  readonly pieces: readonly (readonly [number, number])[] | undefined
  /** Fetch this many pieces, chosen at random among those that the peer claims. */
  readonly sample: number | undefined
  /** The folder in which the files are to stand; undefined, with `sample` only, to keep nothing. */
  readonly output: string | undefined
  /** Longest wait for a block while requests are out. */
  readonly blockTimeoutMs: number
  /** Called a few times a second. */
  readonly progress?: ((progress: FetchProgress) => void) | undefined
}
