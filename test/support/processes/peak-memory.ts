import { existsSync, readFileSync } from 'node:fs'

/** The maximum resident set allowed for a process of the command, in bytes; Node alone takes about 50 MB. */
export const MAX_RESIDENT = 200 * 2 ** 20

/** Whether this system reports the peak memory of a process. */
const SHOWS_PEAK = existsSync('/proc/self/status')

/** The peak resident set of a running process so far, in bytes; 0 if the system does not report it. */
export function peakResident(pid: number | undefined): number {
  if (!SHOWS_PEAK || pid === undefined) return 0
  return readPeak(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Environment variables that make a Node process write its own peak to a file on exit. */
export function reportingPeak(file: string): NodeJS.ProcessEnv {
  const program = `import { readFileSync, writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync(${JSON.stringify(file)}, readFileSync('/proc/self/status')))`
  const url = `data:text/javascript,${encodeURIComponent(program)}`
  return SHOWS_PEAK ? { NODE_OPTIONS: `--import=${url}` } : {}
}

/** The peak that a process wrote on exit, in bytes; 0 if the system does not report it. */
export function reportedPeak(file: string): number {
  return SHOWS_PEAK ? readPeak(readFileSync(file, 'utf8')) : 0
}

function readPeak(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
