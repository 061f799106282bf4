import type { Proxy } from '../net/transport.ts'
import type { FetchProgress } from '../report/model/progress.ts'
import type { ServeEvent } from '../report/model/serve-event.ts'
import type { EncryptionMode, SessionTrace, TransportMode } from '../run/options.ts'
import type { Ports } from '../run/ports.ts'
import type { ScanPorts } from '../run/scan/scan.ts'
import type { ReachProgress } from '../run/reach/options.ts'
import type { WhyProgress } from '../run/why/options.ts'
import type { ServePorts } from '../run/serve/options.ts'
import type { SeederLimits } from '../net/seeder/options.ts'
import type { InfoHashes } from '../wire/torrent/info-hash.ts'
import type { Metainfo } from '../wire/torrent/metainfo.ts'

/**
 * The options of the use cases. Omitted or undefined options have the defaults of the command line. Times are
 * milliseconds.
 */

/** Names the torrent by its info hash. */
export interface ByInfoHash {
  /**
   * 40 or 64 hex digits, 32 base32 characters, a magnet link, or the 20 or 32 raw bytes. `host` is optional if a magnet
   * link names peers (`x.pe`).
   */
  readonly infoHash: string | Uint8Array | InfoHashes
  readonly torrent?: undefined
}

/** Gives the torrent itself, with its piece count and the hashes for verification. */
export interface ByTorrent {
  /** The path of a .torrent, its bytes, or what `decodeMetainfo` made of them. */
  readonly torrent: string | URL | Uint8Array | Metainfo
  readonly infoHash?: undefined
}

/** Selects the torrent: exactly one of `infoHash` and `torrent`. */
export type TorrentSource = ByInfoHash | ByTorrent

/** The peer, and the options of the session with it. */
export interface PeerOptions {
  /** A host name or a literal address, IPv6 without brackets. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** The reserved bits that our handshake sets. */
  readonly features?: FeatureOptions | undefined
  /** Default `auto`: plaintext first, then encrypted if the peer closed without sending a byte. */
  readonly encryption?: EncryptionMode | undefined
  /** Default `auto`: TCP first, then uTP if TCP is refused, filtered or closed without an answer. */
  readonly transport?: TransportMode | undefined
  /** A SOCKS5 proxy, which also resolves the name of the peer. */
  readonly proxy?: Proxy | undefined
  /** 20 bytes, or an 8-byte prefix that random bytes complete. */
  readonly peerId?: Uint8Array | undefined
  /** Use only addresses of this family. */
  readonly family?: 4 | 6 | undefined
  /** Local address to dial from. */
  readonly source?: string | undefined
  /** Per address tried. Default 5 s. */
  readonly connectTimeoutMs?: number | undefined
  /** Default 10 s. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Default 35 s: longer than three choking rounds. */
  readonly unchokeTimeoutMs?: number | undefined
  /** For the whole use case; `Infinity` for none. Default 60 s, and none for `fetchTorrent` and `why`. */
  readonly totalTimeoutMs?: number | undefined
  /** Receives every event of every connection as it happens. */
  readonly trace?: SessionTrace | undefined
  readonly capture?: CaptureOption['capture']
  /** Stops everything at once; the report says that it was aborted. */
  readonly signal?: AbortSignal | undefined
  /** Replaces parts of the environment in tests: clock, resolver, dialler, random source or disk. */
  readonly ports?: Partial<Ports> | undefined
}

/** Where a use case writes its connections. */
export interface CaptureOption {
  /**
   * Receives what is sent and received as the bytes of a pcapng file, as `--capture` writes it: clear text, block data
   * included. Called with whole blocks, in order and for the last time before the use case returns; the first call has the
   * header. The bytes do not change afterwards. The sessions wait for what it does, so it should only store them, for
   * example with the `write` of a stream.
   */
  readonly capture?: ((bytes: Uint8Array) => void) | undefined
}

/** The reserved bits of our handshake that callers can choose. */
export interface FeatureOptions {
  /** The fast extension (BEP 6). Default true. */
  readonly fast?: boolean | undefined
  /** The extension protocol (BEP 10). Default true. */
  readonly extensions?: boolean | undefined
  /** DHT (BEP 5). Default false. */
  readonly dht?: boolean | undefined
  /** Offers the peer an upgrade to v2 for a hybrid torrent (BEP 52). Default false. */
  readonly v2?: boolean | undefined
}

