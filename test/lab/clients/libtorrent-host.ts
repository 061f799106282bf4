import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClientProcess } from '../../peers/client-process.ts'
import { PYTHON } from '../../peers/clients/libtorrent.ts'
import { request } from '../../peers/http.ts'
import { reservePort, type ReservedPort } from '../../peers/ports.ts'
import type { TestTorrent } from '../../peers/torrents.ts'

const SCRIPT = fileURLToPath(new URL('libtorrent_lab.py', import.meta.url))

/** Names of libtorrent's own settings_pack. */
export type Settings = Readonly<Record<string, boolean | number | string>>

export const TCP_ONLY: Settings = { enable_incoming_utp: false, enable_outgoing_utp: false }
export const UTP_ONLY: Settings = { enable_incoming_tcp: false, enable_outgoing_tcp: false }
export const ENCRYPTION_REQUIRED: Settings = { in_enc_policy: 0, out_enc_policy: 0 }
export const ENCRYPTION_OFF: Settings = { in_enc_policy: 2, out_enc_policy: 2 }
export const ONE_PER_ADDRESS: Settings = { allow_multiple_connections_per_ip: false }

export interface SessionOptions {
  readonly settings?: Settings
  /** Addresses that it refuses. */
  readonly blocked?: readonly string[]
  /** Otherwise no limit holds for peers on loopback. */
  readonly limitsLoopback?: boolean
}

export interface AddOptions {
  /** Default: that of the torrent. */
  readonly folder?: string
  /** Names of libtorrent's torrent_flags. */
  readonly flags?: readonly string[]
  /** Adds this link instead of the torrent. */
  readonly magnet?: string
}

export interface TorrentState {
  readonly state: string
  readonly paused: boolean
  readonly error: string | null
  readonly complete: boolean
  readonly peers: number
  readonly pieces: number
}

/** One process with as many libtorrent sessions as the situations need. */
export class LibtorrentHost {
  readonly process: ClientProcess
  readonly #control: ReservedPort
  #sessions = 0

  private constructor(process: ClientProcess, control: ReservedPort) {
    this.process = process
    this.#control = control
  }

  static async start(): Promise<LibtorrentHost> {
    const folder = await mkdtemp(join(tmpdir(), 'peerwire-lab-libtorrent-'))
    const control = await reservePort('127.0.0.1')
    const process = new ClientProcess('libtorrent', PYTHON, ['-u', SCRIPT, String(control.port)], folder)
    const host = new LibtorrentHost(process, control)
    await process.until('its control', async () => (await host.call('ping')) !== undefined)
    return host
  }

  async session(options: SessionOptions = {}): Promise<LibtorrentSession> {
    const reserved = await reservePort('127.0.0.1')
    const session = `session${++this.#sessions}`
    const settings = { listen_interfaces: `127.0.0.1:${reserved.port}`, ...options.settings }
    await this.call('session', { ...options, session, settings })
    return new LibtorrentSession(this, session, reserved)
  }

  async call(op: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = await request(`http://127.0.0.1:${this.#control.port}/`, JSON.stringify({ op, ...args }))
    if (answer.status !== 200) throw new Error(`libtorrent ${op}: ${answer.text}`)
    return JSON.parse(answer.text)
  }

  async stop(): Promise<void> {
    await this.process.stop()
    this.#control.release()
  }
}

export class LibtorrentSession {
  readonly host: LibtorrentHost
  readonly name: string
  readonly port: number
  readonly peer: string
  readonly #reserved: ReservedPort
  #torrents = 0

  constructor(host: LibtorrentHost, name: string, reserved: ReservedPort) {
    this.host = host
    this.name = name
    this.port = reserved.port
    this.peer = `127.0.0.1:${reserved.port}`
    this.#reserved = reserved
  }

  /** Adds a torrent and returns its name; does not wait for anything. */
  async add(torrent: TestTorrent, { folder, ...options }: AddOptions = {}): Promise<string> {
    const name = `${this.name}.${++this.#torrents}`
    const place = { torrent: torrent.torrentPath, folder: folder ?? torrent.dataFolder }
    await this.host.call('add', { ...place, ...options, session: this.name, name })
    return name
  }

  /** Adds a torrent and waits until it serves all of it. */
  async seed(torrent: TestTorrent, options: AddOptions = {}): Promise<string> {
    const name = await this.add(torrent, options)
    await this.until(name, ({ complete }) => complete)
    return name
  }

  async until(name: string, check: (state: TorrentState) => boolean): Promise<void> {
    await this.host.process.until('a state of a torrent', async () => {
      const state = (await this.host.call('state', { name })) as TorrentState
      if (!check(state)) throw new Error(JSON.stringify(state))
      return true
    })
  }

  async pause(name: string): Promise<void> {
    await this.host.call('pause', { name })
    await this.until(name, ({ paused }) => paused)
  }

  /** What libtorrent reported of its peers. */
  log(): string {
    const own = (line: string) => line.startsWith(`${this.name}: `)
    return this.host.process.log().split('\n').filter(own).join('\n')
  }

  async end(): Promise<void> {
    await this.host.call('end', { session: this.name })
    this.#reserved.release()
  }
}
