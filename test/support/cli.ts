import { PeerError } from '../../src/base/errors.ts'
import type { CliEnv, OutputStream, UseCases } from '../../src/cli/env.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import type {
  ConnectOptions,
  FetchBlockOptions,
  FetchOptions,
  MetadataOptions,
} from '../../src/run/options.ts'
import { connectReport, demoReport, fetchBlockReport, fetchReport, metadataReport } from './reports.ts'

/** What a run of the command line in this process left behind. */
export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** What the use case was asked for; undefined when none was called. */
  readonly connect: ConnectOptions | undefined
  readonly fetchBlock: FetchBlockOptions | undefined
  readonly fetch: FetchOptions | undefined
  readonly metadata: MetadataOptions | undefined
}

export interface FakeWorld {
  readonly useCases?: Partial<UseCases>
  readonly files?: { readonly [path: string]: Uint8Array }
  readonly variables?: { readonly [name: string]: string }
  readonly isTty?: boolean
  readonly stdout?: OutputStream
}

/** Runs the command line with a made-up world; the use cases answer with a report of a good session. */
export async function runPeerwire(argv: readonly string[], world: FakeWorld = {}): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written): OutputStream => ({
    isTty: world.isTty === true,
    write: (data) => {
      written[name] += typeof data === 'string' ? data : new TextDecoder().decode(data)
      return Promise.resolve()
    },
  })
  let connect: ConnectOptions | undefined
  let fetchBlock: FetchBlockOptions | undefined
  let fetch: FetchOptions | undefined
  let metadata: MetadataOptions | undefined
  const env: CliEnv = {
    stdout: world.stdout ?? stream('stdout'),
    stderr: stream('stderr'),
    variables: world.variables ?? {},
    readFile: (path) => {
      const file = world.files?.[path]
      return file === undefined
        ? Promise.reject(new PeerError('E_FILE_READ', `cannot read ${path}: there is no such file`))
        : Promise.resolve(file)
    },
    signal: new AbortController().signal,
    readerGone: new AbortController().signal,
    useCases: {
      connect: (options, signal) => {
        connect = options
        return world.useCases?.connect?.(options, signal) ?? Promise.resolve(connectReport())
      },
      fetchBlock: (options, signal) => {
        fetchBlock = options
        return world.useCases?.fetchBlock?.(options, signal) ?? Promise.resolve(fetchBlockReport(null))
      },
      fetch: (options, signal) => {
        fetch = options
        return world.useCases?.fetch?.(options, signal) ?? Promise.resolve(fetchReport())
      },
      metadata: (options, signal) => {
        metadata = options
        return world.useCases?.metadata?.(options, signal) ?? Promise.resolve(metadataReport())
      },
      demo: (trace, signal) => world.useCases?.demo?.(trace, signal) ?? Promise.resolve(demoReport()),
      serve: (options, signal) =>
        world.useCases?.serve?.(options, signal) ?? Promise.reject(new Error('nothing is served here')),
    },
  }
  const exitCode = await runCli(argv, env)
  return { exitCode, ...written, connect, fetchBlock, fetch, metadata }
}

/** An error line as it was before it was folded at 80 columns. */
export function unfolded(stderr: string): string {
  return stderr.replaceAll('\n  ', ' ')
}
