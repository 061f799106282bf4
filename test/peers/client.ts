import type { ClientProcess } from './client-process.ts'
import type { PeerOptions } from './options.ts'
import type { TorrentIdentity } from './torrent-identity.ts'

/** A client with a remote control. */
export interface RemoteControl {
  /** Always on 127.0.0.1. */
  readonly rpcPort: number
}

/** What one start of a client knows before its process exists. */
export interface ClientSetup extends RemoteControl {
  readonly options: PeerOptions
  readonly torrentPath: string
  readonly torrentBytes: Uint8Array
  readonly identity: TorrentIdentity
  /** Empty, and the client's own: settings, sessions, HOME. */
  readonly stateFolder: string
  readonly host: '127.0.0.1' | '::1'
  readonly port: number
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  /** Closes what runs in this process for the client's sake, such as a tracker. */
  readonly dispose?: () => Promise<void>
}

/** How to run one client. `startPeer` does what is the same for all. */
export interface Client {
  /** Why it cannot run here, in words for a test's name; undefined when it can. */
  missingReason(): string | undefined
  /** Which option it cannot honour; undefined when it can do all of them. */
  unsupported(options: PeerOptions): string | undefined
  /** How long it refuses an address whose connection has just closed; left out when it does not. */
  readonly refusesReconnectMs?: number
  /** Writes its settings into the state folder. */
  prepare(setup: ClientSetup): Promise<Command>
  /** Adds the torrent, waits until its data is checked, and returns the client's version. */
  load(setup: ClientSetup, process: ClientProcess): Promise<string>
  /** Removes its torrent, so that it has none. */
  removeTorrent(setup: ClientSetup, process: ClientProcess): Promise<void>
  /** True when it says that it has all data. */
  isComplete(setup: ClientSetup, process: ClientProcess): Promise<boolean>
}
