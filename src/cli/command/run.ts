import type { Schema } from '../../base/schema/schema.ts'
import type { Envelope } from '../../report/model/envelope.ts'
import { COMMAND_NAMES } from '../commands/table.ts'
import type { Redactor } from '../../report/redact/redactor.ts'
import type { CliEnv } from '../env.ts'
import type { OutputFlags } from '../flags/output.ts'
import { sideFile } from '../flags/side-files.ts'
import { usage } from '../options.ts'
import { PLAIN_PAPER } from '../../report/text/page/paper.ts'
import { paperOf } from '../output.ts'
import { isTorrentFile } from '../parse/words.ts'
import type { Flags, FlagValues } from './flag.ts'
import { chosenFormat, FORMATS } from './formats.ts'
import type { CommandRow, Format, Invocation } from './row.ts'

/**
 * Runs a command: flags to options, options to a report, the report to stdout.
 * @returns the exit code
 */
export async function runCommand<F extends Flags, Options, Report extends Envelope<string>>(
  row: CommandRow<F, Options, Report>,
  { name, words, flags: values, typed, env }: Invocation,
): Promise<number> {
  // safe: the parser was built from the same rows
  const flags = values as FlagValues<F> & OutputFlags
  const answer = await row.answer?.(flags, env)
  if (answer !== undefined) {
    await env.stdout.write(answer)
    return 0
  }
  const format = row.format?.(flags, env) ?? formatOf(flags)
  const check = row.check?.(flags, row.document)
  checkRequired(row.flags, values)
  const document = chosenFormat(flags)
  if (document !== undefined && row.dataOnStdout?.(flags) === true) {
    throw usage(`--${document} and -o - both want stdout`, `use -o with a file, or leave out --${document}`)
  }
  const template = row.printsPeers === true ? undefined : await templateOf(row.document, flags)
  const stop = stoppedWith(env.signal)
  const { redactor } = env
  const options = { ...(await row.options(words, flags, env)), ...(redactor !== undefined && { redactor }) }
  const live = await row.live?.(flags, env, stop)
  const perform = async (traced: Options) => {
    const found = await env.perform(name, row.useCase, { ...traced, ...live?.options }, stop.signal)
    await live?.end()
    const checked = (await check?.(found)) ?? found
    return redactor === undefined ? checked : redactor.report<Report>(row.document, checked)
  }
  const shown = redactor === undefined ? { words, flags } : shownAs(redactor, words, flags)
  const text = async (found: Report) => {
    const render = await row.text()
    return render(found, { ...PLAIN_PAPER, verbose: true, ...whyOf(shown) }, shown)
  }
  const { report: path, output } = flags as { readonly report?: string; readonly output?: string }
  const file = sideFile('--report', path, { '-o': output }, flags, env)
  const report =
    file === undefined
      ? await perform(options)
      : await (
          await import('../files/report-file.ts')
        ).withReportFile({ file, typed: [name, ...typed], redactor }, perform, options, text)
  await print(row, report, shown, template ?? format, env)
  await printReason(report, name, flags, env)
  if (redactor !== undefined && flags.quiet === 0) await env.stderr.write(REDACTION)
  return report.exitCode
}

const REDACTION =
  'peerwire: redacted: addresses, hosts, hashes, peer ids and names are pseudonyms, and data is zeros\n'

/** The arguments as renderers may repeat them. */
function shownAs<F>(
  redactor: Redactor,
  words: readonly string[],
  flags: F,
): { words: readonly string[]; flags: F } {
  const shown = (value: unknown): unknown => (typeof value === 'string' ? redactor.text(value) : value)
  const entries = Object.entries(flags as object).map(([key, value]) => [key, shown(value)])
  return { words: words.map((word) => redactor.text(word)), flags: Object.fromEntries(entries) as F }
}

/** How failures name the command that finds their cause, once it is in the table. */
function whyOf({ words, flags }: { readonly words: readonly string[]; readonly flags: object }): {
  readonly hasWhy: boolean
  readonly torrentPath?: string
} {
  const { torrent = words.find(isTorrentFile) } = flags as { readonly torrent?: string }
  const hasWhy = (COMMAND_NAMES as readonly string[]).includes('why')
  return { hasWhy, ...(torrent === undefined || torrent === '-' ? {} : { torrentPath: torrent }) }
}

/** A renderer of the values that `--write-out` asks for. */
type Template = (report: object) => string

/** @throws PeerError E_USAGE for a template with a path that the document does not have */
export async function templateOf(document: Schema, flags: OutputFlags): Promise<Template | undefined> {
  if (flags.writeOut === undefined) return undefined
  if (chosenFormat(flags) !== undefined || flags.format !== undefined) {
    throw usage('-w and another form of the report both want stdout', 'leave out one of them')
  }
  const { parseTemplate, renderTemplate } = await import('../../report/template.ts')
  const template = parseTemplate(flags.writeOut, document)
  return (report) => renderTemplate(template, report)
}

function formatOf(flags: OutputFlags): Format {
  return chosenFormat(flags) ?? (flags.quiet > 0 ? 'none' : (flags.format ?? 'text'))
}

async function print<F extends Flags, Options, Report extends Envelope<string>>(
  row: CommandRow<F, Options, Report>,
  report: Report,
  asked: { readonly words: readonly string[]; readonly flags: FlagValues<F> & OutputFlags },
  format: Format | Template,
  env: CliEnv,
): Promise<void> {
  const { flags } = asked
  const stream = row.dataOnStdout?.(flags) === true ? env.stderr : env.stdout
  // whoever closed the pipe of the data wants no more of anything
  if (stream === env.stderr && env.readerGone.aborted) return
  if (typeof format === 'function') return stream.write(format(report))
  if (format === 'none' || format === 'ndjson') return
  if (format === 'line') {
    const { renderLines } = await import('../../report/text/line.ts')
    return stream.write(renderLines(report, paperOf(flags, stream, env)))
  }
  if (format !== 'text') return env.stdout.write(FORMATS[format].render(report))
  const render = await row.text()
  await stream.write(
    render(report, { ...paperOf(flags, stream, env), verbose: flags.verbose, ...whyOf(asked) }, asked),
  )
}

/** With `-q`, why the exit code is not 0, in one line; a wrong command line is never silent. */
async function printReason(
  report: Envelope<string>,
  name: string,
  { quiet }: OutputFlags,
  { stderr }: CliEnv,
): Promise<void> {
  const { exitCode } = report
  if (quiet === 0 || exitCode === 0 || (quiet > 1 && exitCode !== USAGE)) return
  const { renderReason } = await import('../../report/text/line.ts')
  await stderr.write(renderReason(report, name))
}

const USAGE = 2

/** @throws PeerError E_USAGE for the first required flag that is missing */
function checkRequired(flags: Flags, values: { readonly [key: string]: unknown }): void {
  const isGiven = (key: string) => values[key] !== undefined && values[key] !== ''
  for (const [key, { required }] of Object.entries(flags)) {
    if (required === undefined || isGiven(key)) continue
    if (required.unless === undefined || !isGiven(required.unless)) {
      throw usage(required.missing, required.hint)
    }
  }
}

/** A controller that is aborted with the signal, and that can be aborted earlier. */
function stoppedWith(signal: AbortSignal): AbortController {
  const controller = new AbortController()
  const forward = () => controller.abort(signal.reason)
  if (signal.aborted) forward()
  signal.addEventListener('abort', forward, { once: true })
  return controller
}
