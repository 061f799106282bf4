import type { SystemPorts } from '../library/system-ports.ts'

/** Where output goes. */
export interface OutputStream {
  readonly isTty: boolean
  /** Resolves when the data has left; a reader that went away is no error. @throws PeerError E_DISK_FULL, E_FILE_WRITE */
  write(data: string | Uint8Array): Promise<void>
}

/** What a command does. What it needs of the network and the disk, and its own code, is loaded when it is called. */
export type UseCase<Options, Report> = (
  options: Options,
  ports: () => Promise<SystemPorts>,
) => Promise<Report>

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
  /** Runs the use case of a command, on the real network and disk or on what a test has in their place. */
  readonly perform: <Options, Report>(
    command: string,
    useCase: UseCase<Options, Report>,
    options: Options,
    signal: AbortSignal,
  ) => Promise<Report>
}
