import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { missingProgram } from '../peers/programs.ts'

const run = promisify(execFile)

/** Why no terminal can be driven on this machine. */
export const missingTerminal = missingProgram('tmux')

export interface WindowSize {
  readonly columns: number
  readonly rows: number
}

/** What a terminal shows. */
export interface Screen {
  /** Without spaces at their ends, and without the empty lines at the end. */
  readonly lines: readonly string[]
  /** The same, with the lines joined that the terminal has wrapped. */
  readonly unwrapped: readonly string[]
  readonly cursorIsVisible: boolean
  readonly wraps: boolean
}

/** Ends the lines of a command that has ended, before its exit code. */
const END = '[exit '

/** Keeps the terminal open after the command, as a shell does, and has a line above it, as a prompt. An interrupt is only for the command. */
const SHELL = `trap : INT; echo '$'; "$@"; printf '${END}%s]' "$?"; tmux wait-for -S "$0"; while :; do sleep 1000; done`

const LOOK_EVERY_MS = 50

/** How often a screen is looked at before the test fails: for some 30 seconds. */
const MAX_LOOKS = 500

/** Of the server, whose windows inherit it: colors and widths that the tests run with are not those of the windows. */
const ENV = { PATH: process.env['PATH'] ?? '', HOME: '/', LC_ALL: 'C.UTF-8' }

/** Between the parts of what tmux prints. */
const NEXT = '\u0001'

/** The terminals of one tmux server of our own. */
export class Terminals {
  readonly #socket: string
  #count = 0

  private constructor(socket: string) {
    this.#socket = socket
  }

  /** @param folder for the socket of the server */
  static async make(folder: string): Promise<Terminals> {
    const terminals = new Terminals(join(folder, 'tmux.socket'))
    // a server ends with its last session
    await terminals.tmux('new-session', '-d', '-s', 'first', 'while :; do sleep 1000; done')
    await terminals.tmux('set-option', '-g', 'status', 'off')
    return terminals
  }

  /** Opens a window of this size, and runs a command in it. */
  async open(
    argv: readonly string[],
    { columns, rows }: WindowSize,
    { folder, env }: { readonly folder: string; readonly env: { readonly [name: string]: string } },
  ): Promise<Terminal> {
    const name = `window-${this.#count++}`
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`])
    const size = ['-x', String(columns), '-y', String(rows)]
    const command = ['sh', '-c', SHELL, name, ...argv]
    await this.tmux('new-session', '-d', '-s', name, '-c', folder, ...size, ...variables, '--', ...command)
    return new Terminal(name, (...args) => this.tmux(...args))
  }

  async tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, '-f', '/dev/null', ...args], { env: ENV })
    return stdout
  }

  async close(): Promise<void> {
    await this.tmux('kill-server')
  }
}

/** One window, and the command that runs in it. */
export class Terminal {
  readonly #name: string
  readonly #tmux: (...args: readonly string[]) => Promise<string>

  constructor(name: string, tmux: (...args: readonly string[]) => Promise<string>) {
    this.#name = name
    this.#tmux = tmux
  }

  /** What is shown now; what has scrolled away comes first. */
  async screen(): Promise<Screen> {
    const at = ['-t', this.#name]
    const separator = [';', 'display-message', '-p', NEXT, ';']
    const printed = await this.#tmux(
      ...['capture-pane', '-p', '-S', '-', ...at, ...separator],
      ...['capture-pane', '-p', '-J', '-S', '-', ...at, ...separator],
      ...['display-message', '-p', ...at, '#{cursor_flag}#{wrap_flag}'],
    )
    const [text = '', joined = '', flags = ''] = printed.split(`${NEXT}\n`)
    return {
      lines: linesOf(text).slice(1),
      unwrapped: linesOf(joined).slice(1),
      cursorIsVisible: flags.startsWith('1'),
      wraps: flags.startsWith('1', 1),
    }
  }

  /** Waits until what is shown matches. */
  async shows(pattern: RegExp): Promise<Screen> {
    let screen = await this.screen()
    for (let left = MAX_LOOKS; !pattern.test(screen.lines.join('\n')); left--) {
      if (left === 0) throw new Error(`${pattern} is not shown:\n${screen.lines.join('\n')}`)
      // tmux reports no changes to its clients
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      screen = await this.screen()
    }
    return screen
  }

  /** Waits for the end of the command. */
  async ended(): Promise<Screen & { readonly exitCode: number }> {
    await this.#tmux('wait-for', this.#name)
    const screen = await this.shows(/\[exit \d+\]$/)
    const last = screen.lines.at(-1) ?? ''
    const end = last.lastIndexOf(END)
    const withoutEnd = (lines: readonly string[]) => {
      const rest = (lines.at(-1) ?? '').slice(0, end)
      return rest === '' ? lines.slice(0, -1) : [...lines.slice(0, -1), rest]
    }
    return {
      ...screen,
      lines: withoutEnd(screen.lines),
      unwrapped: withoutEnd(screen.unwrapped),
      exitCode: Number(last.slice(end + END.length, -1)),
    }
  }

  /** Types keys by their tmux names, such as `C-c`. */
  async type(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', this.#name, ...keys)
  }

  async resize({ columns, rows }: WindowSize): Promise<void> {
    await this.#tmux('resize-window', '-t', this.#name, '-x', String(columns), '-y', String(rows))
  }

  async close(): Promise<void> {
    await this.#tmux('kill-session', '-t', this.#name)
  }
}

function linesOf(text: string): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())
}
