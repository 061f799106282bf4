export const PEER_KINDS = ['transmission', 'aria2', 'libtorrent', 'qbittorrent', 'webtorrent'] as const
export type PeerKind = (typeof PEER_KINDS)[number]

/**
 * What a client takes from a peer that dials it: `allow` plaintext and MSE, `require` MSE of any kind,
 * `rc4-only` and `plaintext-in-mse-only` MSE with that one payload encryption, `off` plaintext only.
 */
export type PeerEncryption = 'allow' | 'require' | 'rc4-only' | 'plaintext-in-mse-only' | 'off'

export type PeerTransport = 'tcp' | 'utp' | 'both'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What a client calls itself. */
export interface PeerNames {
  /** The beginning of its peer id, such as `-TR3000-`. */
  readonly peerIdPrefix: string
  /** `v` of its extension handshake; webtorrent has none. */
  readonly version: string
}

/** What can be asked of a client; asking one for what it does not have throws before anything is started. */
export interface PeerOptions {
  /** The .torrent file, or its bytes. */
  readonly torrent: string | Uint8Array
  /** Folder that holds the torrent's content: `dataFolder/<name>`. To download, an empty one. Never removed. */
  readonly dataFolder: string
  /**
   * `seed` (default): started only when all data is verified. `download`: started when what is there is checked
   * and it listens; `completed()` waits for the rest. With half the data and nobody to dial it is a partial seed.
   */
  readonly role?: 'seed' | 'download'
  /** Whom it dials once its data is checked. Transmission never dials a loopback address: dial it, or see `describeInNamespace`. */
  readonly connectTo?: Endpoint
  /** Default: what the client does when nobody sets it (all but webtorrent: `allow`; webtorrent: `off`). */
  readonly encryption?: PeerEncryption
  /** Default `tcp`. */
  readonly transport?: PeerTransport
  /** Default `127.0.0.1`. */
  readonly listen?: '127.0.0.1' | '::1'
  /** Everything the other side saw, message by message, into `log()`: libtorrent only, and slow on large fetches. */
  readonly peerLog?: boolean
  /** libtorrent: how many peers it unchokes; 0 never unchokes. */
  readonly unchokeSlots?: number
  /** libtorrent: its default, which also makes it know a peer by its address alone. */
  readonly onePeerPerAddress?: boolean
  /** The names of another client: aria2, libtorrent and webtorrent. */
  readonly names?: PeerNames
  /** libtorrent: BEP 16. */
  readonly superSeeding?: boolean
  /** libtorrent: bytes a second. */
  readonly uploadRateLimit?: number
}

export interface RunningPeer extends Endpoint {
  readonly kind: PeerKind
  /** As the client says it, such as `3.00 (bb6b5a062e)`. */
  readonly version: string
  /** Where its remote control listens, on 127.0.0.1, if it has one. */
  readonly rpcPort: number
  /** The client's process, which leads a process group of its own. */
  readonly pid: number
  /** Its settings and session; gone after `stop`. */
  readonly stateFolder: string
  /** What it wrote to its standard output and error so far; the last 8 MiB, also after `stop`. */
  log(): string
  /** Resolves when all data is there and verified; rejects after `timeoutMs` (default 50 s) or when the client ends. */
  completed(timeoutMs?: number): Promise<void>
  /** Removes the torrent and keeps the data: a client that runs without one. */
  removeTorrent(): Promise<void>
  /** Resolves when it takes a connection again from an address whose last one has just ended. */
  takesAnother(): Promise<void>
  /** Kills the process group and removes the state folder. May be called twice. */
  stop(): Promise<void>
}
