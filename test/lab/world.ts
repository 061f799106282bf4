import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { endOf, type EndedProcess } from '../support/processes/cli-process.ts'
import { makeTorrent, type TestTorrent, type TestTorrentOptions } from '../peers/torrents.ts'

/** 17 pieces, the last one short: enough for two blocks of any piece, and checked in no time. */
const SMALL: TestTorrentOptions = { length: 16 * 65_536 + 12_345, pieceLength: 65_536 }

export interface CommandRun extends EndedProcess {
  readonly seconds: number
  readonly timedOut: boolean
}

/** What every situation may use. */
export class World {
  /** Path of the installed command. */
  readonly program: string
  /** For files; removed at the end. */
  readonly folder: string
  readonly #torrents = new Map<string, Promise<TestTorrent>>()

  private constructor(program: string, folder: string) {
    this.program = program
    this.folder = folder
  }

  static async make(program: string): Promise<World> {
    return new World(program, await mkdtemp(join(tmpdir(), 'peerwire-lab-')))
  }

  /** A small v1 torrent with its data; the same name gives the same one. */
  torrent(name: string, options: TestTorrentOptions = {}): Promise<TestTorrent> {
    const known = this.#torrents.get(name)
    if (known !== undefined) return known
    const made = makeTorrent({ ...SMALL, seed: name, ...options })
    this.#torrents.set(name, made)
    return made
  }

  /** Runs the installed command; after `limitMs` it is killed. */
  async run(argv: readonly string[], limitMs: number, through: readonly string[] = []): Promise<CommandRun> {
    const [program = '', ...args] = [...through, process.execPath, this.program, ...argv]
    const startedAt = performance.now()
    const child = spawn(program, args)
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, limitMs)
    const ended = await endOf(child)
    clearTimeout(timer)
    return { ...ended, timedOut, seconds: (performance.now() - startedAt) / 1000 }
  }

  async close(): Promise<void> {
    for (const torrent of this.#torrents.values())
      await torrent.then((made) => made.remove()).catch(() => undefined)
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Command line for a torrent by its file. */
export const byFile = ({ torrentPath }: TestTorrent): readonly string[] => ['-t', torrentPath]

/** Command line for a torrent by its v1 hash. */
export const byHash = ({ handshakeInfoHash }: TestTorrent): readonly string[] => [
  '-i',
  Buffer.from(handshakeInfoHash).toString('hex'),
]
