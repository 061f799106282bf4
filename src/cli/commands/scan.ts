import { scan, scannedConnect, type ScannedPeer, scannedPeer } from '../../report/model/scan.ts'
import { SCAN_DEFAULTS } from '../../run/defaults.ts'
import type { ScanOptions } from '../../run/scan/options.ts'
import { defaultFlag, type FlagValues, optionalFlag, switchFlag } from '../command/flag.ts'
import { chosenFormat } from '../command/formats.ts'
import { defineCommand, type Words } from '../command/row.ts'
import type { CliEnv } from '../env.ts'
import { LISTEN_FLAGS, listenOptions } from '../flags/listen.ts'
import { OUTPUT_FLAGS, REDACT_FLAG } from '../flags/output.ts'
import {
  CONNECTION_FLAGS,
  connectionOptions,
  findTarget,
  readExpectations,
  SESSION_FLAGS,
  totalTimeout,
  wantedFamily,
} from '../flags/session.ts'
import { CONCURRENCY, RATE } from '../flags/types.ts'
import { usage } from '../options.ts'
import { openedInput } from '../parse/opened-input.ts'
import { learnLine } from '../redaction/arguments.ts'
import { checkForms, peerFormOf, printsRecords } from '../scan/form.ts'
import type { ScanPrinter } from '../scan/printer.ts'

const WORDS: Words = {
  usage: 'FILE',
  description: 'one peer per line, HOST:PORT [HASH] [LABEL], with comments after #; - is stdin',
  completion: 'file',
}

const FLAGS = {
  concurrency: defaultFlag(CONCURRENCY, 'connection', 'peers at once', SCAN_DEFAULTS.concurrency, {
    details: 'Fewer where this process may not open as many sockets.',
  }),
  rate: optionalFlag(RATE, 'connection', 'connections started per second, at most'),
  ...LISTEN_FLAGS,
  ...CONNECTION_FLAGS,
  timeout: totalTimeout(Number.POSITIVE_INFINITY),
  expect: SESSION_FLAGS.expect,
  ndjson: switchFlag('output', 'print the document of each peer as it finishes, one per line'),
  redact: REDACT_FLAG,
  csv: switchFlag('output', 'print CSV (RFC 4180), one record per peer'),
  ...OUTPUT_FLAGS,
}

type ScanFlags = FlagValues<typeof FLAGS>

/** The options of the use case, and the printer that they report to. */
interface PrintedScan {
  readonly options: ScanOptions
  readonly printer: ScanPrinter
}

export const command = defineCommand({
  description:
    'Connect to many peers, 256 at once; print one line for each as it finishes, and a summary. Without a torrent, each is tried as reach does.',
  words: WORDS,
  flags: FLAGS,
  examples: [
    'scan peers.txt -t debian.torrent',
    ['scan peers.txt --csv > peers.csv', 'which ports are open'],
    ["scan - -i 0123456789abcdef0123456789abcdef01234567 -w '%{target.input} %{client}\\n'", ''],
    "scan peers.txt -t x.torrent -q --expect 'availability.percent>=100'",
  ],
  page: ['Scanning', 'scanning.md'],
  document: scan,
  eventDocument: scannedPeer,
  printsPeers: true,
  format: (flags) => {
    checkForms(flags)
    return chosenFormat(flags) ?? (flags.quiet > 0 ? 'none' : 'text')
  },
  dataOnStdout: printsRecords,
  options: printedScan,
  live: (_, env, stop) => {
    // being stopped is not an error: the result is what was found until then
    env.readerGone.addEventListener('abort', () => stop.abort('the reader of stdout is gone'), { once: true })
    return { options: {}, end: () => undefined }
  },
  useCase: async ({ options, printer }: PrintedScan, ports) => {
    const [{ scan: run }, { openFileLimit }, system] = await Promise.all([
      import('../../run/scan/scan.ts'),
      import('../../net/open-file-limit.ts'),
      ports(),
    ])
    try {
      return await run(options, { ...system, openFileLimit })
    } finally {
      await printer.end()
    }
  },
  text: async () => {
    const { renderScanText } = await import('../../report/text/scan/scan.ts')
    // below the lines of the peers
    return (report, options, { flags }) =>
      `${printsRecords(flags) || report.peers === 0 ? '' : '\n'}${renderScanText(report, options)}`
  },
})

function isPeer(word: string): boolean {
  return /^(?:\[[0-9a-f:]+\]|[\w.-]+):\d{1,5}$/i.test(word)
}

async function printedScan(words: readonly string[], flags: ScanFlags, env: CliEnv): Promise<PrintedScan> {
  const [path, surplus] = words
  if (path === undefined) throw usage('the list is missing', 'use a file with one HOST:PORT per line')
  if (surplus !== undefined) {
    throw usage('scan takes one list', 'write the peers to a file, and use -i or -t for the torrent')
  }
  if (isPeer(path) && (await env.fileSize(path)) === undefined) {
    throw usage(
      `${path} is a peer, and scan takes a file`,
      `use peerwire reach ${path}, or echo ${path} | peerwire scan -`,
    )
  }
  if (path === '-' && flags.torrent === '-')
    throw usage('FILE and -t both want stdin', 'give one of them a name')
  const torrent = (await findTarget({ infoHash: undefined, torrent: undefined }, flags, env))?.torrent
  // with a torrent, every document is one of connect
  const document = torrent === undefined ? scannedPeer : scannedConnect
  const check = readExpectations(flags, document)
  const session = {
    ...connectionOptions(flags),
    ...listenOptions(flags),
    family: wantedFamily(flags),
  }
  const form = await peerFormOf(flags, env, document)
  const [{ countList, readList }, { isStatusShown, ScanPrinter: Printer }] = await Promise.all([
    import('../scan/list.ts'),
    import('../scan/printer.ts'),
  ])
  const chunks = () => env.readChunks(path, 'use a file with one HOST:PORT per line, or - for stdin')
  const isCounted = path !== '-' && isStatusShown(flags, env) && (await env.fileSize(path)) !== undefined
  const total = isCounted ? await countList(chunks()) : undefined
  const printer = new Printer(form, total, flags, env)
  const { redactor } = env
  const onLine = redactor === undefined ? undefined : (text: string) => learnLine(text, redactor.pseudonyms)
  const onPeer =
    redactor === undefined
      ? printer.onPeer
      : (scanned: ScannedPeer) => printer.onPeer(redactor.report<ScannedPeer>(document, scanned))
  return {
    printer,
    options: {
      peers: readList(await openedInput(path, chunks()), { torrent, session, onLine }),
      session,
      concurrency: flags.concurrency,
      rate: flags.rate,
      totalTimeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
      check,
      onPeer,
      onBadLine: printer.onBadLine,
    },
  }
}
