import { ERROR_CODES } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import type { DocumentCommand } from '../report/model/documents.ts'
import type { ErrorReport } from '../report/model/envelope.ts'
// what prints errors is loaded from the start: when the process has too many files open, nothing can be loaded any more
import { renderErrorLine } from '../report/text/error-line.ts'
import type { CliEnv } from './env.ts'

/** A command that ended without a report. */
export interface Failure {
  /** The command; undefined when it is not known. */
  readonly name: Exclude<DocumentCommand, 'error'> | undefined
  readonly report: ErrorReport
  readonly error: unknown
  readonly flags: ReadonlySet<string>
}

/**
 * Prints a failure as the flags say: a document, a line, or nothing.
 * @returns the exit code
 */
export async function printFailure({ name, report, error, flags }: Failure, env: CliEnv): Promise<number> {
  if (flags.has('--json')) {
    await env.stdout.write(await failureDocument(name, report))
  } else if (!flags.has('-q') && !flags.has('--quiet')) {
    await env.stderr.write(renderErrorLine(name, report))
  }
  const isVerbose = flags.has('-v') || flags.has('--verbose')
  if (report.code === 'E_INTERNAL' && isVerbose && error instanceof Error) {
    await env.stderr.write(`${error.stack ?? error.message}\n`)
  }
  return ERROR_CODES[report.code].exitCode
}

/** The document of the command, or of an error alone when the schema of the command cannot be loaded. */
async function failureDocument(name: Failure['name'], report: ErrorReport): Promise<string> {
  try {
    const [{ failedDocument }, { renderJson }] = await Promise.all([
      import('../report/failed-document.ts'),
      import('../report/json.ts'),
    ])
    return renderJson(failedDocument(name ?? 'error', report))
  } catch {
    const { exitCode } = ERROR_CODES[report.code]
    const document = { schema: 'peerwire.error/1', version: VERSION, ok: false, exitCode, error: report }
    return `${JSON.stringify(document, null, 2)}\n`
  }
}
