import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { CACHES } from './caches.ts'
import type { Contender } from './interleaved.ts'

const NOTHING_KEPT = { NODE_DISABLE_COMPILE_CACHE: '1' }

/**
 * Node alone, and the command with these arguments: as it always starts, and as it starts the first time, without compiled
 * code. Undefined where it is not built.
 */
export function startUps():
  readonly (readonly [title: string, contenders: readonly Contender[]])[] | undefined {
  const folder = process.cwd()
  const command = `${folder}/bin/peerwire.cjs`
  if (!existsSync(command) || !existsSync(`${folder}/dist/command/main.cjs`)) return undefined
  return [
    ['start-up: --version', [start('node -e 0', ['-e', '0']), start('--version', [command, '--version'])]],
    [
      'start-up: connect --help',
      [
        start('node -e 0', ['-e', '0']),
        start('connect --help', [command, 'connect', '--help']),
        start('connect --help, the first time', [command, 'connect', '--help'], NOTHING_KEPT),
      ],
    ],
    [
      'start-up: until a connection arrives',
      [
        startConnecting('floor: node that connects', (port) => [
          '-e',
          `require('net').connect(${port}, '127.0.0.1').on('error', () => undefined)`,
        ]),
        startConnecting('connect', connecting(command)),
        startConnecting('connect, the first time', connecting(command), NOTHING_KEPT),
      ],
    ],
  ]
}

function connecting(command: string): (port: number) => readonly string[] {
  const how = ['-i', '00'.repeat(20), '--transport', 'tcp']
  return (port) => [command, 'connect', `127.0.0.1:${port}`, ...how]
}

/**
 * From the start of the process to its first connection, at a socket that listens; the process is then killed. In the round
 * that warms up, it ends by itself, because compiled code is kept at the end.
 */
function startConnecting(
  name: string,
  args: (port: number) => readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Contender {
  let isWarm = false
  const run = async (): Promise<number> => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const child = spawn(process.execPath, args(port), { env: environment(variables), stdio: 'ignore' })
    const isOver = once(child, 'exit')
    const [socket] = (await once(server, 'connection')) as [Socket]
    socket.on('error', () => undefined)
    if (isWarm) child.kill('SIGKILL')
    else socket.destroy()
    isWarm = true
    await isOver
    socket.destroy()
    server.close()
    return 0
  }
  return { name, run }
}

function start(name: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}): Contender {
  const run = (): number => {
    const { status } = spawnSync(process.execPath, args, { env: environment(variables), stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} ended with ${status}`)
    return 0
  }
  return { name, run }
}

/** Without certificates that Node reads when it starts, which would be measured too. */
function environment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  return { ...env, XDG_CACHE_HOME: CACHES, ...variables }
}
