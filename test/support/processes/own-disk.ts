import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** Whether this machine lets a process make mounts of its own. */
export function canMount(): boolean {
  if (process.platform !== 'linux') return false
  try {
    execFileSync('/bin/sh', ['-c', 'unshare -rm mount -t tmpfs none /mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A file system in memory that only one process sees. */
export interface OwnDisk {
  /** Where it is mounted; is created. */
  readonly path: string
  /** Mount options, such as `ro` and `size=20k`. */
  readonly options: string
  /** A script that is run in it while it is still writable and large. */
  readonly prepare?: string
}

/** Starts a program that has the disk. */
export function startOnDisk(
  { path, options, prepare = 'true' }: OwnDisk,
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams {
  mkdirSync(path)
  const script = `mount -t tmpfs none "$0" && (cd "$0"; ${prepare}) && mount -o remount,${options} "$0" && exec "$@"`
  const outer = ['-c', 'exec unshare -rm /bin/sh -c "$@"', 'sh', script, path, ...argv]
  return spawn('/bin/sh', outer, { env: { ...process.env, ...env } })
}
