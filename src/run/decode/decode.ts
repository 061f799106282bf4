import { concat } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { errorReport } from '../../report/error-report.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import { judged } from '../../report/judge.ts'
import type { DecodeReport } from '../../report/model/decode.ts'
import type { FindingReport } from '../../report/model/session.ts'
import { startTime } from '../start-time.ts'
import { openReader } from './content.ts'
import type { DecodeOptions } from './options.ts'
import { type InputReader, NOTHING } from './reader.ts'

/** Bytes that are enough to recognize an input. */
const HEAD_LENGTH = 256

/** Bytes between two reports of progress: some 20 ms. */
const PROGRESS_LENGTH = 8 * 1024 * 1024

/**
 * Dissects a capture, a trace, or one direction of a connection. What comes before a damaged place is reported, with the error.
 *
 * @param date the time of day; by default that of this machine
 * @throws PeerError E_USAGE when the chosen connection is not in the capture
 */
export async function decode(options: DecodeOptions, date?: () => Date): Promise<DecodeReport> {
  const startedAt = startTime({ date })
  const input = new Input(options)
  let failure: PeerError | undefined
  let progressAt = PROGRESS_LENGTH
  try {
    for await (const chunk of options.chunks) {
      input.push(chunk)
      await options.rewrite?.written?.()
      if (input.length < progressAt) continue
      progressAt = input.length + PROGRESS_LENGTH
      options.progress?.({ doneBytes: input.length, totalBytes: options.totalBytes })
    }
    input.end()
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    failure = error
  }
  const { reader, length } = input
  const { error: found, ...decoded } = reader?.result() ?? NOTHING
  const error = failure ?? found
  const conclusion = sessionConclusion(
    error === undefined ? null : errorReport(error),
    decoded.report?.findings ?? violationsOf(decoded.served),
  )
  return judged<DecodeReport>(
    {
      schema: 'peerwire.decode/1',
      version: VERSION,
      ...conclusion,
      client: decoded.report?.client ?? null,
      input: { name: options.name, format: reader?.format ?? null, bytes: length },
      ...decoded,
      expectations: [],
    },
    startedAt,
  )
}

/** What made a strict seeder fail. */
function violationsOf(served: DecodeReport['served']): readonly FindingReport[] {
  if (served?.strict !== true) return []
  const ids = new Set(served.peers.flatMap(({ violations }) => violations.map(({ id }) => id)))
  return Array.from(ids, (id) => ({ id, severity: 'error', title: '', detail: '', reference: '' }))
}

/** The input, before and after it is recognized. */
class Input {
  readonly #options: DecodeOptions
  #head = new Uint8Array()
  reader: InputReader | undefined
  length = 0

  constructor(options: DecodeOptions) {
    this.#options = options
  }

  push(chunk: Uint8Array): void {
    this.length += chunk.length
    if (this.reader !== undefined) {
      this.reader.push(chunk)
      return
    }
    this.#head = Uint8Array.from(concat([this.#head, chunk]))
    if (this.#head.length >= HEAD_LENGTH) this.#open()
  }

  end(): void {
    if (this.reader === undefined) this.#open()
    this.reader?.end()
  }

  #open(): void {
    this.reader = openReader(this.#head, this.#options)
    this.reader.push(this.#head)
  }
}