/** The options of `connect` besides torrent and peer. */
export interface ConnectSettings {
  /** Send *interested* and wait for *unchoke*. Default false. */
  readonly interested?: boolean | undefined
  /** How long the peer must be quiet after everything negotiated has come. Default 300 ms. */
  readonly settleMs?: number | undefined
  /** Longest wait for that. Default 5 s. */
  readonly waitMs?: number | undefined
}

/** The options of `connect`: a peer and a torrent. */
export type ConnectOptions = TorrentSource & PeerOptions & ConnectSettings

/** Which bytes `fetchBlock` requests. */
export interface FetchBlockSettings {
  readonly piece: number
  /** First byte within the piece. Default 0. */
  readonly offset?: number | undefined
  /** In bytes. Default 16 KiB, the length of one block. */
  readonly length?: number | undefined
  /** A path for the bytes. Default `-`: the result has them as `data`. */
  readonly output?: string | undefined
  /** Replace an existing file. Default false. */
  readonly force?: boolean | undefined
  /** Fetch what is needed to verify the bytes against the torrent. Default false. */
  readonly verify?: boolean | undefined
  /** Fetch the metadata from the same peer first if no torrent was given. Default false. */
  readonly metadata?: boolean | undefined
  /** How many times to fetch the bytes, to measure timing. Default 1. */
  readonly repeat?: number | undefined
  /** Longest wait for the next block while requests are outstanding. Default 30 s. */
  readonly blockTimeoutMs?: number | undefined
}

/** The options of `fetchBlock`: a peer, a torrent and a piece. */
export type FetchBlockOptions = TorrentSource & PeerOptions & FetchBlockSettings

/** Which pieces `fetchTorrent` gets, and where they go. Without `output`, `sample` is required and no data is kept. */
export interface FetchTorrentSettings {
  /** First and last of each run of pieces. Default all. */
  readonly pieces?: readonly (readonly [first: number, last: number])[] | undefined
  /** Fetch this many pieces, chosen at random among those that the peer claims. */
  readonly sample?: number | undefined
  /** The folder for the files of the torrent. */
  readonly output?: string | undefined
  /** Longest wait for a block while requests are outstanding. Default 30 s. */
  readonly blockTimeoutMs?: number | undefined
  /** Called a few times a second. */
  readonly progress?: ((progress: FetchProgress) => void) | undefined
}

/** The options of `fetchTorrent`: a peer, a torrent, and a folder or the size of a sample. */
export type FetchTorrentOptions = TorrentSource & PeerOptions & FetchTorrentSettings

/** Where `metadata` writes the .torrent. */
export interface MetadataSettings {
  /** A path for the .torrent, or `-` to get it as `data` of the result. By default it is not written. */
  readonly output?: string | undefined
  /** Replace an existing file. Default false. */
  readonly force?: boolean | undefined
}

/** The options of `metadata`: a peer, and an info hash or a magnet link. */
export type MetadataOptions = TorrentSource & PeerOptions & MetadataSettings

/** The options of `why` besides torrent and peer. */
export interface WhySettings {
  /** Called before each connection. */
  readonly progress?: ((progress: WhyProgress) => void) | undefined
}

/**
 * The options of `why`: a peer and a torrent. It tries several transports, encryptions and identities by itself, so the
 * options for these are missing.
 */
export type WhyOptions = TorrentSource &
  Omit<PeerOptions, 'features' | 'encryption' | 'transport' | 'proxy' | 'peerId'> &
  WhySettings

/** The options of `reach`: a peer, and no torrent. */
export interface ReachOptions extends Pick<
  PeerOptions,
  'family' | 'source' | 'connectTimeoutMs' | 'totalTimeoutMs' | 'trace' | 'capture' | 'signal' | 'ports'
> {
  /** A host name or a literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Called before each connection. */
  readonly progress?: ((progress: ReachProgress) => void) | undefined
}

/** A peer to scan. */
export interface ScanPeer {
  /** A host name or a literal address, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** The torrent of this peer; default that of the scan. */
  readonly infoHash?: ByInfoHash['infoHash'] | undefined
  /** Returned with the report of the peer. */
  readonly label?: string | undefined
}

