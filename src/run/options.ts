import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import type { CapturePort } from '../net/capture/tap.ts'
import type { Proxy, TransportKind } from '../net/transport.ts'
import type { FetchProgress } from '../report/model/progress.ts'
import type { TraceEvent } from '../trace/event.ts'
import type { InfoHashes } from '../wire/torrent/info-hash.ts'
import type { Metainfo } from '../wire/torrent/metainfo.ts'
import type { TorrentNote } from '../wire/torrent/notes.ts'

/** A peer as the user named it, not yet resolved. */
export interface PeerName {
  /** As the user wrote it. */
  readonly input: string
  /** Host name or literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** What is known about the torrent before the session. */
export interface TorrentTarget {
  readonly infoHashes: InfoHashes
  /** Display name of a magnet link or torrent. */
  readonly name: string | undefined
  /** The whole .torrent if one was given: piece count, sizes and hashes. */
  readonly metainfo: Metainfo | undefined
  /** Oddities of the magnet link. */
  readonly notes?: readonly TorrentNote[] | undefined
}

/**
 * When to encrypt: `off` never; `require` always; `auto` after the peer closed on a plaintext handshake without sending
 * a byte; `prefer` first, and plaintext if that fails.
 */
export type EncryptionMode = 'auto' | 'off' | 'prefer' | 'require'

/**
 * What to connect over: one transport; or, with `auto`, TCP first, and uTP if TCP is refused, filtered or closed without
 * an answer. With a proxy, `auto` is TCP.
 */
export type TransportMode = 'auto' | TransportKind

/** Receives every event of a session as it happens. Times count from the start of the command, as in the report. */
export type SessionTrace = (event: TraceEvent) => void

/** Options of every command that is about one torrent at one peer. All times are milliseconds. */
export interface TargetOptions {
  readonly peer: PeerName
  /** Other peers to try in turn until one is reached; a magnet link may name several. */
  readonly otherPeers?: readonly PeerName[] | undefined
  readonly torrent: TorrentTarget
  /** Use only addresses of this family. */
  readonly family: 4 | 6 | undefined
  /** Local address to dial from. */
  readonly source: string | undefined
  readonly connectTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly unchokeTimeoutMs: number
  /** For the whole command; undefined for none. */
  readonly totalTimeoutMs: number | undefined
  readonly trace?: SessionTrace | undefined
  /** Receives what is known of the torrent, again when the peer has sent its metadata. */
  readonly onTorrent?: ((torrent: TorrentTarget) => void) | undefined
  /** Observes every connection above its encryption. */
  readonly capture?: CapturePort | undefined
}

/** Options of every command that holds a session with one peer. */
export interface SessionOptions extends TargetOptions {
  /** The reserved bits that our handshake sets. */
  readonly features: {
    readonly fast: boolean
    readonly extensions: boolean
    readonly dht: boolean
    /** Offers an upgrade to v2 (BEP 52), only for a torrent known to have both hashes. Default false. */
    readonly v2?: boolean | undefined
  }
  /** Default `auto`. */
  readonly encryption?: EncryptionMode | undefined
  /** Default `auto`. */
  readonly transport?: TransportMode | undefined
  /** Connects to the peer and resolves its name. */
  readonly proxy?: Proxy | undefined
  /** 20 bytes, or an 8-byte prefix that random bytes complete; undefined for our own. */
  readonly peerId: Uint8Array | undefined
}

/**
 * Rejects options that exclude each other.
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
      hint: `leave out -${family}, or use an address in place of the name`,
    })
  }
  if (features.v2 === true && torrent.infoHashes.v2 === undefined) {
    throw new PeerError('E_USAGE', '--v2 needs a torrent that is known to have a v2 info hash', {
      hint: 'give the .torrent with -t, or a magnet link that carries both hashes',
      reference: 'BEP 52',
    })
  }
}

/** Options of `connect`. Times are milliseconds. */
export interface ConnectOptions extends SessionOptions {
  /** Send *interested* and wait for *unchoke*. */
  readonly interested: boolean
  /** How long the peer must be quiet after everything negotiated has come. */
  readonly settleMs: number
  /** Longest wait for that. */
  readonly waitMs: number
}

/** Which bytes `fetchBlock` requests, and where they go. Sizes in bytes, times in milliseconds. */
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
  /** Longest wait for the next block while requests are outstanding; default 30 s. */
  readonly blockTimeoutMs?: number | undefined
  /** Fetch the metadata from the same peer first, if no .torrent was given; default false. */
  readonly metadata?: boolean
  /** How many times to request the range. Each answer is timed, the last one is written. */
  readonly repeat: number
}

/** Where `metadata` writes the .torrent. */
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
  /** The folder for the files of the torrent; undefined, only with `sample`, to keep nothing. */
  readonly output: string | undefined
  /** Longest wait for a block while requests are outstanding. */
  readonly blockTimeoutMs: number
  /** Called a few times a second. */
  readonly progress?: ((progress: FetchProgress) => void) | undefined
}
