import { spawn, type ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { atExit } from './at-exit.ts'
import { killGroup, startGuard, type Guard } from './guard.ts'

const MAX_LOG = 8 * 1024 * 1024
const POLL_MS = 25

/** Nothing of the caller's environment reaches a client: no proxies, no settings of the person at the keyboard. */
const environment = (stateFolder: string) => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LANG: 'C.UTF-8',
  HOME: stateFolder,
  XDG_CONFIG_HOME: stateFolder,
  XDG_DATA_HOME: stateFolder,
  XDG_CACHE_HOME: stateFolder,
})

/**
 * A client in a process group of its own, with its state folder. Both go when `stop` is called, when this process
 * exits, and when it is killed: a guard process waits for the end of its standard input, then does the same.
 */
export class ClientProcess {
  readonly pid: number
  readonly #name: string
  readonly #stateFolder: string
  readonly #child: ChildProcess
  readonly #guard: Guard
  readonly #closed: Promise<void>
  readonly #forget: () => void
  #log = ''
  #ended: string | undefined

  constructor(name: string, program: string, args: readonly string[], stateFolder: string) {
    this.#name = name
    this.#stateFolder = stateFolder
    this.#child = spawn(program, args, {
      detached: true,
      cwd: stateFolder,
      env: environment(stateFolder),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#ended = error.message
        resolve()
      })
      this.#child.once('close', (code, signal) => {
        this.#ended = signal ?? `code ${code}`
        resolve()
      })
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-MAX_LOG)
      })
    }
    this.pid = this.#child.pid ?? 0
    this.#guard = startGuard(this.pid, stateFolder)
    this.#forget = atExit(() => this.#cleanUp())
  }

  log(): string {
    return this.#log
  }

  /** The value of the last log line that starts with `@key `, which our own scripts write. */
  reported(key: string): string | undefined {
    const line = this.#log.split('\n').findLast((line) => line.startsWith(`@${key} `))
    return line?.slice(key.length + 2)
  }

  /**
   * Asks until `check` gives something other than false or undefined; a rejected check counts as "not yet".
   * @throws Error with the end of the log, when the client ends first or `timeoutMs` have passed
   */
  async until<T>(
    what: string,
    check: () => Promise<T | false | undefined>,
    timeoutMs = 50_000,
  ): Promise<Exclude<T, false | undefined>> {
    const giveUpAt = Date.now() + timeoutMs
    let lastError: unknown
    while (this.#ended === undefined && Date.now() < giveUpAt) {
      try {
        const value = await check()
        if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>
      } catch (error) {
        lastError = error
      }
      await delay(POLL_MS)
    }
    const reason = this.#ended === undefined ? `not within ${timeoutMs} ms` : `it ended: ${this.#ended}`
    const log = this.#log.slice(-4000)
    throw new Error(`${this.#name}: waited for ${what}, ${reason}\n${log}`, { cause: lastError })
  }

  /** Asks the client for something by a signal; our own scripts know what. */
  signal(name: 'SIGUSR2'): void {
    this.#child.kill(name)
  }

  async stop(): Promise<void> {
    // the whole group, also when its leader has ended
    if (this.pid !== 0) killGroup(this.pid)
    await this.#closed
    this.#cleanUp()
    this.#forget()
    this.#guard.dismiss()
  }

  #cleanUp(): void {
    if (this.pid !== 0) killGroup(this.pid)
    rmSync(this.#stateFolder, { recursive: true, force: true, maxRetries: 5 })
  }
}
