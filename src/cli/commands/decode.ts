import { decode, type DecodeReport } from '../../report/model/decode.ts'
import type { ReadingProgress } from '../../report/model/progress.ts'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import type { DecodeOptions } from '../../run/decode/options.ts'
import type { TorrentTarget } from '../../run/options.ts'
import { optionalFlag, switchFlag } from '../command/flag.ts'
import { defineCommand } from '../command/row.ts'
import { named } from '../command/value-type.ts'
import type { CapturedOptions } from '../files/capture-file.ts'
import type { CliEnv } from '../env.ts'
import { OUTPUT_FLAGS } from '../flags/output.ts'
import { withRedactedTrace } from '../redaction/trace.ts'
import { TARGET_FLAGS, TRACE_FLAGS } from '../flags/session.ts'
import { sideFile } from '../flags/side-files.ts'
import { CONNECTION, FILE, TEXT } from '../flags/types.ts'
import { usage } from '../options.ts'
import { openedInput } from '../parse/opened-input.ts'
import { familyOf, parsePeerName } from '../parse/peer-name.ts'
import { progressLine } from '../progress-line.ts'
import { tracer } from '../tracer.ts'

export const command = defineCommand({
  description:
    'Dissect a capture, a trace, or the bytes of one direction: the messages, what is wrong with them, and the report that a live session would give.',
  words: {
    usage: '[FILE]',
    description: 'pcap, pcapng, a trace or a stream of messages; - or nothing is stdin',
    completion: 'file',
  },
  flags: {
    hex: switchFlag('target', 'the input is hex text, one direction from a handshake or message on'),
    connection: optionalFlag(CONNECTION, 'target', 'report on this connection of a capture', {
      details: 'Without it, the only BitTorrent connection is reported on, or all are listed.',
    }),
    filter: optionalFlag(named('peer', TEXT), 'target', 'only connections with this end, HOST:PORT'),
    infoHash: TARGET_FLAGS.infoHash,
    torrent: TARGET_FLAGS.torrent,
    trace: TRACE_FLAGS.trace,
    capture: optionalFlag(FILE, 'output', 'write the connections as a capture to a new pcapng file', {
      details: 'See [writing it again](decoding.md#writing-it-again).',
    }),
    report: TRACE_FLAGS.report,
    redact: TRACE_FLAGS.redact,
    expect: TRACE_FLAGS.expect,
    ...OUTPUT_FLAGS,
  },
  examples: [
    'decode session.pcapng',
    'decode session.pcapng --connection 2 --trace',
    'decode session.pcapng --filter 192.0.2.7:6881 -t x.torrent --json',
    ['decode theirs.pcap --redact --capture clean.pcapng', 'fit to be shared'],
    ['decode session.ndjson', 'the report of a trace'],
    ['decode bytes.txt --hex', 'the messages in hex text'],
  ],
  page: ['Decoding', 'decoding.md'],
  document: decode,
  check: ({ expect }, document) => {
    const expectations = expect.map((text) => parseExpectation(text, document))
    return async (report: DecodeReport) => {
      const { verdictOf } = await import('../../report/judge.ts')
      return withExpectations(report, expectations, verdictOf)
    }
  },
  options: async (words, flags, env): Promise<Omit<DecodeOptions, 'rewrite'> & CapturedOptions> => {
    const [name = '-', more] = words
    if (more !== undefined) throw usage('more than one input', 'decode one file at a time')
    const { hex, connection, filter } = flags
    return {
      name,
      hex,
      connection,
      filter: filter === undefined ? undefined : readFilter(filter),
      torrent: await readTorrent(flags, env),
      trace: await tracer(flags, env),
      captureFile: sideFile(
        '--capture',
        flags.capture,
        { FILE: name, '--torrent': flags.torrent, '--report': flags.report },
        flags,
        env,
      ),
      totalBytes: name === '-' ? undefined : await env.fileSize(name),
      chunks: await openedInput(name, env.readChunks(name, 'use the path of a capture or a trace')),
    }
  },
  live: (flags, env) => {
    const startedAt = performance.now()
    return progressLine(env, flags, async () => {
      const { renderReading } = await import('../../report/text/progress.ts')
      return (progress: ReadingProgress, paper) =>
        renderReading(progress, performance.now() - startedAt, paper)
    })
  },
  // it needs no network
  useCase: async (options: Omit<DecodeOptions, 'rewrite'> & CapturedOptions, ports) => {
    const { decode } = await import('../../run/decode/decode.ts')
    const traced = withRedactedTrace(options)
    if (options.captureFile === undefined) return decode(traced)
    const { withRewrittenCapture } = await import('../files/rewritten-capture.ts')
    return withRewrittenCapture((rewrite) => decode({ ...traced, rewrite }), options, ports)
  },
  text: async () => (await import('../../report/text/decode.ts')).renderDecodeText,
})

function readFilter(text: string): NonNullable<DecodeOptions['filter']> {
  const peer = parsePeerName(text)
  // packets have addresses, and a name may have had others when they were captured
  if (familyOf(peer) === undefined)
    throw usage(`${peer.host} is not an address`, 'use --filter with an address')
  return { address: peer.host, port: peer.port }
}

async function readTorrent(
  { infoHash, torrent }: { readonly infoHash: string | undefined; readonly torrent: string | undefined },
  env: CliEnv,
): Promise<TorrentTarget | undefined> {
  if (infoHash === undefined && torrent === undefined) return undefined
  if (infoHash !== undefined && torrent !== undefined)
    throw usage('the torrent is given twice', 'use --info-hash or --torrent, not both')
  if (torrent === undefined) {
    const { targetOfHash } = await import('../../run/target.ts')
    return targetOfHash(infoHash ?? '').torrent
  }
  const { targetOfTorrent } = await import('../../run/torrent-target.ts')
  return targetOfTorrent(await env.readFile(torrent)).torrent
}
