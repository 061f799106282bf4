import type { ConnectReport } from '../report/model/connect.ts'
import type { DemoReport } from '../report/model/demo.ts'
import type { ServeReport } from '../report/model/serve.ts'
import type { FetchBlockReport } from '../report/model/fetch-block.ts'
import type { FetchCommandReport } from '../report/model/fetch.ts'
import type { MetadataCommandReport } from '../report/model/metadata.ts'
import type {
  ConnectOptions,
  FetchBlockOptions,
  FetchOptions,
  MetadataOptions,
  SessionOptions,
} from '../run/options.ts'
import type { ServeOptions } from '../run/serve/options.ts'

/** Where output goes. */
export interface OutputStream {
  readonly isTty: boolean
  /** Resolves when the data has left; a reader that went away is no error. @throws PeerError E_DISK_FULL, E_FILE_WRITE */
  write(data: string | Uint8Array): Promise<void>
}

/** What the commands do, each loaded when it is first called. */
export interface UseCases {
  readonly connect: (options: ConnectOptions, signal: AbortSignal) => Promise<ConnectReport>
  readonly fetchBlock: (options: FetchBlockOptions, signal: AbortSignal) => Promise<FetchBlockReport>
  readonly fetch: (options: FetchOptions, signal: AbortSignal) => Promise<FetchCommandReport>
  readonly metadata: (options: MetadataOptions, signal: AbortSignal) => Promise<MetadataCommandReport>
  readonly demo: (trace: SessionOptions['trace'], signal: AbortSignal) => Promise<DemoReport>
  readonly serve: (options: ServeOptions, signal: AbortSignal) => Promise<ServeReport>
}

/** The world, as the command line sees it; only main.ts makes the real one. */
export interface CliEnv {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** Environment variables. */
  readonly variables: { readonly [name: string]: string | undefined }
  /** The whole of a small file. @throws PeerError E_FILE_READ */
  readonly readFile: (path: string) => Promise<Uint8Array>
  /** Aborted by SIGINT, SIGTERM and SIGHUP, with a PeerError as its reason. */
  readonly signal: AbortSignal
  /** Aborted when a write to stdout finds that its reader went away. */
  readonly readerGone: AbortSignal
  readonly useCases: UseCases
}
