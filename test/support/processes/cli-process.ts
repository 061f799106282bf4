import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'

/** How a process of the command ended, and everything that it wrote. */
export interface EndedProcess {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The command as npm installs it from the packed tarball, to be run in a separate process. */
export interface BuiltCli {
  /** Path of the program. */
  readonly program: string
  /** An empty folder for files of the tests; removed at the end. */
  readonly folder: string
  readonly start: (argv: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcessWithoutNullStreams
  readonly run: (argv: readonly string[], env?: NodeJS.ProcessEnv) => Promise<EndedProcess>
  readonly remove: () => Promise<void>
}

export async function buildCli(): Promise<BuiltCli> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-cli-'))
  const program = await installedCommand()
  const start: BuiltCli['start'] = (argv, env = {}) =>
    spawn(process.execPath, [program, ...argv], {
      env: { ...process.env, LC_ALL: 'C.UTF-8', COLUMNS: '80', ...env },
    })
  return {
    program,
    folder,
    start,
    run: (argv, env) => endOf(start(argv, env)),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Waits for the installation, which all tests of a run share. */
async function installedCommand(): Promise<string> {
  const response = await fetch(inject('installer'))
  const answer = await response.text()
  if (!response.ok) throw new Error(`the command is not installed: ${answer}`)
  return answer
}

/** Everything a process writes until it ends. */
export async function endOf(child: ChildProcessWithoutNullStreams): Promise<EndedProcess> {
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => undefined)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }
}
