import { setImmediate } from 'node:timers/promises'
import { PeerError } from '../../base/errors.ts'
import type { OutputFile } from '../../net/files/output-file.ts'
import { errorReport } from '../../report/error-report.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import { type Report, verdictOf } from '../../report/judge.ts'
import type { Ports } from '../../run/ports.ts'

const EMPTY = new Uint8Array()

/** How long the final writes may take after the session, in milliseconds: the reader of a pipe may hang. */
const FINISH_MS = 10_000

/**
 * Completes a file before the run reports, so that the report can say what is wrong with it. Nothing may be added afterwards.
 * @returns why the file is missing or incomplete
 */
export type Finish = () => Promise<PeerError | undefined>

/** For a run without such a file. */
export const NOTHING_TO_FINISH: Finish = () => Promise.resolve(undefined)

/** A file that a flag asks for. */
export interface SideFileRequest {
  /** The flag, as it is written. */
  readonly flag: string
  readonly path: string
  readonly force: boolean
  /** Called with the error of the file when the report already has a more serious one. */
  readonly onUnwritten: (error: PeerError) => void
}

/** What is written to a file, in words. */
export interface SideFileContent {
  /** As in `write the trace to a faster place`. */
  readonly name: string
  /** As in `7 events came faster`. */
  readonly unit: string
  /** Most bytes that wait for the disk. */
  readonly limit: number
}

/**
 * A file that is written beside a session, while it runs: its name appears when it is complete. What is added is written as
 * soon as the event loop is free, so that little is lost if the process is killed. The session never waits for the file: while too
 * much is unwritten, what is added is dropped, and `finish` reports that.
 */
export class SideFile {
  readonly #path: string
  readonly #file: OutputFile
  readonly #content: SideFileContent
  readonly #late = new AbortController()
  #unwritten: Uint8Array[] = []
  /** Bytes in `#unwritten`, and bytes that are being written. */
  #length = 0
  #writingLength = 0
  #leftOut = 0
  #writing: Promise<void> | undefined
  #failure: unknown
  #finished: Promise<PeerError | undefined> | undefined

  constructor(path: string, file: OutputFile, content: SideFileContent) {
    this.#path = path
    this.#file = file
    this.#content = content
  }

  /**
   * Adds items, whose bytes must not change afterwards.
   * @param count how many they are
   */
  add(bytes: Uint8Array, count = 1): void {
    if (this.#failure !== undefined || this.#finished !== undefined) return
    if (this.#writingLength + this.#length + bytes.length > this.#content.limit) {
      this.#leftOut += count
      return
    }
    this.#unwritten.push(bytes)
    this.#length += bytes.length
    this.#writing ??= this.#write()
  }

  /** Resolves when what was added is written, or cannot be: for what can wait for the disk. */
  async written(): Promise<void> {
    await this.#writing
  }

  /**
   * Writes the rest and gives the file its name.
   * @returns why the file is missing or incomplete
   */
  finish(): Promise<PeerError | undefined> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  /** Removes what was written; has no effect after `finish`. */
  discard(): Promise<void> {
    return this.#file.discard()
  }

  async #finish(): Promise<PeerError | undefined> {
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
    const { unit } = this.#content
    return this.#leftOut === 0
      ? undefined
      : this.#error(`${this.#leftOut} ${unit} came faster than it takes them`)
  }

  async #write(): Promise<void> {
    try {
      // what comes at the same time is one write
      await setImmediate()
      while (this.#length > 0 && this.#failure === undefined) {
        const [first = EMPTY, ...others] = this.#unwritten
        const bytes = others.length === 0 ? first : Buffer.concat(this.#unwritten, this.#length)
        this.#unwritten = []
        this.#length = 0
        this.#writingLength = bytes.length
        await this.#file.write(bytes, this.#late.signal)
        this.#writingLength = 0
      }
    } catch (error) {
      this.#failure = error
      this.#unwritten = []
      this.#length = 0
    } finally {
      this.#writing = undefined
    }
  }

  #error(reason: string): PeerError {
    return new PeerError('E_FILE_WRITE', `cannot write ${this.#path}: ${reason}`, {
      hint: `write the ${this.#content.name} to a faster place`,
    })
  }
}

/** @throws PeerError E_FILE_EXISTS or E_FILE_WRITE */
export async function createSideFile(
  { flag, path, force }: SideFileRequest,
  content: SideFileContent,
  { files }: Pick<Ports, 'files'>,
): Promise<SideFile> {
  try {
    return new SideFile(path, await files.create(path, force), content)
  } catch (error) {
    if (!(error instanceof PeerError) || error.code !== 'E_FILE_EXISTS') throw error
    // not every command has --force
    throw new PeerError(error.code, error.message, { hint: `give ${flag} another name`, cause: error })
  }
}

/**
 * Finishes the file after the run. If it cannot be written, the session continues, and its report contains the error unless it
 * already has a more serious one.
 */
export async function besideRun<R extends Report>(
  file: SideFile,
  { onUnwritten }: SideFileRequest,
  run: () => Promise<R>,
): Promise<R> {
  try {
    const report = await run()
    const error = await file.finish()
    // the run may have finished the file itself, and reported the error
    if (error === undefined || report.error?.message === error.message) return report
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
