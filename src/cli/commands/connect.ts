import { Command, Option } from 'commander'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import { renderJson } from '../../report/json.ts'
import { DOCUMENTS } from '../../report/model/documents.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, addSessionFlags, type SessionFlags, sessionOptions } from '../flags.ts'
import { parseDuration } from '../options.ts'
import { printReport } from '../output.ts'
import { tracer } from '../tracer.ts'

interface ConnectFlags extends SessionFlags {
  readonly interested?: true
  readonly bitfield?: true
  readonly settle: number
  readonly wait: number
}

const EXAMPLES = `
Examples:
  peerwire connect 192.0.2.7:6881 -t debian.torrent
  peerwire connect seed.example:6881 -i 0123456789abcdef0123456789abcdef01234567
  peerwire connect [2001:db8::1]:6881 -i 'magnet:?xt=urn:btih:...' --interested
  peerwire connect 192.0.2.7:6881 -t x.torrent -q --expect 'exitCode=4'
`

export function connectCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('connect')
    .description('Connect to one peer, listen, and report who it is and what it claims to have.')
    .addHelpText('after', EXAMPLES)
  addSessionFlags(command)
    .option('--interested', 'also say interested and wait to be unchoked')
    .option('--bitfield', 'also print which pieces it has, as ranges')
    .addOption(duration('--settle <time>', 'how long the line must be quiet before we close', 300))
    .addOption(duration('--wait <time>', 'how long to wait for what was negotiated', 5000))
  return addOutputFlags(command).action(async (words: readonly string[], flags: ConnectFlags) => {
    done(await run(words, flags, env))
  })
}

async function run(words: readonly string[], flags: ConnectFlags, env: CliEnv): Promise<number> {
  const expectations = (flags.expect ?? []).map((text) => parseExpectation(text, DOCUMENTS.connect))
  const session = await sessionOptions(words, flags, env)
  const report = await env.useCases.connect(
    {
      ...session,
      interested: flags.interested === true,
      settleMs: flags.settle,
      waitMs: flags.wait,
      trace: await tracer(flags, env),
    },
    env.signal,
  )
  const { renderConnectText } = await import('../../report/text/connect.ts')
  return printReport(withExpectations(report, expectations), flags, env, {
    json: renderJson,
    text: (done, options) => renderConnectText(done, { ...options, ranges: flags.bitfield === true }),
  })
}

function duration(flags: string, description: string, defaultMs: number): Option {
  const shown = defaultMs < 1000 ? `${defaultMs}ms` : `${defaultMs / 1000}s`
  return new Option(flags, description).argParser(parseDuration).default(defaultMs, shown)
}
