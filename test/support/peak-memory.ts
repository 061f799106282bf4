import { existsSync, readFileSync } from 'node:fs'

/** Largest resident set that a process of the command may ever have, in bytes; Node alone takes some 50 MB. */
export const MAX_RESIDENT = 200 * 2 ** 20

/** Whether this system says how much memory a process took at most. */
const SHOWS_PEAK = existsSync('/proc/self/status')

/** The largest resident set that a running process had so far, in bytes; 0 where the system does not say. */
export function peakResident(pid: number | undefined): number {
  if (!SHOWS_PEAK || pid === undefined) return 0
  return readPeak(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** What makes a process of Node write its own peak into a file as it exits; to be added to its environment. */
export function reportingPeak(file: string): NodeJS.ProcessEnv {
  const program = `import { readFileSync, writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(${JSON.stringify(file)}, readFileSync('/proc/self/status')))`
  const url = `data:text/javascript,${encodeURIComponent(program)}`
  return SHOWS_PEAK ? { NODE_OPTIONS: `--import=${url}` } : {}
}

/** The peak that a process has written as it exited, in bytes; 0 where the system does not say. */
export function reportedPeak(file: string): number {
  return SHOWS_PEAK ? readPeak(readFileSync(file, 'utf8')) : 0
}

function readPeak(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
