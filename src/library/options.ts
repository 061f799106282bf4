import type { Proxy } from '../net/transport.ts'
import type { FetchProgress } from '../report/model/progress.ts'
import type { ServeEvent } from '../report/model/serve-event.ts'
import type { EncryptionMode, SessionTrace } from '../run/options.ts'
import type { Ports } from '../run/ports.ts'
import type { ServePorts } from '../run/serve/options.ts'
import type { SeederLimits } from '../net/seeder/options.ts'
import type { InfoHashes } from '../wire/torrent/info-hash.ts'
import type { Metainfo } from '../wire/torrent/metainfo.ts'

/** The options of the use cases. What is left out, or undefined, is as on the command line; times are milliseconds. */

/** The torrent, by its info hash. */
export interface ByInfoHash {
  /**
   * 40 or 64 hex digits, 32 base32 characters, a magnet link, or the 20 or 32 bytes themselves. A magnet link that names peers
   * (`x.pe`) needs no `host`.
   */
  readonly infoHash: string | Uint8Array | InfoHashes
  readonly torrent?: undefined
}

/** The torrent itself: the piece count, and what verification needs. */
export interface ByTorrent {
  /** The path of a .torrent, its bytes, or what `decodeMetainfo` made of them. */
  readonly torrent: string | URL | Uint8Array | Metainfo
  readonly infoHash?: undefined
}

/** Which torrent: exactly one of `infoHash` and `torrent`. */
export type TorrentSource = ByInfoHash | ByTorrent

/** The peer, and how the session with it is held. */
export interface PeerOptions {
  /** A name or a literal address, IPv6 without brackets. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** The bits of our handshake. */
  readonly features?: FeatureOptions | undefined
  /** Default `auto`: plaintext, and encrypted after the peer closed on that without a byte. */
  readonly encryption?: EncryptionMode | undefined
  /** Default `tcp`. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** A SOCKS5 proxy, which also resolves the name of the peer. */
  readonly proxy?: Proxy | undefined
  /** 20 bytes, or an 8-byte prefix that random bytes complete. */
  readonly peerId?: Uint8Array | undefined
  /** Only addresses of this family. */
  readonly family?: 4 | 6 | undefined
  /** Local address to dial from. */
  readonly source?: string | undefined
  /** For each address that is tried. Default 5 s. */
  readonly connectTimeoutMs?: number | undefined
  /** Default 10 s. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Default 35 s: longer than three choking rounds. */
  readonly unchokeTimeoutMs?: number | undefined
  /** For the whole use case; `Infinity` for none. Default 60 s, and none for `fetchTorrent`. */
  readonly totalTimeoutMs?: number | undefined
  /** Sees every event of every connection as it happens. */
  readonly trace?: SessionTrace | undefined
  /** Stops everything at once; the report says so. */
  readonly signal?: AbortSignal | undefined
  /** Replaces a part of the world, for tests: the clock, the resolver, the dialler, chance or the disk. */
  readonly ports?: Partial<Ports> | undefined
}

/** The bits of our handshake that can be chosen. */
export interface FeatureOptions {
  /** The fast extension (BEP 6). Default true. */
  readonly fast?: boolean | undefined
  /** The extension protocol (BEP 10). Default true. */
  readonly extensions?: boolean | undefined
  /** DHT (BEP 5). Default false. */
  readonly dht?: boolean | undefined
  /** Offers a hybrid torrent to go on in v2 (BEP 52). Default false. */
  readonly v2?: boolean | undefined
}

/** What `connect` does besides listening. */
export interface ConnectSettings {
  /** Send *interested* and wait for *unchoke*. Default false. */
  readonly interested?: boolean | undefined
  /** How long the peer must have been quiet once all that was negotiated has come. Default 300 ms. */
  readonly settleMs?: number | undefined
  /** Longest wait for that. Default 5 s. */
  readonly waitMs?: number | undefined
}

/** What `connect` needs: a peer, a torrent. */
export type ConnectOptions = TorrentSource & PeerOptions & ConnectSettings

