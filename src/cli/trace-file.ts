import { PeerError } from '../base/errors.ts'
import { encodeUtf8 } from '../base/bytes.ts'
import { MAX_UNWRITTEN_TRACE_FILE } from '../base/limits.ts'
import { VERSION } from '../base/version.ts'
import type { OutputFile } from '../net/files/output-file.ts'
import { errorReport } from '../report/error-report.ts'
import { type SessionDocument, verdictOf } from '../report/judge.ts'
import { sessionConclusion } from '../report/exit-code.ts'
import type { SessionOptions, SessionTrace } from '../run/options.ts'
import type { Ports } from '../run/ports.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../trace/lines.ts'

/** Characters per write. */
const CHUNK_LENGTH = 65_536

/** How long the final writes may take after the session, in milliseconds: the reader of a pipe may hang. */
const FINISH_MS = 10_000

/** The file of `--trace-file`: NDJSON, schema peerwire.trace/1. */
class TraceFile {
  readonly #path: string
  readonly #file: OutputFile
  readonly #late = new AbortController()
  #unwritten: string
  #unwrittenLength = 0
  #seq = 0
  #leftOut = 0
  #writing: Promise<void> | undefined
  #failure: unknown

  /** @param startedAt when the command started, RFC 3339 */
  constructor(path: string, file: OutputFile, startedAt: string) {
    this.#path = path
    this.#file = file
    this.#unwritten = encodeTraceHeader({ version: VERSION, startedAt })
  }

  /** Adds an event. While too much is unwritten, events are dropped, and `finish` reports that. */
  readonly add: SessionTrace = (event) => {
    if (this.#failure !== undefined) return
    this.#seq++
    if (this.#unwrittenLength + this.#unwritten.length > MAX_UNWRITTEN_TRACE_FILE) {
      this.#leftOut++
      return
    }
    this.#unwritten += encodeTraceEvent(event, this.#seq)
    if (this.#unwritten.length >= CHUNK_LENGTH) this.#writing ??= this.#write()
  }

  /**
   * Writes the rest and gives the file its name.
   * @returns why the file is missing or incomplete
   */
  async finish(): Promise<PeerError | undefined> {
    const timer = setTimeout(() => this.#late.abort(this.#error('what reads it takes nothing')), FINISH_MS)
    try {
      await this.#writing
      await this.#write()
      if (this.#failure !== undefined) throw this.#failure
      await this.#file.commit()
    } catch (error) {
      if (error instanceof PeerError) return error
      throw error
    } finally {
      clearTimeout(timer)
    }
    return this.#leftOut === 0
      ? undefined
      : this.#error(`${this.#leftOut} events came faster than it takes them`)
  }

  /** Removes what was written; has no effect after `finish`. */
  discard(): Promise<void> {
    return this.#file.discard()
  }

  async #write(): Promise<void> {
    try {
      while (this.#unwritten !== '' && this.#failure === undefined) {
        const bytes = encodeUtf8(this.#unwritten)
        this.#unwrittenLength = bytes.length
        this.#unwritten = ''
        await this.#file.write(bytes, this.#late.signal)
        this.#unwrittenLength = 0
      }
    } catch (error) {
      this.#failure = error
      this.#unwritten = ''
    } finally {
      this.#writing = undefined
    }
  }

  #error(reason: string): PeerError {
    return new PeerError('E_FILE_WRITE', `cannot write ${this.#path}: ${reason}`, {
      hint: 'write the trace to a faster place',
    })
  }
}

/** The options that send the trace of a session to a file. */
export interface TracedOptions {
  readonly traceFile?:
    | {
        readonly path: string
        readonly force: boolean
        /** Called with the error of the trace when the report already has a more serious one. */
        readonly onUnwritten: (error: PeerError) => void
      }
    | undefined
}

/**
 * Runs a use case and writes its trace. If the trace cannot be written, the session continues, and its report contains the
 * error unless it already has a more serious one.
 *
 * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE before anything is sent
 */
export async function withTraceFile<
  Options extends SessionOptions & TracedOptions,
  Report extends SessionDocument,
>(run: (options: Options, ports: Ports) => Promise<Report>, options: Options, ports: Ports): Promise<Report> {
  const { traceFile, trace } = options
  if (traceFile === undefined) return run(options, ports)
  const { path, force, onUnwritten } = traceFile
  const file = new TraceFile(path, await create(path, force, ports), new Date().toISOString())
  try {
    const both: SessionTrace = (event) => {
      trace?.(event)
      file.add(event)
    }
    const report = await run({ ...options, trace: both }, ports)
    const error = await file.finish()
    if (error === undefined) return report
    // exit codes of failures take precedence over that of a failed check
    if (report.exitCode <= 1) {
      const failed = { ...report, ...sessionConclusion(errorReport(error), []) }
      return { ...failed, verdict: verdictOf(failed) }
    }
    onUnwritten(error)
    return report
  } finally {
    await file.discard()
  }
}

async function create(path: string, force: boolean, { files }: Ports): Promise<OutputFile> {
  try {
    return await files.create(path, force)
  } catch (error) {
    if (!(error instanceof PeerError) || error.code !== 'E_FILE_EXISTS') throw error
    // not every command has --force
    throw new PeerError(error.code, error.message, { hint: 'give --trace-file another name', cause: error })
  }
}
