import { ERROR_CODES } from '../base/errors.ts'
import type { Schema } from '../base/schema/schema.ts'
import { printable } from '../report/escape.ts'
import { VERSION } from '../base/version.ts'
import type { Envelope, ErrorReport } from '../report/model/envelope.ts'
// the code that prints errors is loaded at startup, because a process with too many open files cannot load modules
import { renderErrorLine } from '../report/text/error-line.ts'
import { FORMAT_NAMES, FORMATS } from './command/formats.ts'
import type { CommandEntry } from './commands/table.ts'
import type { CliEnv } from './env.ts'
import { paperOf } from './output.ts'

/** A command that ended without a report. */
export interface Failure {
  /** Undefined when it is unknown. */
  readonly command: (Pick<CommandEntry, 'load'> & { readonly name: string }) | undefined
  readonly report: ErrorReport
  readonly error: unknown
  readonly flags: ReadonlySet<string>
  /** How often `-q` was typed. */
  readonly quiet: number
}

/**
 * Prints a failure in the form that the flags select: a document, a line, or nothing.
 * @returns the exit code
 */
export async function printFailure(
  { command, report, error, flags, quiet }: Failure,
  env: CliEnv,
): Promise<number> {
  const { exitCode } = ERROR_CODES[report.code]
  const isUsage = exitCode === 2
  const format = FORMAT_NAMES.find((name) => flags.has(`--${name}`))
  if (format !== undefined) {
    await env.stdout.write(FORMATS[format].render(await failureDocument(command, report, env)))
  } else if (quiet === 0 || isUsage) {
    const paper = paperOf({ color: 'never', ascii: flags.has('--ascii') }, env.stderr, env)
    await env.stderr.write(renderErrorLine(command?.name, report, paper))
  }
  if (quiet === 1 && !isUsage) {
    const about = command === undefined ? '' : ` ${command.name}:`
    await env.stderr.write(`${printable(`peerwire:${about} ${report.message} (exit ${exitCode})`)}\n`)
  }
  const isVerbose = flags.has('-v') || flags.has('--verbose')
  if (report.code === 'E_INTERNAL' && isVerbose && error instanceof Error) {
    await env.stderr.write(`${error.stack ?? error.message}\n`)
  }
  return exitCode
}

/** The document of the command, or only the error when the schema of the command cannot be loaded. */
async function failureDocument(
  command: Failure['command'],
  report: ErrorReport,
  { startedAt }: CliEnv,
): Promise<Envelope<string>> {
  try {
    const [{ failedDocument }, schema] = await Promise.all([
      import('../report/failed-document.ts'),
      documentOf(command),
    ])
    return failedDocument(schema, report, startedAt.toISOString())
  } catch {
    const { exitCode } = ERROR_CODES[report.code]
    return {
      schema: 'peerwire.error/1',
      version: VERSION,
      ok: false,
      exitCode,
      error: report,
      verdict: report.message,
      startedAt: startedAt.toISOString(),
      redacted: null,
    }
  }
}

async function documentOf(command: Failure['command']): Promise<Schema<object>> {
  if (command === undefined) return (await import('../report/model/envelope.ts')).plainError
  return (await command.load()).command.document
}
