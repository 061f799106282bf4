import { closestWord } from '../../report/explain/closest.ts'
import { serve } from '../../report/model/serve.ts'
import { type ServeEvent, serveEvent } from '../../report/model/serve-event.ts'
import { SERVE_DEFAULTS } from '../../run/defaults.ts'
import type { ChosenFault, ServeOptions, ServeSource } from '../../run/serve/options.ts'
import type { CapturedOptions } from '../files/capture-file.ts'
import type { TracedOptions } from '../files/trace-file.ts'
import { defaultFlag, type FlagValues, optionalFlag, repeatableFlag, switchFlag } from '../command/flag.ts'
import { chosenFormat } from '../command/formats.ts'
import { defineCommand, type Format } from '../command/row.ts'
import { named } from '../command/value-type.ts'
import type { CliEnv } from '../env.ts'
import { CAPTURE_FLAG, OUTPUT_FLAGS, REDACT_FLAG, TRACE_FILE_FLAG } from '../flags/output.ts'
import { sideFile } from '../flags/side-files.ts'
import { totalTimeout } from '../flags/session.ts'
import { ENCRYPTION, FILE, LENGTH, LISTEN, PATH, PIECES, SEED, TEXT, TRANSPORT } from '../flags/types.ts'
import { eventPrinter } from '../event-printer.ts'
import { usage } from '../options.ts'
import { paperOf } from '../output.ts'
import { parsePeerName } from '../parse/peer-name.ts'
import { withRedactedEvents } from '../redaction/trace.ts'
import { learnTorrent } from '../redaction/torrent.ts'
import { servePorts } from '../../library/system-ports.ts'

const NO_TORRENT = {
  missing: 'the torrent is missing',
  hint: 'use -t FILE.torrent --data FOLDER, or --synthetic 1MiB',
  unless: 'synthetic',
} as const

const NO_DATA = {
  missing: 'the data is missing',
  hint: 'use --data with the folder of its files',
  unless: 'synthetic',
} as const

const FAULT = {
  ...named('name[=number]', TEXT),
  completion: async () => {
    const { FAULTS } = await import('../../run/serve/options.ts')
    return ['help', ...FAULTS.map(({ name }) => name)]
  },
}

const FLAGS = {
  torrent: optionalFlag(FILE, 'serve', 'the .torrent to serve', {
    short: 't',
    details: 'It may be v1, v2 or hybrid.',
    required: NO_TORRENT,
  }),
  data: optionalFlag(PATH, 'serve', 'its data: the file, the folder, or the folder that holds it', {
    required: NO_DATA,
  }),
  synthetic: optionalFlag(LENGTH, 'serve', 'generate a torrent of this size instead', {
    details: 'Its data needs no file on disk.',
  }),
  torrentOut: optionalFlag(FILE, 'serve', 'write the .torrent of --synthetic there'),
  force: switchFlag('serve', 'replace that file if it exists'),
  have: optionalFlag(named('pieces', PIECES), 'serve', 'announce only these pieces, such as 0-9,17', {
    details: 'Requests for others are rejected.',
  }),
  once: switchFlag('test', 'stop after one peer', {
    details: 'A peer counts once it is past its handshake; with `--fault` any connection counts.',
  }),
  strict: switchFlag('test', 'report protocol violations by the peer; exit 1 if there are any'),
  fault: repeatableFlag(FAULT, 'test', 'inject a fault (repeatable; --fault help lists them)', {
    details: 'Faults add up; [faults.md](faults.md) has them all.',
  }),
  seed: defaultFlag(SEED, 'test', 'seed of the generated data and of random faults', SERVE_DEFAULTS.seed, {
    details: 'The same number brings the same behavior.',
  }),
  listen: defaultFlag(
    LISTEN,
    'connection',
    'where to listen, HOST:PORT; port 0 takes a free one',
    SERVE_DEFAULTS.listen,
    { details: 'The host is a literal address. The port is printed.' },
  ),
  connect: repeatableFlag(named('peer', TEXT), 'connection', 'dial this peer as well, HOST:PORT, repeatable'),
  encryption: defaultFlag(
    ENCRYPTION,
    'connection',
    'auto, off, prefer or require: for --connect; off also refuses incoming MSE, require incoming plaintext',
    SERVE_DEFAULTS.encryption,
    { details: 'See [encryption](serving.md#encryption).' },
  ),
  transport: optionalFlag(
    TRANSPORT,
    'connection',
    'tcp or utp, to dial and to listen on (default: dial tcp, listen on both)',
  ),
  timeout: totalTimeout(Number.POSITIVE_INFINITY),
  ndjson: switchFlag('output', 'print events as they happen, one JSON object per line'),
  text: switchFlag('output', 'lines for people, which is the default'),
  traceFile: TRACE_FILE_FLAG,
  capture: CAPTURE_FLAG,
  redact: REDACT_FLAG,
  ...OUTPUT_FLAGS,
}

type ServeFlags = FlagValues<typeof FLAGS>

