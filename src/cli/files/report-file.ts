import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { encodeUtf8 } from '../../base/bytes.ts'
import { VERSION } from '../../base/version.ts'
import { createOutputFile, type OutputFiles } from '../../net/files/output-file.ts'
import { Evidence } from '../../report/evidence/evidence.ts'
import { REPORT_FORMS, renderReportFile, type ReportForm } from '../../report/evidence/write.ts'
import type { Redactor } from '../../report/redact/redactor.ts'
import type { Report } from '../../report/judge.ts'
import type { Envelope } from '../../report/model/envelope.ts'
import type { SessionTrace } from '../../run/options.ts'
import { usage } from '../options.ts'
import { shownWord } from '../parse/shown-word.ts'
import { besideRun, createSideFile, type SideFileRequest } from './side-file.ts'

/** What `--report` asks for. */
interface ReportRequest {
  readonly file: SideFileRequest
  /** The command line as typed, without the name of the program; secrets are left out. */
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
export async function withReportFile<Options, Document extends Envelope<string>>(
  { file: request, typed, redactor }: ReportRequest,
  run: (options: Options) => Promise<Document>,
  options: Options,
  text: (report: Document) => Promise<string>,
): Promise<Document> {
  const form = formOf(request.path)
  const file = await createSideFile(request, CONTENT, { files: { create } })
  const evidence = new Evidence({
    version: VERSION,
    runtime: `Node.js ${process.version}`,
    platform: `${process.platform} ${process.arch}`,
    startedAt: new Date().toISOString(),
    commandLine: ['peerwire', ...typed.map((word) => shownWord(redactor?.text(word) ?? word))].join(' '),
  })
  const { trace } = options as { readonly trace?: SessionTrace }
  const both: SessionTrace = (event) => {
    trace?.(event)
    evidence.step(event)
  }
  // safe: the document of a command is one of them
  const reported = await besideRun<Report>(file, request, async () => {
    const report = await run({ ...options, trace: both })
    const written = renderReportFile(form, { report, text: await text(report) }, evidence)
    file.add(encodeUtf8(redactor?.text(written) ?? written))
    return report as unknown as Report
  })
  return reported as unknown as Document
}

/** It is written whole, whatever its length. */
const CONTENT = { name: 'report', unit: 'reports', limit: Infinity }

function formOf(path: string): ReportForm {
  const ending = extname(path).slice(1).toLowerCase()
  const form = REPORT_FORMS.find((name) => name === ending)
  if (form !== undefined) return form
  throw usage(
    '--report takes a file whose name ends in .html, .txt or .json',
    'use a name such as report.html',
  )
}

const create: OutputFiles['create'] = (path, force) =>
  createOutputFile(path, force, randomBytes(6).toString('hex'))
