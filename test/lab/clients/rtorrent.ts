import { once } from 'node:events'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import { ClientProcess } from '../../peers/client-process.ts'
import { reservePort, type ReservedPort } from '../../peers/ports.ts'
import { missingProgram } from '../../peers/programs.ts'
import type { TestTorrent } from '../../peers/torrents.ts'

/** An rTorrent without a terminal, on a free loopback port. It has no uTP. */
export class Rtorrent {
  readonly peer: string
  readonly #process: ClientProcess
  readonly #reserved: ReservedPort
  readonly #folder: string

  private constructor(process: ClientProcess, reserved: ReservedPort, folder: string) {
    this.#process = process
    this.#reserved = reserved
    this.#folder = folder
    this.peer = `127.0.0.1:${reserved.port}`
  }

  /**
   * @param settings lines of its configuration file
   * @throws Error when it is not installed
   */
  static async start(settings: readonly string[] = []): Promise<Rtorrent> {
    const missing = missingProgram('rtorrent')
    if (missing !== undefined) throw new Error(missing)
    const folder = await mkdtemp(join(tmpdir(), 'peerwire-lab-rtorrent-'))
    const reserved = await reservePort('127.0.0.1')
    const session = join(folder, 'session')
    await mkdir(session)
    const lines = [
      `session.path.set = ${session}`,
      `network.port_range.set = ${reserved.port}-${reserved.port}`,
      'network.bind_address.set = 127.0.0.1',
      'dht.mode.set = disable',
      'protocol.pex.set = no',
      'trackers.use_udp.set = no',
      `network.scgi.open_local = ${controlIn(folder)}`,
      'system.daemon.set = true',
      ...settings,
    ]
    const configuration = join(folder, 'configuration')
    await writeFile(configuration, `${lines.join('\n')}\n`)
    const process = new ClientProcess('rtorrent', 'rtorrent', ['-n', '-o', `import=${configuration}`], folder)
    const client = new Rtorrent(process, reserved, folder)
    await process.until('its control', async () => (await client.call('system.pid', '')) !== '')
    return client
  }

  /** Calls a method of its XML-RPC, and returns the first value of the answer as text. */
  async call(method: string, ...texts: readonly string[]): Promise<string> {
    const values = texts.map((text) => `<param><value><string>${text}</string></value></param>`)
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`
    const header = `CONTENT_LENGTH\0${body.length}\0SCGI\x001\0`
    const socket = connect(controlIn(this.#folder))
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    socket.end(`${header.length}:${header},${body}`)
    await once(socket, 'close')
    if (answer.includes('<fault>')) throw new Error(`rTorrent ${method}: ${answer}`)
    return /<(?:i4|i8|string)>([^<]*)</.exec(answer)?.[1] ?? ''
  }

  /** Adds a torrent and waits until it seeds. */
  async seed(torrent: TestTorrent): Promise<void> {
    const path = join(this.#folder, `${idOf(torrent)}.torrent`)
    await writeFile(path, withTracker(torrent))
    await this.call('load.start', '', path, `d.directory.set=${torrent.dataFolder}`)
    await this.#process.until('a seeding torrent', async () => {
      const id = idOf(torrent)
      const isComplete = (await this.call('d.complete', id)) === '1'
      const isActive = (await this.call('d.is_active', id)) === '1'
      const isChecked = (await this.call('d.hashing', id)) === '0'
      return isComplete && isActive && isChecked
    })
  }

  /** One command on a torrent, such as `d.stop`. */
  act(method: string, torrent: TestTorrent, ...texts: readonly string[]): Promise<string> {
    return this.call(method, idOf(torrent), ...texts)
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    this.#reserved.release()
  }
}

const controlIn = (folder: string): string => join(folder, 'control')

/** It does not load a torrent without a tracker; nobody listens at this one. */
function withTracker({ torrentBytes }: TestTorrent): Uint8Array {
  const info = decodeMetainfo(torrentBytes).infoBytes
  return Buffer.concat([Buffer.from('d8:announce18:http://127.0.0.1:94:info'), info, Buffer.from('e')])
}

const idOf = ({ handshakeInfoHash }: TestTorrent): string =>
  Buffer.from(handshakeInfoHash).toString('hex').toUpperCase()