export const command = defineCommand({
  description: 'Serve a torrent to clients under test: report what they do wrong, or inject faults.',
  insteadOfWords: 'use -t FILE.torrent --data FOLDER',
  flags: FLAGS,
  examples: [
    'serve -t debian.torrent --data ~/Downloads',
    'serve --synthetic 1GiB --torrent-out test.torrent',
    'serve --synthetic 4MiB --torrent-out test.torrent --strict --once',
    'serve -t x.torrent --data . --fault corrupt=3 --fault slow=64KiB',
    'serve -t x.torrent --data . --connect 10.0.0.7:51413 --transport utp',
    'serve --fault help',
  ],
  page: ['Serving', 'serving.md'],
  document: serve,
  eventDocument: serveEvent,
  answer: async (flags, env) => {
    if (!flags.fault.includes('help')) return undefined
    const [{ renderFaultList }, { FAULTS }] = await Promise.all([
      import('../../report/text/serve/serve.ts'),
      import('../../run/serve/options.ts'),
    ])
    return renderFaultList(FAULTS, paperOf(flags, env.stdout, env))
  },
  format: chooseFormat,
  options: async (_, flags, env) => {
    const others = { '--torrent-out': flags.torrentOut }
    return {
      faults: await Promise.all(flags.fault.map(chooseFault)),
      source: await readSource(flags, env),
      have: flags.have,
      listen: flags.listen,
      connect: flags.connect.map((text) => parsePeerName(text)),
      encryption: flags.encryption,
      transport: flags.transport,
      once: flags.once,
      strict: flags.strict,
      seed: flags.seed,
      timeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
      traceFile: sideFile('--trace-file', flags.traceFile, others, flags, env),
      captureFile: sideFile(
        '--capture',
        flags.capture,
        { ...others, '--trace-file': flags.traceFile },
        flags,
        env,
      ),
      torrentOutput:
        flags.torrentOut === undefined ? undefined : { path: flags.torrentOut, force: flags.force },
    }
  },
  live: async (flags, env, stop) => {
    // being stopped is not an error: the result is what was served until then
    env.readerGone.addEventListener('abort', () => stop.abort('the reader of stdout is gone'), {
      once: true,
    })
    // without a working log, do not continue to serve
    const printer = await eventPrinter(
      flags.writeOut === undefined ? chooseFormat(flags) : 'none',
      flags,
      env,
      (error) => stop.abort(error),
    )
    const { emit } = printer
    const { redactor } = env
    const onEvent =
      emit === undefined || redactor === undefined
        ? emit
        : (event: ServeEvent) => emit(redactor.document<ServeEvent>(serveEvent, event))
    return { options: { onEvent }, end: printer.end }
  },
  useCase: async (options: Omit<ServeOptions, 'capture'> & CapturedOptions & TracedOptions, ports) => {
    const [{ serve }, { withCaptureFile }, { withTraceFile }, system] = await Promise.all([
      import('../../run/serve/serve.ts'),
      import('../files/capture-file.ts'),
      import('../files/trace-file.ts'),
      ports(),
    ])
    const loaded = await servePorts(system)
    const { redactor, source } = options
    if (redactor !== undefined && source.type === 'files') learnTorrent(source.metainfo, redactor.pseudonyms)
    return withCaptureFile(
      (capture, finishCapture) =>
        withTraceFile(
          (traced, finishTrace) => {
            const finish = async () => (await finishTrace()) ?? (await finishCapture())
            return serve({ ...withRedactedEvents(traced), capture, finish }, loaded)
          },
          options,
          system,
        ),
      options,
      system,
    )
  },
  text: async () => (await import('../../report/text/serve/serve.ts')).renderServeText,
})

async function chooseFault(text: string): Promise<ChosenFault> {
  const { FAULTS, parseFault } = await import('../../run/serve/options.ts')
  const [name = ''] = text.split('=', 1)
  const names = FAULTS.map((fault) => fault.name)
  const closest = names.includes(name) ? undefined : closestWord(name, names)
  if (closest === undefined) return parseFault(text)
  throw usage(`unknown fault "${name}"`, `did you mean ${closest}? --fault help lists all`)
}

/** Text, unless a flag says otherwise: a pipe gets the same lines as a terminal. */
function chooseFormat(flags: ServeFlags): Format {
  const document = chosenFormat(flags)
  const wanted = [...(document === undefined ? [] : [document]), ...STREAMED.filter((name) => flags[name])]
  const [first, second] = wanted
  if (second !== undefined) {
    throw usage('--json, --ndjson and --text all want stdout', 'use one of them')
  }
  if (first !== undefined) return first
  return flags.quiet > 0 ? 'none' : (flags.format ?? 'text')
}

/** Formats that are printed event by event. */
const STREAMED = ['ndjson', 'text'] as const

async function readSource(flags: ServeFlags, env: CliEnv): Promise<ServeSource> {
  const { torrent, data, synthetic, torrentOut } = flags
  if (synthetic !== undefined) {
    if (torrent !== undefined || data !== undefined)
      throw usage('--synthetic makes up its own torrent', 'leave out -t and --data, or --synthetic')
    return { type: 'synthetic', length: synthetic }
  }
  if (torrentOut !== undefined) throw usage('--torrent-out is for --synthetic', 'leave it out')
  if (torrent === undefined || data === undefined) throw usage(NO_TORRENT.missing, NO_TORRENT.hint)
  const { targetOfTorrent } = await import('../../run/torrent-target.ts')
  const { torrent: target } = targetOfTorrent(await env.readFile(torrent))
  if (target.metainfo === undefined) throw usage(NO_TORRENT.missing, NO_TORRENT.hint)
  return { type: 'files', metainfo: target.metainfo, dataPath: data }
}
