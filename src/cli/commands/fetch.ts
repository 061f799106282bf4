import { Command, Option } from 'commander'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import { renderJson } from '../../report/json.ts'
import { DOCUMENTS } from '../../report/model/documents.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, addSessionFlags, type SessionFlags, sessionOptions } from '../flags.ts'
import { parsePieceRanges, parseSample, parseTimeout, usage } from '../options.ts'
import { printReport } from '../output.ts'
import { progressPrinter } from '../progress.ts'
import { tracer } from '../tracer.ts'

interface FetchFlags extends SessionFlags {
  readonly pieces?: readonly (readonly [number, number])[]
  readonly sample?: number
  readonly output?: string
  readonly blockTimeout: number
}

const EXAMPLES = `
Examples:
  peerwire fetch 192.0.2.7:6881 -t x.torrent -o downloads
  peerwire fetch 192.0.2.7:6881 -t x.torrent --pieces 0-9,17 -o downloads
  peerwire fetch 192.0.2.7:6881 -i 'magnet:?xt=urn:btih:...' --sample 20
`

export function fetchCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('fetch')
    .description(
      'Fetch pieces from one peer, each verified as it comes, into their places below a folder. Run again, it goes on where it stopped: what is there is hashed, not trusted.',
    )
    .addHelpText('after', EXAMPLES)
  addSessionFlags(command, Number.POSITIVE_INFINITY)
    .option('-o, --output <folder>', 'the folder for the files of the torrent')
    .option('--pieces <list>', 'these pieces only, such as 0-9,17', parsePieceRanges)
    .option('--sample <count>', 'so many pieces, chosen at random of those it claims', parseSample)
    .addOption(
      new Option('--block-timeout <time>', 'for the next block while requests are out')
        .argParser(parseTimeout)
        .default(30_000, '30s'),
    )
  return addOutputFlags(command).action(async (words: readonly string[], flags: FetchFlags) => {
    done(await run(words, flags, env))
  })
}

async function run(words: readonly string[], flags: FetchFlags, env: CliEnv): Promise<number> {
  const expectations = (flags.expect ?? []).map((text) => parseExpectation(text, DOCUMENTS.fetch))
  const { output, pieces, sample, blockTimeout } = flags
  if (output === '-') throw usage('files cannot go to stdout', 'type -o and a folder')
  if (output === '' || (output === undefined && sample === undefined))
    throw usage('the folder is missing', 'type -o and a folder, or --sample to keep nothing')
  const session = await sessionOptions(words, flags, env)
  const printer = flags.quiet === true || flags.json === true ? undefined : progressPrinter(env.stderr)
  const report = await env.useCases.fetch(
    {
      ...session,
      output,
      pieces,
      sample,
      blockTimeoutMs: blockTimeout,
      progress: printer?.show,
      trace: await tracer(flags, env),
    },
    env.signal,
  )
  printer?.end()
  const { renderFetchText } = await import('../../report/text/fetch.ts')
  return printReport(withExpectations(report, expectations), flags, env, {
    json: renderJson,
    text: renderFetchText,
  })
}
