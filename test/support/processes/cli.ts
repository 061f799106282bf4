import { PeerError } from '../../../src/base/errors.ts'
import type { CliEnv, OutputStream } from '../../../src/cli/env.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import type { Envelope } from '../../../src/report/model/envelope.ts'
import type {
  ConnectOptions,
  FetchBlockOptions,
  FetchOptions,
  MetadataOptions,
} from '../../../src/run/options.ts'
import {
  connectReport,
  demoReport,
  fetchBlockReport,
  fetchReport,
  metadataReport,
} from '../reports/reports.ts'

/** The results of a run of the command line in this process. */
export interface CliRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** The options of the use case; undefined if none was called. */
  readonly connect: ConnectOptions | undefined
  readonly fetchBlock: FetchBlockOptions | undefined
  readonly fetch: FetchOptions | undefined
  readonly metadata: MetadataOptions | undefined
}

/** Replaces the use case of a command. */
type FakeUseCase = (options: never, signal: AbortSignal) => Promise<Envelope<string>>

export interface FakeWorld {
  /** By the name of the command; the others return the report of a successful session. */
  readonly useCases?: { readonly [command: string]: FakeUseCase }
  readonly files?: { readonly [path: string]: Uint8Array }
  readonly variables?: { readonly [name: string]: string }
  readonly isTty?: boolean
  readonly stdout?: OutputStream
}

const GOOD_REPORTS: { readonly [command: string]: () => Envelope<string> } = {
  connect: () => connectReport(),
  'fetch-block': () => fetchBlockReport(null),
  fetch: () => fetchReport(),
  metadata: () => metadataReport(),
  demo: () => demoReport(),
}

/** Runs the command line in a fake environment; the use cases return the report of a successful session. */
export async function runPeerwire(argv: readonly string[], world: FakeWorld = {}): Promise<CliRun> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof written): OutputStream => ({
    isTty: world.isTty === true,
    write: (data) => {
      written[name] += typeof data === 'string' ? data : new TextDecoder().decode(data)
      return Promise.resolve()
    },
  })
  const asked = new Map<string, unknown>()
  const env: CliEnv = {
    stdout: world.stdout ?? stream('stdout'),
    stderr: stream('stderr'),
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
    variables: { LANG: 'C.UTF-8', ...world.variables },
    readFile: (path) => {
      const file = world.files?.[path]
      return file === undefined
        ? Promise.reject(new PeerError('E_FILE_READ', `cannot read ${path}: there is no such file`))
        : Promise.resolve(file)
    },
    fileSize: (path) => Promise.resolve(world.files?.[path]?.length),
    readChunks: async function* (path) {
      const file = world.files?.[path]
      if (file === undefined) throw new PeerError('E_FILE_READ', `cannot read ${path}: there is no such file`)
      yield await Promise.resolve(file)
    },
    signal: new AbortController().signal,
    readerGone: new AbortController().signal,
    perform: async (command, useCase, options, signal) => {
      asked.set(command, options)
      const fake: FakeUseCase | undefined = world.useCases?.[command]
      const report = (await fake?.(options as never, signal)) ?? GOOD_REPORTS[command]?.()
      if (report !== undefined) return report as Awaited<ReturnType<typeof useCase>>
      return useCase(options, () => Promise.reject(new Error('there is no network here')))
    },
  }
  const exitCode = await runCli(argv, env)
  return {
    exitCode,
    ...written,
    connect: asked.get('connect') as ConnectOptions | undefined,
    fetchBlock: asked.get('fetch-block') as FetchBlockOptions | undefined,
    fetch: asked.get('fetch') as FetchOptions | undefined,
    metadata: asked.get('metadata') as MetadataOptions | undefined,
  }
}

/** An error line without the folding at 80 columns. */
export function unfolded(stderr: string): string {
  return stderr.replaceAll('\n  ', ' ')
}
