import type { SessionDocument } from '../../report/judge.ts'
import type { Schema } from '../../base/schema/schema.ts'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import { SESSION_DEFAULTS } from '../../run/defaults.ts'
import type { PeerName, SessionOptions, TargetOptions } from '../../run/options.ts'
import {
  defaultFlag,
  type FlagValues,
  offFlag,
  optionalFlag,
  repeatableFlag,
  switchFlag,
} from '../command/flag.ts'
import type { Words } from '../command/row.ts'
import { named } from '../command/value-type.ts'
import type { CliEnv } from '../env.ts'
import { usage } from '../options.ts'
import { familyOf } from '../parse/peer-name.ts'
import type { Target } from '../../run/target.ts'
import { isTorrentFile, isTorrentName, type NamedInWords, readWords } from '../parse/words.ts'
import type { CapturedOptions } from '../files/capture-file.ts'
import type { TracedOptions } from '../files/trace-file.ts'
import { tracer } from '../tracer.ts'
import { CAPTURE_FLAG, OUTPUT_FLAGS, REDACT_FLAG, TRACE_FILE_FLAG, TRACE_FLAG } from './output.ts'
import { sideFile } from './side-files.ts'
import * as types from './types.ts'

const HASH = named('hash', types.TEXT)
const EXPRESSION = { ...named('expr', types.TEXT), completion: 'document-path' } as const

/** Flags that name the torrent, and how to reach the peer. */
/** Which torrent, and from where to connect. */
export const TARGET_FLAGS = {
  infoHash: optionalFlag(HASH, 'target', 'the torrent: 40 or 64 hex, 32 base32, or a magnet link', {
    short: 'i',
    details: 'A `1220...` multihash is read too.',
  }),
  torrent: optionalFlag(types.FILE, 'target', 'the torrent: a .torrent file, or - for stdin', {
    short: 't',
    details: 'It adds the piece count and what verification needs.',
  }),
  ipv4: switchFlag('connection', 'IPv4 only', { short: '4' }),
  ipv6: switchFlag('connection', 'IPv6 only', { short: '6' }),
  source: optionalFlag(types.SOURCE, 'connection', 'local address to connect from'),
} as const

const LIMIT_FLAGS = {
  connectTimeout: defaultFlag(
    types.TIMEOUT,
    'limits',
    'for each address that is tried',
    SESSION_DEFAULTS.connectTimeoutMs,
  ),
  handshakeTimeout: defaultFlag(
    types.TIMEOUT,
    'limits',
    'for the handshake of the peer',
    SESSION_DEFAULTS.handshakeTimeoutMs,
  ),
  unchokeTimeout: defaultFlag(
    types.TIMEOUT,
    'limits',
    'for being unchoked',
    SESSION_DEFAULTS.unchokeTimeoutMs,
  ),
} as const

/** Flags about what happens, and checks of it. */
export const TRACE_FLAGS = {
  trace: TRACE_FLAG,
  traceFile: TRACE_FILE_FLAG,
  capture: CAPTURE_FLAG,
  report: optionalFlag(types.FILE, 'output', 'write the whole report to a new .html, .txt or .json file', {
    details: 'See [the report file](output.md#report-file).',
  }),
  redact: REDACT_FLAG,
  expect: repeatableFlag(EXPRESSION, 'output', 'a check on the JSON document, repeatable', {
    details: 'See [expectations](output.md#expectations).',
  }),
} as const

/** Flags of every command that is about one torrent at one peer. */
export const PEER_FLAGS = {
  ...TARGET_FLAGS,
  ...LIMIT_FLAGS,
  timeout: totalTimeout(Number.POSITIVE_INFINITY),
  ...TRACE_FLAGS,
  ...OUTPUT_FLAGS,
}

export type PeerFlags = FlagValues<typeof PEER_FLAGS>

