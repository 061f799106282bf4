import { setTimeout as delay } from 'node:timers/promises'
import { callQbittorrent } from '../../peers/clients/qbittorrent.ts'
import { startPeer, type RunningPeer } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import type { World } from '../world.ts'

const POLL_MS = 50
const PATIENCE_MS = 20_000

/** A qBittorrent that seeds a torrent of its own over TCP and uTP, and takes others. */
export class Qbittorrent {
  readonly running: RunningPeer
  readonly peer: string

  private constructor(running: RunningPeer) {
    this.running = running
    this.peer = `${running.host}:${running.port}`
  }

  static async start(world: World): Promise<Qbittorrent> {
    const { torrentPath, dataFolder } = await world.torrent('usual')
    const options = { torrent: torrentPath, dataFolder, transport: 'both' } as const
    return new Qbittorrent(await startPeer('qbittorrent', options))
  }

  /** Changes settings of the program, by the names of its web API. */
  async settings(values: Readonly<Record<string, unknown>>): Promise<void> {
    await callQbittorrent(
      this.running,
      'app/setPreferences',
      new URLSearchParams({ json: JSON.stringify(values) }),
    )
  }

  /** One action on torrents, such as `pause`. */
  async act(
    action: string,
    torrent: TestTorrent,
    values: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await callQbittorrent(
      this.running,
      `torrents/${action}`,
      new URLSearchParams({ hashes: idOf(torrent), ...values }),
    )
  }

  /** Adds a torrent; does not wait for anything. */
  async add(torrent: TestTorrent, folder: string = torrent.dataFolder): Promise<void> {
    const form = new FormData()
    form.set('torrents', new Blob([new Uint8Array(torrent.torrentBytes)]), 'test.torrent')
    form.set('savepath', folder)
    form.set('contentLayout', 'Original')
    await callQbittorrent(this.running, 'torrents/add', form)
  }

  /** Adds a torrent and waits until it seeds. */
  async seed(torrent: TestTorrent): Promise<void> {
    await this.add(torrent)
    await this.until(torrent, 'stalledUP', 'uploading')
  }

  async remove(torrent: TestTorrent): Promise<void> {
    await this.act('delete', torrent, { deleteFiles: 'false' })
  }

  /** Waits for one of these states, by the names of its web API. */
  async until(torrent: TestTorrent, ...states: readonly string[]): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const text = await callQbittorrent(this.running, `torrents/info?hashes=${idOf(torrent)}`)
      const [found] = JSON.parse(text) as readonly { readonly state: string }[]
      if (found !== undefined && states.includes(found.state)) return
      if (performance.now() > deadline) throw new Error(`qBittorrent: the torrent is ${found?.state}`)
      await delay(POLL_MS)
    }
  }

  stop(): Promise<void> {
    return this.running.stop()
  }
}

const idOf = ({ handshakeInfoHash }: TestTorrent): string => Buffer.from(handshakeInfoHash).toString('hex')
