import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { encodeUtf8 } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { createOutputFile, type OutputFile } from '../net/files/output-file.ts'
import { Evidence } from '../report/evidence/evidence.ts'
import { REPORT_FORMS, renderReportFile, type ReportForm } from '../report/evidence/write.ts'
import type { Redactor } from '../report/redact/redactor.ts'
import { errorReport } from '../report/error-report.ts'
import { sessionConclusion } from '../report/exit-code.ts'
import type { Envelope } from '../report/model/envelope.ts'
import type { PrintedReport } from '../report/html/page.ts'
import type { SessionTrace } from '../run/options.ts'
import { usage } from './options.ts'
import { shownWord } from './parse/shown-word.ts'

/** The file of `--report`. */
class ReportFile {
  readonly #file: OutputFile
  readonly #form: ReportForm
  readonly #evidence: Evidence
  readonly #redactor: Redactor | undefined

  private constructor(
    file: OutputFile,
    form: ReportForm,
    evidence: Evidence,
    redactor: Redactor | undefined,
  ) {
    this.#file = file
    this.#form = form
    this.#evidence = evidence
    this.#redactor = redactor
  }

  /**
   * Creates the file before anything is sent.
   *
   * @param commandLine as typed, without the name of the program; secrets are left out
   * @throws PeerError E_USAGE, E_FILE_EXISTS or E_FILE_WRITE
   */
  static async open(
    path: string,
    commandLine: readonly string[],
    redactor: Redactor | undefined,
  ): Promise<ReportFile> {
    const form = formOf(path)
    const evidence = new Evidence({
      version: VERSION,
      runtime: `Node.js ${process.version}`,
      platform: `${process.platform} ${process.arch}`,
      startedAt: new Date().toISOString(),
      commandLine: ['peerwire', ...commandLine.map((word) => shownWord(redactor?.text(word) ?? word))].join(
        ' ',
      ),
    })
    return new ReportFile(await create(path), form, evidence, redactor)
  }

  /** Adds an event of the session. */
  readonly add: SessionTrace = (event) => this.#evidence.step(event)

  /** @returns why the file is missing */
  async finish(printed: PrintedReport): Promise<PeerError | undefined> {
    try {
      const text = renderReportFile(this.#form, printed, this.#evidence)
      await this.#file.write(encodeUtf8(this.#redactor?.text(text) ?? text))
      await this.#file.commit()
      return undefined
    } catch (error) {
      if (error instanceof PeerError) return error
      throw error
    }
  }

  /** Removes what was written; has no effect after `finish`. */
  discard(): Promise<void> {
    return this.#file.discard()
  }
}

/** What `--report` asks for. */
interface ReportRequest {
  readonly path: string
  readonly typed: readonly string[]
  /** Undefined to write everything as it is. */
  readonly redactor: Redactor | undefined
}

/**
 * Runs a use case and writes its report file. If that fails, the report contains the error unless it already has a more
 * serious one.
 *
 * @throws PeerError E_USAGE, E_FILE_EXISTS or E_FILE_WRITE before anything is sent
 */
export async function withReportFile<Options, Report extends Envelope<string>>(
  { path, typed, redactor }: ReportRequest,
  run: (options: Options) => Promise<Report>,
  options: Options,
  text: (report: Report) => Promise<string>,
): Promise<Report> {
  const file = await ReportFile.open(path, typed, redactor)
  try {
    const { trace } = options as { readonly trace?: SessionTrace }
    const both: SessionTrace = (event) => {
      trace?.(event)
      file.add(event)
    }
    const report = await run({ ...options, trace: both })
    const error = await file.finish({ report, text: await text(report) })
    if (error === undefined || report.exitCode > 1) return report
    return { ...report, ...sessionConclusion(errorReport(error), []) }
  } finally {
    await file.discard()
  }
}

function formOf(path: string): ReportForm {
  const ending = extname(path).slice(1).toLowerCase()
  const form = REPORT_FORMS.find((name) => name === ending)
  if (form !== undefined) return form
  throw usage('--report takes a file whose name ends in .html, .txt or .json', 'use its name')
}

async function create(path: string): Promise<OutputFile> {
  try {
    return await createOutputFile(path, false, randomBytes(6).toString('hex'))
  } catch (error) {
    if (!(error instanceof PeerError) || error.code !== 'E_FILE_EXISTS') throw error
    throw new PeerError(error.code, error.message, { hint: 'give --report another name', cause: error })
  }
}