/** Flags of every command that holds sessions: the torrent, how to connect, and how long to wait. */
export const CONNECTION_FLAGS = {
  ...TARGET_FLAGS,
  peerId: optionalFlag(types.PEER_ID, 'connection', 'our peer id: 20 bytes, or a prefix such as -XX0000-', {
    details: '40 hex digits are 20 bytes.',
  }),
  fast: offFlag('connection', 'do not offer the fast extension (BEP 6)'),
  extensions: offFlag('connection', 'do not offer the extension protocol (BEP 10)'),
  dht: switchFlag('connection', 'set the DHT bit (BEP 5)'),
  v2: switchFlag('connection', 'offer to upgrade a hybrid torrent to v2 (BEP 52)'),
  encryption: defaultFlag(
    types.ENCRYPTION,
    'connection',
    'auto, off, prefer or require',
    SESSION_DEFAULTS.encryption,
    { details: 'See [encryption](sessions.md#encryption).' },
  ),
  transport: defaultFlag(types.TRANSPORT_MODE, 'connection', 'auto, tcp or utp', SESSION_DEFAULTS.transport, {
    details: 'See [transport](sessions.md#transport).',
  }),
  proxy: optionalFlag(types.PROXY, 'connection', 'socks5://[user:pass@]host:port', {
    details: 'For TCP only; see [proxies](sessions.md#utp-and-proxies).',
  }),
  ...LIMIT_FLAGS,
} as const

/** Flags of every command that holds a session with one peer. */
export const SESSION_FLAGS = {
  ...CONNECTION_FLAGS,
  timeout: totalTimeout(SESSION_DEFAULTS.totalTimeoutMs),
  ...TRACE_FLAGS,
  ...OUTPUT_FLAGS,
}

export type SessionFlags = FlagValues<typeof SESSION_FLAGS>

export const SESSION_WORDS: Words = {
  usage: 'PEER [TORRENT]',
  description: 'PEER is HOST:PORT, 1.2.3.4:6881 or [2001:db8::1]:6881; TORRENT is what -i or -t takes',
  completion: 'file',
}

/** @param defaultMs infinity for none */
export function totalTimeout(defaultMs: number) {
  return defaultFlag(types.TOTAL_TIMEOUT, 'limits', 'for the whole command, or none', defaultMs)
}

/** Parses `--expect` into a check of a report. @throws PeerError E_BAD_EXPECTATION */
export function readExpectations({ expect }: Pick<PeerFlags, 'expect'>, document: Schema) {
  const expectations = expect.map((text) => parseExpectation(text, document))
  return async <R extends SessionDocument>(report: R): Promise<R> => {
    // a scan checks thousands of reports
    if (expectations.length === 0) return report
    const { verdictOf } = await import('../../report/judge.ts')
    return withExpectations(report, expectations, verdictOf)
  }
}

/**
 * The peer, the torrent and the limits from the positional arguments and the flags.
 * @throws PeerError for flags that contradict each other, and for a torrent that cannot be read
 */
export async function peerOptions(
  words: readonly string[],
  flags: PeerFlags & OwnFiles,
  env: CliEnv,
): Promise<TargetOptions & TracedOptions & CapturedOptions> {
  // not needed for the help
  const { choosePeers } = await import('../../run/target.ts')
  const named = readWords(words)
  const target = await readTarget(named, flags, env)
  const { peer, otherPeers } = choosePeers(named.peer, target)
  const { traceFile, capture, output, report } = flags
  const others = { '-t': named.torrent ?? flags.torrent, '-o': output, '--report': report }
  return {
    peer,
    otherPeers,
    torrent: target.torrent,
    family: chooseFamily(peer, flags),
    source: flags.source,
    ...limitOptions(flags),
    totalTimeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
    traceFile: sideFile('--trace-file', traceFile, others, flags, env),
    captureFile: sideFile('--capture', capture, { ...others, '--trace-file': traceFile }, flags, env),
    trace: await tracer(flags, env),
  }
}

/**
 * Session options from the positional arguments and the flags.
 * @throws PeerError for flags that contradict each other, and for a torrent that cannot be read
 */
export async function sessionOptions(
  words: readonly string[],
  flags: SessionFlags & OwnFiles,
  env: CliEnv,
): Promise<SessionOptions & TracedOptions & CapturedOptions> {
  const { checkSessionOptions } = await import('../../run/options.ts')
  const options = { ...(await peerOptions(words, flags, env)), ...connectionOptions(flags) }
  checkSessionOptions(options)
  return options
}

