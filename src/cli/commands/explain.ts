import { Command } from 'commander'
import { renderJson } from '../../report/json.ts'
import { renderExplainText } from '../../report/text/explain.ts'
import { explain } from '../../run/explain.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, type OutputFlags } from '../flags.ts'
import { usage } from '../options.ts'
import { printReport } from '../output.ts'

const EXAMPLES = `
Examples:
  peerwire explain                      list everything
  peerwire explain 4                    exit code 4, and message 4
  peerwire explain E_HANDSHAKE_CLOSED
  peerwire explain bitfield-spare-bits
  peerwire explain have-all
  peerwire explain -TR3000-             a peer id, or how it begins
`

export function explainCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('explain')
    .description(
      'Say what an exit code, an error code, a finding, a message, a reserved bit or a peer id means.',
    )
    .usage('[options] [CODE]')
    .argument('[words...]', 'what to explain; without it all is listed')
    .addHelpText('after', EXAMPLES)
  return addOutputFlags(command).action(async (words: readonly string[], flags: OutputFlags) => {
    const code = readCode(words)
    const report = explain(code)
    const listing = code === undefined
    done(
      await printReport(report, flags, env, {
        json: renderJson,
        text: (done, { color }) => renderExplainText(done, { color, listing }),
      }),
    )
  })
}

/** One code, also with the word for its kind before it: `exit 4`, `message 20`, `bit 20`. */
function readCode([first, second, ...rest]: readonly string[]): string | undefined {
  if (second === undefined) return first
  const isKind = /^(?:exit|code|exit-?code|error|finding|message|peer-?id|reserved-?bit|bit)$/i.test(
    first ?? '',
  )
  if (!isKind || rest.length > 0) throw usage('more than one code', 'use one code at a time')
  return /bit$/i.test(first ?? '') && /^\d+$/.test(second) ? `bit-${second}` : second
}
