import type { Redactor } from '../report/redact/redactor.ts'
import type { SystemPorts } from '../library/system-ports.ts'

/** A destination for output. */
export interface OutputStream {
  readonly isTty: boolean
  /** Columns of the terminal at this moment; undefined if it is not one, or does not report them. */
  readonly columns?: number | undefined
  /** Calls the listener whenever the terminal was resized, until the result is called. */
  readonly onResize?: ((listener: () => void) => () => void) | undefined
  /** Resolves when the data is written. A closed reader is not an error. @throws PeerError E_DISK_FULL, E_FILE_WRITE */
  write(data: string | Uint8Array): Promise<void>
}

/** The function behind a command. Its code and its access to network and disk are loaded when it is called. */
export type UseCase<Options, Report> = (
  options: Options,
  ports: () => Promise<SystemPorts>,
) => Promise<Report>

/** The environment of the command line; only main.ts creates the real one. */
export interface CliEnv {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  /** When the command started. */
  readonly startedAt: Date
  /** Set with `--redact`; the streams replace what it knows. */
  readonly redactor?: Redactor | undefined
  /** Environment variables. */
  readonly variables: { readonly [name: string]: string | undefined }
  /** Reads a small file completely. @throws PeerError E_FILE_READ */
  readonly readFile: (path: string) => Promise<Uint8Array>
  /**
   * Reads a file of any size, `-` for stdin, in borrowed chunks.
   * @param hint what to do if it cannot be read, one line
   * @throws PeerError E_FILE_READ
   */
  readonly readChunks: (path: string, hint: string) => AsyncIterable<Uint8Array>
  /** In bytes; undefined for what is not a file, such as a pipe, which cannot be read twice. */
  readonly fileSize: (path: string) => Promise<number | undefined>
  /** Aborted by SIGINT, SIGTERM and SIGHUP, with a PeerError as its reason. */
  readonly signal: AbortSignal
  /** Aborted when a write to stdout finds that its reader has gone away. */
  readonly readerGone: AbortSignal
  /** Runs the use case of a command, on the real network and disk or on the replacements of a test. */
  readonly perform: <Options, Report>(
    command: string,
    useCase: UseCase<Options, Report>,
    options: Options,
    signal: AbortSignal,
  ) => Promise<Report>
}
