import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { callTransmission } from '../../peers/clients/transmission.ts'
import { startPeer, type RunningPeer } from '../../peers/peer.ts'
import type { TestTorrent } from '../../peers/torrents.ts'
import type { World } from '../world.ts'

type Values = Readonly<Record<string, unknown>>

/** Its numbers of states. */
export const STATUS = {
  stopped: 0,
  waitsForCheck: 1,
  checking: 2,
  waitsToSeed: 5,
  seeding: 6,
  downloading: 4,
}

const POLL_MS = 50
const PATIENCE_MS = 20_000

export interface TransmissionTorrent {
  readonly status: number
  readonly error: number
  readonly haveValid: number
  readonly totalSize: number
  readonly recheckProgress: number
}

/** A Transmission that seeds the usual torrent, and takes others. */
export class Transmission {
  readonly running: RunningPeer
  readonly peer: string

  private constructor(running: RunningPeer) {
    this.running = running
    this.peer = `${running.host}:${running.port}`
  }

  static async start(world: World): Promise<Transmission> {
    const { torrentPath, dataFolder } = await world.torrent('usual')
    return new Transmission(await startPeer('transmission', { torrent: torrentPath, dataFolder }))
  }

  call(method: string, values: Values = {}): Promise<Values> {
    return callTransmission(this.running, method, values)
  }

  /** Changes settings of the program. */
  async settings(values: Values): Promise<void> {
    await this.call('session-set', values)
  }

  /** Changes settings of a torrent. */
  async set(torrent: TestTorrent, values: Values): Promise<void> {
    await this.call('torrent-set', { ids: [idOf(torrent)], ...values })
  }

  /** Adds a torrent, which is checked and stays stopped. */
  async add(torrent: TestTorrent, folder: string = torrent.dataFolder): Promise<void> {
    const metainfo = Buffer.from(torrent.torrentBytes).toString('base64')
    await this.call('torrent-add', { metainfo, 'download-dir': folder, paused: true })
    await this.act('torrent-verify', torrent)
    await this.until(
      torrent,
      ({ status, recheckProgress }) => status === STATUS.stopped && recheckProgress === 0,
    )
  }

  /** Adds a torrent and waits until it seeds. */
  async seed(torrent: TestTorrent): Promise<void> {
    await this.add(torrent)
    await this.act('torrent-start-now', torrent)
    await this.until(torrent, ({ status }) => status === STATUS.seeding)
  }

  async act(method: string, torrent: TestTorrent): Promise<void> {
    await this.call(method, { ids: [idOf(torrent)] })
  }

  async remove(torrent: TestTorrent): Promise<void> {
    await this.act('torrent-remove', torrent)
  }

  /** @throws Error when the torrent does not get there */
  async until(torrent: TestTorrent, check: (state: TransmissionTorrent) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const fields = ['status', 'error', 'haveValid', 'totalSize', 'recheckProgress']
      const { torrents } = await this.call('torrent-get', { ids: [idOf(torrent)], fields })
      const [state] = torrents as readonly TransmissionTorrent[]
      if (state !== undefined && check(state)) return
      if (performance.now() > deadline)
        throw new Error(`Transmission: the torrent is ${JSON.stringify(state)}`)
      await delay(POLL_MS)
    }
  }

  /** Has it fetch a blocklist with these addresses. */
  async block(addresses: readonly string[]): Promise<void> {
    const list = addresses.map((address) => `lab:${address}-${address}\n`).join('')
    const server = createServer((_, response) => response.end(list))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await this.settings({ 'blocklist-enabled': true, 'blocklist-url': `http://127.0.0.1:${port}/list` })
    const answer = await this.call('blocklist-update')
    server.close()
    if (answer['blocklist-size'] !== addresses.length)
      throw new Error('Transmission did not take the blocklist')
  }

  stop(): Promise<void> {
    return this.running.stop()
  }
}

const idOf = ({ handshakeInfoHash }: TestTorrent): string => Buffer.from(handshakeInfoHash).toString('hex')
