import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHES } from './caches.ts'
import { atExit } from '../peers/at-exit.ts'
import { killGroup } from '../peers/guard.ts'
import { missingProgram } from '../peers/programs.ts'

/** What one run of a program cost, from its start to its end. */
export interface Cost {
  readonly wallMs: number
  /** User and system time of the process and its children, to 10 ms. */
  readonly cpuMs: number
  readonly peakBytes: number
}

/** A program that has not ended by then is stuck, in milliseconds. */
const TIMEOUT_MS = 180_000

/** Why nothing can be measured here, or undefined. */
export function missingMeter(): string | undefined {
  return missingProgram('time')
}

/**
 * Runs a program to its end under GNU time, whose own small process is what a fork copies: the peak is the program's.
 * @param folder an empty one that is its HOME and working directory, so that no settings of a person reach it
 * @throws Error with the end of its output when it fails or gets stuck
 */
export async function measureProcess(
  program: string,
  args: readonly string[],
  folder: string,
): Promise<Cost> {
  const report = join(folder, 'cost.txt')
  const started = performance.now()
  const child = spawn('time', ['-o', report, '-f', '%U %S %M', program, ...args], {
    detached: true,
    cwd: folder,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: folder, XDG_CACHE_HOME: CACHES },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  const kill = () => {
    if (pid !== undefined) killGroup(pid)
  }
  const forget = atExit(kill)
  const timer = setTimeout(kill, TIMEOUT_MS)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-2000)))
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const wallMs = performance.now() - started
    if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}\n${output}`)
    return { wallMs, ...parseCost(await readFile(report, 'utf8')) }
  } finally {
    clearTimeout(timer)
    kill()
    forget()
  }
}

/** Reads seconds of the user, seconds of the system and KiB at the peak. */
function parseCost(text: string): Omit<Cost, 'wallMs'> {
  const numbers = /^([\d.]+) ([\d.]+) (\d+)$/m.exec(text)
  if (numbers === null) throw new Error(`GNU time wrote ${JSON.stringify(text)}`)
  const [user, system, peak] = numbers.slice(1).map(Number) as [number, number, number]
  return { cpuMs: (user + system) * 1000, peakBytes: peak * 1024 }
}
