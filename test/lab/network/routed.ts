import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

let made = 0

/** Three machines in a row: ours, a router, and that of the peer. Each is a network namespace. */
export interface RoutedNetwork {
  /** What runs a command on a machine. */
  readonly on: (machine: Machine) => readonly string[]
  /** Runs `ip` on a machine. */
  readonly ip: (machine: Machine, ...args: readonly string[]) => Promise<void>
  stop(): Promise<void>
}

export type Machine = 'ours' | 'router' | 'peer'

export const OUR_NETWORK = '10.77.1'
export const PEER_ADDRESS = '10.77.2.2'

export async function routedNetwork(): Promise<RoutedNetwork> {
  const names = { ours: name('ours'), router: name('router'), peer: name('peer') }
  made++
  const ip: RoutedNetwork['ip'] = async (machine, ...args) =>
    void (await run('ip', ['-n', names[machine], ...args]))
  for (const each of Object.values(names)) await run('ip', ['netns', 'add', each])
  const cable = async (from: Machine, to: Machine, network: string) => {
    await ip(from, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', `to-${from}`, 'netns', names[to])
    await ip(from, 'address', 'add', `${network}.2/24`, 'dev', 'cable')
    await ip(to, 'address', 'add', `${network}.1/24`, 'dev', `to-${from}`)
    await ip(from, 'link', 'set', 'cable', 'up')
    await ip(to, 'link', 'set', `to-${from}`, 'up')
    await ip(from, 'link', 'set', 'lo', 'up')
    await ip(from, 'route', 'add', 'default', 'via', `${network}.1`)
  }
  await cable('ours', 'router', OUR_NETWORK)
  await cable('peer', 'router', '10.77.2')
  await run('ip', ['netns', 'exec', names.router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1'])
  return {
    on: (machine) => ['ip', 'netns', 'exec', names[machine]],
    ip,
    stop: async () => {
      for (const each of Object.values(names)) await run('ip', ['netns', 'del', each])
    },
  }
}

const name = (machine: Machine): string => `peerwire-lab-${process.pid}-${made}-${machine}`
