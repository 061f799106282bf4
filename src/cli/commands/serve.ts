import { Command, Option } from 'commander'
import { closestWord } from '../../report/closest.ts'
import { renderJson } from '../../report/json.ts'
import type { Endpoint } from '../../net/transport.ts'
import type { EncryptionMode } from '../../run/options.ts'
import { parseListen, parsePeerName } from '../parse/peer-name.ts'
import { type ChosenFault, FAULTS, parseFault, type ServeSource } from '../../run/serve/options.ts'
import { targetOfTorrent } from '../parse/target.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, type OutputFlags } from '../flags.ts'
import {
  parseEncryption,
  parseLength,
  parsePieceRanges,
  parseSeed,
  parseRepeated,
  parseTotalTimeout,
  parseTransport,
  usage,
} from '../options.ts'
import { newsPrinter, type ServeOutput } from '../news-printer.ts'
import { printReport } from '../output.ts'

interface ServeFlags extends OutputFlags {
  readonly torrent?: string
  readonly data?: string
  readonly synthetic?: number
  readonly torrentOut?: string
  readonly force?: true
  readonly have?: readonly (readonly [number, number])[]
  readonly listen: Endpoint
  readonly once?: true
  readonly strict?: true
  readonly fault?: readonly string[]
  readonly seed: number
  readonly timeout: number
  readonly connect?: readonly string[]
  readonly encryption: EncryptionMode
  readonly transport?: 'tcp' | 'utp'
  readonly text?: true
  readonly ndjson?: true
}

const EXAMPLES = `
Examples:
  peerwire serve -t debian.torrent --data ~/Downloads
  peerwire serve --synthetic 1GiB --torrent-out test.torrent
  peerwire serve --synthetic 4MiB --torrent-out test.torrent --strict --once
  peerwire serve -t x.torrent --data . --fault corrupt=3 --fault slow=64KiB
  peerwire serve -t x.torrent --data . --connect 10.0.0.7:51413 --transport utp
  peerwire serve --fault help
`

export function serveCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('serve')
    .description('Serve a torrent to clients under test: say what they do wrong, or do wrong on purpose.')
    .addHelpText('after', EXAMPLES)
    .option('-t, --torrent <file>', 'the .torrent to serve')
    .option('--data <path>', 'its data: the file, the folder, or the folder that holds it')
    .addOption(
      new Option('--synthetic <size>', 'make up a torrent of this size instead').argParser(parseLength),
    )
    .option('--torrent-out <file>', 'write the .torrent of --synthetic there')
    .option('--force', 'replace that file when it exists')
    .addOption(new Option('--have <pieces>', 'say to have only these, as 0-9,17').argParser(parsePieceRanges))
    .addOption(
      new Option('--listen <address>', 'where to listen, HOST:PORT; port 0 takes a free one')
        .argParser(parseListen)
        .default({ address: '127.0.0.1', port: 6881, family: 4 }, '127.0.0.1:6881'),
    )
    .addOption(
      new Option('--connect <peer>', 'dial this peer as well, HOST:PORT, repeatable').argParser(
        parseRepeated,
      ),
    )
    .addOption(
      new Option(
        '--encryption <mode>',
        'auto, off, prefer or require: how to dial; off also refuses who dials us with it, require who does without',
      )
        .argParser(parseEncryption)
        .default('auto' as const, 'auto'),
    )
    .addOption(
      new Option(
        '--transport <kind>',
        'tcp or utp, to dial and to listen on (default: dial tcp, listen on both)',
      ).argParser(parseTransport),
    )
    .option('--once', 'end after one peer')
    .option('--strict', 'print every deviation of the other side; exit 1 when there was one')
    .addOption(
      new Option(
        '--fault <name[=number]>',
        'misbehave on purpose, repeatable; help lists the ways',
      ).argParser(parseRepeated),
    )
    .addOption(
      new Option('--seed <number>', 'for made-up data and for what faults do by lot')
        .argParser(parseSeed)
        .default(1),
    )
    .addOption(
      new Option('--timeout <time>', 'for the whole command, or none')
        .argParser(parseTotalTimeout)
        .default(Number.POSITIVE_INFINITY, 'none'),
    )
    .option('--ndjson', 'one JSON object a line, as when stdout is no terminal')
    .option('--text', 'lines for people, also when stdout is no terminal')
  return addOutputFlags(command).action(async (flags: ServeFlags) => {
    done(await run(flags, env))
  })
}

