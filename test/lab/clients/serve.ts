import { once } from 'node:events'
import { spawn } from 'node:child_process'
import type { TestTorrent } from '../../peers/torrents.ts'
import { servedAddress } from '../../installed/rows/world.ts'
import type { World } from '../world.ts'

export interface Served {
  /** HOST:PORT */
  readonly peer: string
  stop(): Promise<void>
}

/**
 * Starts the installed command as a seeder of a torrent.
 *
 * @param through what it is run with
 * @param listen where it listens, by default on a free port of 127.0.0.1
 */
export async function startServe(
  world: World,
  { torrentPath, dataFolder }: TestTorrent,
  flags: readonly string[],
  {
    through = [],
    listen = '127.0.0.1:0',
  }: { readonly through?: readonly string[]; readonly listen?: string } = {},
): Promise<Served> {
  const serving = ['serve', '-t', torrentPath, '--data', dataFolder, '--listen', listen, '--text', ...flags]
  const [program = '', ...args] = [...through, process.execPath, world.program, ...serving]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let errors = ''
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()))
  const first = (await Promise.race([once(child.stdout, 'data'), closed.then(() => undefined)])) as
    [Buffer] | undefined
  if (first === undefined) throw new Error(`serve ended: ${errors}`)
  child.stdout.resume()
  const stop = async () => {
    child.kill('SIGKILL')
    await closed
  }
  try {
    return { peer: listen.endsWith(':0') ? servedAddress(first[0].toString()) : listen, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
