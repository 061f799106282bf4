import { reach } from '../../report/model/reach.ts'
import { defineCommand, type Words } from '../command/row.ts'
import { OUTPUT_FLAGS } from '../flags/output.ts'
import { chooseFamily, readExpectations, SESSION_FLAGS } from '../flags/session.ts'
import { sideFile } from '../flags/side-files.ts'
import { usage } from '../options.ts'
import { readWords } from '../parse/words.ts'
import type { ReachProgress } from '../../run/reach/options.ts'
import { progressLine } from '../progress-line.ts'
import { tracer } from '../tracer.ts'
import { onSession } from '../wiring.ts'

const { ipv4, ipv6, source, connectTimeout, timeout, trace, traceFile, capture, report, redact, expect } =
  SESSION_FLAGS

const WORDS: Words = {
  usage: 'PEER',
  description: 'HOST:PORT, 1.2.3.4:6881 or [2001:db8::1]:6881',
  completion: 'nothing',
}

export const command = defineCommand({
  description:
    'Find out whether a port is open and whether a BitTorrent client answers there, over TCP and uTP, without a torrent.',
  words: WORDS,
  flags: {
    ipv4,
    ipv6,
    source,
    connectTimeout,
    timeout,
    trace,
    traceFile,
    capture,
    report,
    redact,
    expect,
    ...OUTPUT_FLAGS,
  },
  examples: [
    'reach 203.0.113.7:51413',
    ['reach seed.example:6881 -6', 'only over IPv6'],
    ["reach 203.0.113.7:51413 -q --expect 'paths.0.proof=key'", 'a check for a script'],
  ],
  page: ['Reaching a port', 'reach.md'],
  document: reach,
  check: readExpectations,
  options: async (words, flags, env) => {
    const { peer, infoHash, torrent } = readWords(words)
    if (peer === undefined) throw usage('the peer is missing', 'use HOST:PORT after the command')
    if (infoHash !== undefined || torrent !== undefined)
      throw usage('reach needs no torrent', 'leave it out, or use peerwire connect')
    return {
      peer,
      family: chooseFamily(peer, flags),
      source: flags.source,
      connectTimeoutMs: flags.connectTimeout,
      totalTimeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
      traceFile: sideFile('--trace-file', flags.traceFile, { '--report': flags.report }, flags, env),
      captureFile: sideFile(
        '--capture',
        flags.capture,
        { '--report': flags.report, '--trace-file': flags.traceFile },
        flags,
        env,
      ),
      trace: await tracer(flags, env),
    }
  },
  live: (flags, env) =>
    progressLine(env, flags, async () => {
      const [{ describeProbe }, { renderStep }] = await Promise.all([
        import('../../report/probe-words.ts'),
        import('../../report/text/progress.ts'),
      ])
      return ({ number, address, probe }: ReachProgress, paper) =>
        renderStep(`connection ${number}, ${address}: ${describeProbe(probe)}`, paper)
    }),
  useCase: onSession(async () => (await import('../../run/reach/reach.ts')).reach),
  text: async () => (await import('../../report/text/probing/reach.ts')).renderReachText,
})
