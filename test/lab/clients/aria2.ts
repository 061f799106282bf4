import { setTimeout as delay } from 'node:timers/promises'
import { callAria2 } from '../../peers/clients/aria2.ts'
import { startPeer, type PeerOptions, type RunningPeer } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import type { World } from '../world.ts'

const POLL_MS = 50
const PATIENCE_MS = 20_000

interface State {
  readonly status: string
  readonly seeder?: string
  readonly verifiedLength?: string
  readonly verifyIntegrityPending?: string
}

/** An aria2 that seeds the usual torrent, and takes others. */
export class Aria2 {
  readonly running: RunningPeer
  readonly peer: string

  private constructor(running: RunningPeer) {
    this.running = running
    this.peer = `${running.host}:${running.port}`
  }

  static async start(world: World, options: Partial<PeerOptions> = {}): Promise<Aria2> {
    const { torrentPath, dataFolder } = await world.torrent('usual')
    return new Aria2(await startPeer('aria2', { torrent: torrentPath, dataFolder, ...options }))
  }

  call<T>(method: string, ...params: readonly unknown[]): Promise<T> {
    return callAria2(this.running, method, ...params)
  }

  /** Adds a torrent and waits until its data is checked. Returns its id. */
  async add(
    torrent: TestTorrent,
    options: Readonly<Record<string, string>> = {},
    folder: string = torrent.dataFolder,
  ): Promise<string> {
    const bytes = Buffer.from(torrent.torrentBytes).toString('base64')
    const id = await this.call<string>('addTorrent', bytes, [], { dir: folder, ...options })
    await this.until(id, ({ status, verifiedLength, verifyIntegrityPending }) => {
      if (status === 'error') throw new Error('aria2 does not take the torrent')
      return status === 'active' && verifiedLength === undefined && verifyIntegrityPending === undefined
    })
    return id
  }

  async until(id: string, check: (state: State) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const state = await this.call<State>('tellStatus', id)
      if (check(state)) return
      if (performance.now() > deadline) throw new Error(`aria2: the torrent is ${JSON.stringify(state)}`)
      await delay(POLL_MS)
    }
  }

  /** Ends a torrent. */
  async remove(id: string): Promise<void> {
    await this.call('forceRemove', id)
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const active = await this.call<readonly { gid: string }[]>('tellActive')
      if (!active.some(({ gid }) => gid === id)) return
      if (performance.now() > deadline) throw new Error('aria2: the torrent does not end')
      await delay(POLL_MS)
    }
  }

  /** Ends all torrents. */
  async removeAll(): Promise<void> {
    for (const { gid } of await this.call<readonly { gid: string }[]>('tellActive')) await this.remove(gid)
  }

  stop(): Promise<void> {
    return this.running.stop()
  }
}
