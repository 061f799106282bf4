import { readFileSync, writeFileSync } from 'node:fs'
import type { Cost } from './measured-process.ts'

/** What Linux counts process time in, a hundredth of a second, in milliseconds. */
const CLOCK_TICK_MS = 10

/** Why a running process cannot be measured here, or undefined. */
export function missingProcessMeter(): string | undefined {
  try {
    readPeak('self')
    return undefined
  } catch {
    return 'there is no /proc that tells the peak of a process'
  }
}

/**
 * Measures a process that goes on running: what it costs from now on.
 * @returns ends the watch: CPU of user and system, to 10 ms, and the largest resident set meanwhile
 * @throws Error when there is no such process, or no Linux
 */
export function watchProcess(pid: number): () => Omit<Cost, 'wallMs'> {
  // forgets the peak so far
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = readCpu(pid)
  return () => ({ cpuMs: readCpu(pid) - before, peakBytes: readPeak(pid) })
}

function readCpu(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // the second field is a name that may hold anything, in brackets
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [fields[11], fields[12]].map(Number) as [number, number]
  return (user + system) * CLOCK_TICK_MS
}

function readPeak(pid: number | 'self'): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
  if (kibibytes === undefined) throw new Error(`no peak of process ${pid}`)
  return Number(kibibytes) * 1024
}
