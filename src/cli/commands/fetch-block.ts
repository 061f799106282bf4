import { Command, Option } from 'commander'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import { renderJson } from '../../report/json.ts'
import { DOCUMENTS } from '../../report/model/documents.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, addSessionFlags, type SessionFlags, sessionOptions } from '../flags.ts'
import { parseLength, parsePiece, parseRepeat, parseSize, usage } from '../options.ts'
import { printReport } from '../output.ts'
import { tracer } from '../tracer.ts'

interface FetchBlockFlags extends SessionFlags {
  readonly piece?: number
  readonly offset: number
  readonly length: number
  readonly output?: string
  readonly force?: true
  readonly verify?: true
  readonly metadata?: true
  readonly repeat: number
}

const EXAMPLES = `
Examples:
  peerwire fetch-block 192.0.2.7:6881 -t x.torrent --piece 0 -o b.bin --verify
  peerwire fetch-block 192.0.2.7:6881 -t x.torrent --piece 3 -o - | sha1sum
  peerwire fetch-block 192.0.2.7:6881 -i HASH --metadata --piece 3 -o b --verify
  peerwire fetch-block [2001:db8::1]:6881 -t x.torrent --piece 0 \\
    --offset 16KiB --length 1MiB -o b.bin --repeat 20
`

export function fetchBlockCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('fetch-block')
    .description('Fetch bytes of one piece from one peer, time the answers, and write the bytes to a file.')
    .addHelpText('after', EXAMPLES)
  addSessionFlags(command)
    .option('--piece <index>', 'the piece', parsePiece)
    .addOption(new Option('--offset <size>', 'first byte within the piece').argParser(parseSize).default(0))
    .addOption(
      new Option('--length <size>', 'how many bytes').argParser(parseLength).default(16_384, '16KiB'),
    )
    .option('-o, --output <file>', 'a new file, or - for stdout')
    .option('--force', 'replace the file when it exists')
    .option('--verify', 'fetch what is needed to prove the bytes against the torrent')
    .option('--metadata', 'fetch the metadata from the peer first when there is no .torrent')
    .addOption(
      new Option('--repeat <times>', 'fetch the bytes so many times, to time it')
        .argParser(parseRepeat)
        .default(1),
    )
  return addOutputFlags(command).action(async (words: readonly string[], flags: FetchBlockFlags) => {
    done(await run(words, flags, env))
  })
}

async function run(words: readonly string[], flags: FetchBlockFlags, env: CliEnv): Promise<number> {
  const expectations = (flags.expect ?? []).map((text) => parseExpectation(text, DOCUMENTS['fetch-block']))
  const { piece, output, offset, length, repeat } = flags
  if (piece === undefined)
    throw usage('the piece is missing', 'type --piece and its index, such as --piece 0')
  if (output === undefined || output === '') {
    throw usage('the output is missing', 'type -o and a file, or -o - for stdout')
  }
  if (flags.json === true && output === '-') {
    throw usage('--json and -o - both want stdout', 'type -o and a file, or leave out --json')
  }
  const session = await sessionOptions(words, flags, env)
  const report = await env.useCases.fetchBlock(
    {
      ...session,
      piece,
      offset,
      length,
      output,
      repeat,
      force: flags.force === true,
      verify: flags.verify === true,
      metadata: flags.metadata === true,
      trace: await tracer(flags, env),
    },
    env.signal,
  )
  const { renderFetchBlockText } = await import('../../report/text/fetch-block.ts')
  return printReport(withExpectations(report, expectations), flags, env, {
    json: renderJson,
    text: renderFetchBlockText,
    stream: output === '-' ? env.stderr : env.stdout,
  })
}
