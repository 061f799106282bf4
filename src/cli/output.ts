import type { CliEnv, OutputStream } from './env.ts'
import type { OutputFlags } from './flags.ts'

/** Colours are for terminals, unless a flag or the user's environment says otherwise; the flag wins, then NO_COLOR. */
export function useColor(choice: OutputFlags['color'], stream: OutputStream, { variables }: CliEnv): boolean {
  if (choice === false) return false
  if (choice !== 'auto') return choice === 'always'
  if (isSet(variables['NO_COLOR'])) return false
  const force = variables['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return stream.isTty && variables['TERM'] !== 'dumb'
}

/**
 * Prints what a command found: the document, the text, or nothing.
 * @param text renders the report for people
 * @param stream where text goes: stderr when stdout carries data
 */
export async function printReport<Report extends { readonly exitCode: number }>(
  report: Report,
  flags: OutputFlags,
  env: CliEnv,
  render: {
    readonly json: (report: Report) => string
    readonly text: (report: Report, options: { readonly color: boolean; readonly verbose: boolean }) => string
    readonly stream?: OutputStream
  },
): Promise<number> {
  if (flags.json === true) {
    await env.stdout.write(render.json(report))
  } else if (flags.quiet !== true) {
    const stream = render.stream ?? env.stdout
    const color = useColor(flags.color, stream, env)
    await stream.write(render.text(report, { color, verbose: flags.verbose === true }))
  }
  return report.exitCode
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