/** Which bytes `fetchBlock` requests. */
export interface FetchBlockSettings {
  readonly piece: number
  /** First byte within the piece. Default 0. */
  readonly offset?: number | undefined
  /** In bytes. Default 16 KiB, the length of one block. */
  readonly length?: number | undefined
  /** A path for the bytes. Default `-`: they are `data` of the result. */
  readonly output?: string | undefined
  /** Replace an existing file. Default false. */
  readonly force?: boolean | undefined
  /** Fetch what is needed to prove the bytes against the torrent. Default false. */
  readonly verify?: boolean | undefined
  /** Fetch the metadata from the same peer first when there is no torrent. Default false. */
  readonly metadata?: boolean | undefined
  /** How many times the bytes are fetched, to time it. Default 1. */
  readonly repeat?: number | undefined
  /** Longest wait for the next block while requests are outstanding. Default 30 s. */
  readonly blockTimeoutMs?: number | undefined
}

/** What `fetchBlock` needs: a peer, a torrent, a piece. */
export type FetchBlockOptions = TorrentSource & PeerOptions & FetchBlockSettings

/** Which pieces `fetchTorrent` gets, and where they go. Without `output`, `sample` is needed and nothing is kept. */
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

/** What `fetchTorrent` needs: a peer, a torrent, a folder or the size of a sample. */
export type FetchTorrentOptions = TorrentSource & PeerOptions & FetchTorrentSettings

/** Where `metadata` puts the .torrent. */
export interface MetadataSettings {
  /** A path for the .torrent, or `-` to get it as `data` of the result. Default neither. */
  readonly output?: string | undefined
  /** Replace an existing file. Default false. */
  readonly force?: boolean | undefined
}

/** What `metadata` needs: a peer, and an info hash or a magnet link. */
export type MetadataOptions = TorrentSource & PeerOptions & MetadataSettings

/** Files that are served. */
export interface ServedFiles {
  /** The path of the .torrent, its bytes, or what `decodeMetainfo` made of them. */
  readonly torrent: ByTorrent['torrent']
  /** Its data: the file, the folder, or the folder that holds it. */
  readonly data: string
  readonly synthetic?: undefined
}

/** A made-up torrent that is served. */
export interface ServedSynthetic {
  /** Its size in bytes. */
  readonly synthetic: number
  readonly torrent?: undefined
  readonly data?: undefined
}

/** To whom `serve` serves, and what it does wrong on purpose. */
export interface ServeSettings {
  /** Where to listen. Default 127.0.0.1 and port 6881; port 0 takes a free one, which the event `listening` reports. */
  readonly listen?: { readonly address?: string | undefined; readonly port?: number | undefined } | undefined
  /** Pieces that we claim to have, first and last of each run. Default all. */
  readonly have?: readonly (readonly [first: number, last: number])[] | undefined
  /** Peers to dial as well. */
  readonly connect?: readonly { readonly host: string; readonly port: number }[] | undefined
  /** How peers are dialled, and what is taken of those that dial. Default `auto`, which takes both. */
  readonly encryption?: EncryptionMode | undefined
  /** The only transport. Default: dial by TCP and listen on both. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** End after one peer that got past its handshake. Default false. */
  readonly once?: boolean | undefined
  /** Report everything that the other side does against a BEP. Default false. */
  readonly strict?: boolean | undefined
  /** Ways to misbehave, as after `--fault`: one of `FAULT_NAMES`, with a number where it takes one, as in `corrupt=3`. */
  readonly faults?: readonly string[] | undefined
  /** For the content of a synthetic torrent, and for what faults do at random. Default 1. */
  readonly seed?: number | undefined
  /** A path for the .torrent of a synthetic torrent. */
  readonly torrentOutput?: string | undefined
  /** Replace that file. Default false. */
  readonly force?: boolean | undefined
  /** For the whole use case. Default none. */
  readonly totalTimeoutMs?: number | undefined
  readonly limits?: Partial<SeederLimits> | undefined
  /** Sees what happens as it happens. */
  readonly onEvent?: ((event: ServeEvent) => void) | undefined
  /** Stops serving; the report is complete. */
  readonly signal?: AbortSignal | undefined
  /** Replaces a part of the world, for tests. */
  readonly ports?: Partial<ServePorts> | undefined
}

/** What `serve` needs: a torrent with its data, or a size. */
export type ServeOptions = (ServedFiles | ServedSynthetic) & ServeSettings

/** The demo needs nothing. */
export interface DemoOptions extends Pick<PeerOptions, 'trace' | 'signal'> {}