async function run(flags: ServeFlags, env: CliEnv): Promise<number> {
  const { renderFaultList, renderServeText } = await import('../../report/text/serve.ts')
  if (flags.fault?.includes('help') === true) {
    await env.stdout.write(renderFaultList(FAULTS))
    return 0
  }
  const output = chooseOutput(flags, env)
  const faults = (flags.fault ?? []).map(chooseFault)
  const stop = stoppedWith(env.signal)
  // the reason is not an error: what was served until then is the result
  env.readerGone.addEventListener('abort', () => stop.abort('the reader of stdout is gone'), {
    once: true,
  })
  // who cannot log what happens does not serve on unseen
  const printer = await newsPrinter(output, flags.color, env, (error) => stop.abort(error))
  const report = await env.useCases.serve(
    {
      source: await readSource(flags, env),
      have: flags.have,
      listen: flags.listen,
      connect: (flags.connect ?? []).map((text) => parsePeerName(text)),
      encryption: flags.encryption,
      transport: flags.transport,
      once: flags.once === true,
      strict: flags.strict === true,
      faults,
      seed: flags.seed,
      timeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
      torrentOutput:
        flags.torrentOut === undefined ? undefined : { path: flags.torrentOut, force: flags.force === true },
      onNews: printer.news,
    },
    stop.signal,
  )
  await printer.end()
  if (output === 'ndjson') return report.exitCode
  return printReport(report, flags, env, { json: renderJson, text: renderServeText })
}

function chooseFault(text: string): ChosenFault {
  const [name = ''] = text.split('=', 1)
  const names = FAULTS.map((fault) => fault.name)
  const closest = names.includes(name) ? undefined : closestWord(name, names)
  if (closest === undefined) return parseFault(text)
  throw usage(`there is no fault "${name}"`, `did you mean ${closest}? --fault help lists all`)
}

/** A controller that is aborted when the signal is, and may be before. */
function stoppedWith(signal: AbortSignal): AbortController {
  const controller = new AbortController()
  const forward = () => controller.abort(signal.reason)
  if (signal.aborted) forward()
  signal.addEventListener('abort', forward, { once: true })
  return controller
}

/** A terminal gets lines for people, everything else one object a line, unless a flag says what is wanted. */
function chooseOutput({ json, ndjson, text, quiet }: ServeFlags, { stdout }: CliEnv): ServeOutput {
  const wanted = [json, ndjson, text].filter((flag) => flag === true)
  if (wanted.length > 1) throw usage('--json, --ndjson and --text all want stdout', 'type one of them')
  if (json === true) return 'json'
  if (ndjson === true) return 'ndjson'
  if (quiet === true) return 'none'
  return text === true || stdout.isTty ? 'text' : 'ndjson'
}

async function readSource(flags: ServeFlags, env: CliEnv): Promise<ServeSource> {
  const { torrent, data, synthetic, torrentOut } = flags
  if (synthetic !== undefined) {
    if (torrent !== undefined || data !== undefined)
      throw usage('--synthetic makes up its own torrent', 'leave out -t and --data, or --synthetic')
    return { type: 'synthetic', length: synthetic }
  }
  if (torrent === undefined)
    throw usage('the torrent is missing', 'type -t with a .torrent file, or --synthetic 1MiB')
  if (data === undefined)
    throw usage('the data is missing', 'type --data and where the files of the torrent are')
  if (torrentOut !== undefined) throw usage('--torrent-out is for --synthetic', 'leave it out')
  const { torrent: target } = targetOfTorrent(await env.readFile(torrent))
  if (target.metainfo === undefined) throw usage('the torrent is missing', 'type -t with a .torrent file')
  return { type: 'files', metainfo: target.metainfo, dataPath: data }
}