/** The options of `scan`: the peers, and what the sessions with them have in common. */
export interface ScanOptions
  extends Omit<PeerOptions, 'host' | 'port' | 'trace' | 'capture' | 'ports'>, ConnectSettings {
  /** Read as the scan proceeds; at most 1024 peers ahead. */
  readonly peers: Iterable<ScanPeer> | AsyncIterable<ScanPeer>
  /** The torrent of peers without one of their own. Peers without any are tried as by `reach`. */
  readonly infoHash?: ByInfoHash['infoHash'] | undefined
  /** The same as a .torrent; not together with `infoHash`. */
  readonly torrent?: ByTorrent['torrent'] | undefined
  /** Most peers at once, from 1 to 10 000; fewer where this process may not open as many sockets. Default 256. */
  readonly concurrency?: number | undefined
  /** Most connections started per second, from 1 to 100 000. Default unlimited. */
  readonly rate?: number | undefined
  /** Replaces parts of the environment in tests. */
  readonly ports?: Partial<ScanPorts> | undefined
}

/** Serves existing files. */
export interface ServedFiles {
  /** The path of the .torrent, its bytes, or what `decodeMetainfo` made of them. */
  readonly torrent: ByTorrent['torrent']
  /** Its data: the file, the folder, or the folder that holds it. */
  readonly data: string
  readonly synthetic?: undefined
}

/** Serves a synthetic torrent. */
export interface ServedSynthetic {
  /** Its size in bytes. */
  readonly synthetic: number
  readonly torrent?: undefined
  readonly data?: undefined
}

/** Whom `serve` serves, and which faults it injects. */
export interface ServeSettings {
  /**
   * Where to listen. Default 127.0.0.1 and port 6881; port 0 picks a free port, which the event `listening` reports.
   */
  readonly listen?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
  /** Pieces that we claim to have, first and last of each run. Default all. */
  readonly have?: readonly (readonly [first: number, last: number])[] | undefined
  /** Peers to dial as well. */
  readonly connect?: readonly { readonly host: string; readonly port: number }[] | undefined
  /** How to dial peers, and what to accept from peers that dial us. Default `auto`, which accepts both. */
  readonly encryption?: EncryptionMode | undefined
  /** The only transport. Default: dial by TCP and listen on both. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** End after one peer that got past its handshake. Default false. */
  readonly once?: boolean | undefined
  /** Report protocol violations by the peer. Default false. */
  readonly strict?: boolean | undefined
  /**
   * Faults to inject, as after `--fault`: each one of `FAULT_NAMES`, with a number if it takes one, as in
   * `corrupt=3`.
   */
  readonly faults?: readonly string[] | undefined
  /** Seeds the content of a synthetic torrent and the random choices of faults. Default 1. */
  readonly seed?: number | undefined
  /** A path for the .torrent of a synthetic torrent. */
  readonly torrentOutput?: string | undefined
  /** Replace that file. Default false. */
  readonly force?: boolean | undefined
  /** For the whole use case. Default none. */
  readonly totalTimeoutMs?: number | undefined
  readonly limits?: Partial<SeederLimits> | undefined
  /** Receives events as they happen. */
  readonly onEvent?: ((event: ServeEvent) => void) | undefined
  /** Receives every event of every connection as it happens, with its number, after what is served. */
  readonly trace?: SessionTrace | undefined
  readonly capture?: CaptureOption['capture']
  /** Stops serving; the report is complete. */
  readonly signal?: AbortSignal | undefined
  /** Replaces parts of the environment in tests. */
  readonly ports?: Partial<ServePorts> | undefined
}

/** The options of `serve`: a torrent with its data, or the size of a synthetic one. */
export type ServeOptions = (ServedFiles | ServedSynthetic) & ServeSettings

/** The options of `demo`, all optional. */
export interface DemoOptions extends Pick<PeerOptions, 'trace' | 'capture' | 'signal'> {}

/** What `decode` reads: a path, all bytes, or chunks of them, which it does not keep. */
export type DecodeInput = string | URL | Uint8Array | AsyncIterable<Uint8Array>

/** How `decode` reads its input, and what of it the report is about. All optional. */
export interface DecodeSettings extends Pick<PeerOptions, 'trace' | 'signal'> {
  /** The input is hex text. Default false. */
  readonly hex?: boolean | undefined
  /** The number of a connection of a capture. Default: the only BitTorrent connection, if there is only one. */
  readonly connection?: number | undefined
  /** Only connections with this end; a literal address, IPv6 without brackets. */
  readonly filter?: { readonly address: string; readonly port: number } | undefined
  /** What is known of the torrent: at most one of both. */
  readonly infoHash?: ByInfoHash['infoHash'] | undefined
  readonly torrent?: ByTorrent['torrent'] | undefined
}
