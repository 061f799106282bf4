import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCommand } from '../packaging/build-command.mjs'

/** How a process of the command ended, and all that it wrote. */
export interface EndedProcess {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The command bundled as it is published, to be run as a process of its own. */
export interface BuiltCli {
  /** Path of the program. */
  readonly program: string
  /** Empty folder for what tests write; removed with the program. */
  readonly folder: string
  readonly start: (argv: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcessWithoutNullStreams
  readonly run: (argv: readonly string[], env?: NodeJS.ProcessEnv) => Promise<EndedProcess>
  readonly remove: () => Promise<void>
}

export async function buildCli(): Promise<BuiltCli> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-cli-'))
  const command = join(folder, 'command')
  await buildCommand(command)
  const program = join(command, 'main.cjs')
  const start: BuiltCli['start'] = (argv, env = {}) =>
    spawn(process.execPath, [program, ...argv], { env: { ...process.env, ...env } })
  return {
    program,
    folder,
    start,
    run: (argv, env) => endOf(start(argv, env)),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
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