/** What the flags say about every connection, whatever the peer and the torrent are. */
export function connectionOptions(flags: FlagValues<typeof CONNECTION_FLAGS>) {
  const { fast, extensions, dht, v2, encryption, transport, proxy, peerId } = flags
  return {
    features: { fast, extensions, dht, v2 },
    encryption,
    transport,
    proxy,
    peerId,
    source: flags.source,
    ...limitOptions(flags),
  }
}

function limitOptions(flags: FlagValues<typeof LIMIT_FLAGS>) {
  return {
    connectTimeoutMs: flags.connectTimeout,
    handshakeTimeoutMs: flags.handshakeTimeout,
    unchokeTimeoutMs: flags.unchokeTimeout,
  }
}

/** Flags of commands that write their own files. */
interface OwnFiles {
  readonly output?: string | undefined
  readonly force?: boolean
}

async function readTarget(named: NamedInWords, flags: PeerFlags, env: CliEnv): Promise<Target> {
  const target = await findTarget(named, flags, env)
  if (target !== undefined) return target
  throw usage(
    'the torrent is missing',
    'use -i with its hash or magnet link, or -t FILE.torrent (reach needs neither)',
  )
}

/** The torrent that the words or the flags name; undefined if they name none. @throws as `sessionOptions` */
export async function findTarget(
  named: Pick<NamedInWords, 'infoHash' | 'torrent'>,
  flags: Pick<PeerFlags, 'infoHash' | 'torrent'>,
  env: CliEnv,
): Promise<Target | undefined> {
  const given = [named.infoHash, named.torrent, flags.infoHash, flags.torrent]
  if (given.filter((text) => text !== undefined).length > 1) {
    throw usage('the torrent is given twice', 'use --info-hash or --torrent, not both')
  }
  const infoHash = flags.infoHash ?? named.infoHash
  const torrent = flags.torrent ?? named.torrent
  if (torrent !== undefined) checkFileName(torrent)
  if (infoHash !== undefined && isTorrentFile(infoHash)) {
    throw usage(`${infoHash.slice(0, 80)} is a file, not an info hash`, `use -t ${infoHash.slice(0, 80)}`)
  }
  if (torrent !== undefined) {
    const { targetOfTorrent } = await import('../../run/torrent-target.ts')
    return targetOfTorrent(await env.readFile(torrent))
  }
  const { targetOfHash } = await import('../../run/target.ts')
  return infoHash === undefined ? undefined : targetOfHash(infoHash)
}

/** @throws PeerError E_USAGE for a torrent that is not a file name; a link is not repeated, because it may contain a passkey */
function checkFileName(torrent: string): void {
  if (/^magnet:/i.test(torrent)) throw usage('-t is given a magnet link', 'use -i with the link')
  if (isTorrentName(torrent)) throw usage('-t is given an info hash', `use -i ${torrent}`)
  if (/^https?:/i.test(torrent)) {
    throw usage('-t is given a web address', 'download the file first, and use -t with its path')
  }
}

/** The family that `-4` or `-6` selects. @throws PeerError E_USAGE if it is not that of the address of the peer */
export function chooseFamily(peer: PeerName, flags: Pick<PeerFlags, 'ipv4' | 'ipv6'>): 4 | 6 | undefined {
  const wanted = wantedFamily(flags)
  checkFamily(peer, wanted)
  return wanted
}

/** The family that `-4` or `-6` selects, whatever the peer. @throws PeerError E_USAGE */
export function wantedFamily({ ipv4, ipv6 }: Pick<PeerFlags, 'ipv4' | 'ipv6'>): 4 | 6 | undefined {
  if (ipv4 && ipv6) throw usage('-4 and -6 leave no address', 'use one of them, or neither')
  return ipv4 ? 4 : ipv6 ? 6 : undefined
}

/** @throws PeerError E_USAGE if the peer has an address of another family */
export function checkFamily(peer: PeerName, wanted: 4 | 6 | undefined): void {
  const literal = familyOf(peer)
  if (wanted !== undefined && literal !== undefined && wanted !== literal) {
    throw usage(`${peer.input} is an IPv${literal} address`, `leave out -${wanted}`)
  }
}
