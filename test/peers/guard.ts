import { spawn, type ChildProcess } from 'node:child_process'

/** Kills a process group and all in it, if there is one. No mercy: what a client would save is thrown away. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

export interface Guard {
  readonly process: ChildProcess
  /** Sends the guard home without killing anything. */
  dismiss(): void
}

/**
 * Sees to it that a process group and a folder do not outlive this process, even when that is killed: a shell waits
 * for the end of its standard input, which comes when we are gone, and cleans up then.
 */
export function startGuard(pid: number, folder: string): Guard {
  // "-s KILL": with "-9" dash takes no "--"; a second for what is being written while it dies
  const script = 'read -r line && exit 0; kill -s KILL -- "-$1"; sleep 1; rm -rf -- "$2"'
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // it may be gone before us; that is no reason to fail
  guard.on('error', () => undefined)
  guard.stdin?.on('error', () => undefined)
  guard.unref()
  return { process: guard, dismiss: () => guard.stdin?.end('stopped\n') }
}
