import { execFile, execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** From iproute2. */
const IP = 'ip'

/** Whether the tests can create network namespaces, which requires Linux, iproute2 and root. */
export function canMakeNamespaces(): boolean {
  const name = `peerwire-try-${process.pid}`
  try {
    execFileSync(IP, ['netns', 'add', name], { stdio: 'ignore' })
    execFileSync(IP, ['netns', 'del', name], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A separate network, whose loopback can be taken down. */
export interface NetworkNamespace {
  /** Runs `ip` in it. */
  readonly ip: (...args: readonly string[]) => Promise<void>
  readonly start: (command: string, args: readonly string[]) => ChildProcessWithoutNullStreams
  readonly remove: () => Promise<void>
}

export async function makeNamespace(): Promise<NetworkNamespace> {
  const name = `peerwire-${process.pid}-${Date.now()}`
  await run(IP, ['netns', 'add', name])
  const namespace: NetworkNamespace = {
    ip: async (...args) => void (await run(IP, ['-n', name, ...args])),
    start: (command, args) => spawn(IP, ['netns', 'exec', name, command, ...args]),
    remove: async () => void (await run(IP, ['netns', 'del', name])),
  }
  await namespace.ip('link', 'set', 'lo', 'up')
  // the system gives up after seconds instead of a quarter of an hour
  await run(IP, ['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.tcp_retries2=1'])
  return namespace
}
