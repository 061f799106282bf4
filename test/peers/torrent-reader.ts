import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { PYTHON } from './clients/libtorrent.ts'

/** What libtorrent reads in a torrent: times and sizes in bytes, hashes in hex. */
export interface ReadTorrent {
  readonly ok: true
  readonly v1: string | null
  readonly v2: string | null
  readonly name: string
  readonly private: boolean
  readonly pieceCount: number
  readonly pieceLength: number
  readonly files: readonly {
    readonly path: string
    readonly length: number
    readonly offset: number
    readonly pad: boolean
    readonly link: boolean
  }[]
}

/** What libtorrent reads in a magnet link. */
export interface ReadMagnet {
  readonly ok: true
  readonly v1: string | null
  readonly v2: string | null
  readonly name: string
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
  readonly peers: readonly string[]
}

export interface NotRead {
  readonly ok: false
  readonly error: string
}

/** Libtorrent in one process of Python, which answers one request after the other. */
export class TorrentReader {
  readonly #process = spawn(PYTHON, [fileURLToPath(new URL('read_torrents.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  #version = ''

  static async start(): Promise<TorrentReader> {
    const reader = new TorrentReader()
    const { version } = (await reader.#line()) as { readonly version: string }
    reader.#version = version
    return reader
  }

  get version(): string {
    return this.#version
  }

  async torrent(bytes: Uint8Array): Promise<ReadTorrent | NotRead> {
    return (await this.#ask({ torrent: Buffer.from(bytes).toString('base64') })) as ReadTorrent | NotRead
  }

  async magnet(uri: string): Promise<ReadMagnet | NotRead> {
    return (await this.#ask({ magnet: uri })) as ReadMagnet | NotRead
  }

  stop(): void {
    this.#process.kill('SIGKILL')
  }

  #ask(request: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`)
    return this.#line()
  }

  async #line(): Promise<unknown> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the reader of torrents has ended')
    return JSON.parse(value)
  }
}
