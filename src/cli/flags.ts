import { type Command, Option } from 'commander'
import type { Proxy } from '../net/transport.ts'
import type { EncryptionMode, PeerName, SessionOptions } from '../run/options.ts'
import { checkSessionOptions } from '../run/session/check-options.ts'
import { familyOf, parseSourceAddress } from './parse/peer-name.ts'
import { choosePeers, type Target, targetOfHash, targetOfTorrent } from './parse/target.ts'
import { isTorrentFile, isTorrentName, type NamedInWords, readWords } from './parse/words.ts'
import type { CliEnv } from './env.ts'
import {
  type ColorChoice,
  parseColor,
  parseEncryption,
  parsePeerId,
  parseRepeated,
  parseProxy,
  parseTimeout,
  parseTotalTimeout,
  parseTransport,
  usage,
} from './options.ts'

/** Flags of every command. */
export interface OutputFlags {
  readonly json?: true
  readonly quiet?: true
  readonly verbose?: true
  /** False for `--no-color`. */
  readonly color: ColorChoice | false
}

/** Flags of every command that holds a session with one peer. */
export interface SessionFlags extends OutputFlags {
  readonly infoHash?: string
  readonly torrent?: string
  readonly connectTimeout: number
  readonly handshakeTimeout: number
  readonly unchokeTimeout: number
  readonly timeout: number
  readonly ipv4?: true
  readonly ipv6?: true
  readonly source?: string
  readonly peerId?: Uint8Array
  readonly fast: boolean
  readonly extensions: boolean
  readonly dht?: true
  readonly v2?: true
  readonly encryption: EncryptionMode
  readonly transport: 'tcp' | 'utp'
  readonly proxy?: Proxy
  readonly trace?: true
  readonly expect?: readonly string[]
}

export function addOutputFlags(command: Command): Command {
  return command
    .option('--json', 'print one JSON document instead of text')
    .option('-q, --quiet', 'print nothing for people: only the exit code tells')
    .option('-v, --verbose', 'show more: where the time went, every attempt')
    .addOption(
      new Option('--color <when>', 'auto, always or never')
        .argParser(parseColor)
        .default('auto' as const, 'auto'),
    )
    .option('--no-color', 'the same as --color never')
}

/** @param timeoutMs default of `--timeout`; infinity for none */
export function addSessionFlags(command: Command, timeoutMs = 60_000): Command {
  return command
    .usage('[options] PEER [TORRENT]')
    .argument(
      '[words...]',
      'PEER is HOST:PORT, 1.2.3.4:6881 or [2001:db8::1]:6881; TORRENT is what -i or -t takes',
    )
    .option('-i, --info-hash <hash>', 'the torrent: 40 or 64 hex, 32 base32, or a magnet link')
    .option('-t, --torrent <file>', 'the torrent: a .torrent file, or - for stdin')
    .option('-4, --ipv4', 'IPv4 only')
    .option('-6, --ipv6', 'IPv6 only')
    .option('--source <address>', 'local address to connect from', parseSourceAddress)
    .option('--peer-id <id>', 'our peer id: 20 bytes, or a prefix as -XX0000-', parsePeerId)
    .option('--no-fast', 'leave out the fast extension (BEP 6)')
    .option('--no-extensions', 'leave out the extension protocol (BEP 10)')
    .option('--dht', 'set the DHT bit (BEP 5)')
    .option('--v2', 'offer a hybrid torrent to go on in v2 (BEP 52)')
    .addOption(
      new Option('--encryption <mode>', 'auto, off, prefer or require')
        .argParser(parseEncryption)
        .default('auto' as const, 'auto'),
    )
    .addOption(
      new Option('--transport <kind>', 'tcp or utp').argParser(parseTransport).default('tcp' as const, 'tcp'),
    )
    .option('--proxy <url>', 'socks5://[user:pass@]host:port', parseProxy)
    .addOption(timeout('--connect-timeout <time>', 'for each address that is tried', 5000))
    .addOption(timeout('--handshake-timeout <time>', 'for the handshake of the peer', 10_000))
    .addOption(timeout('--unchoke-timeout <time>', 'for being unchoked', 35_000))
    .addOption(
      new Option('--timeout <time>', 'for the whole command, or none')
        .argParser(parseTotalTimeout)
        .default(timeoutMs, Number.isFinite(timeoutMs) ? `${timeoutMs / 60_000}m` : 'none'),
    )
    .option('--trace', 'print each message on stderr as it comes and goes')
    .addOption(
      new Option('--expect <expr>', 'a check on the JSON document, repeatable').argParser(parseRepeated),
    )
}

/** A flag for a time-out; its default is shown as it would be typed. */
function timeout(flags: string, description: string, defaultMs: number): Option {
  return new Option(flags, description).argParser(parseTimeout).default(defaultMs, `${defaultMs / 1000}s`)
}

/**
 * What the words after the command and the flags say about the session.
 * @throws PeerError for flags that contradict each other, and for a torrent that cannot be read
 */
export async function sessionOptions(
  words: readonly string[],
  flags: SessionFlags,
  env: CliEnv,
): Promise<Omit<SessionOptions, 'trace'>> {
  const named = readWords(words)
  const target = await readTarget(named, flags, env)
  const { peer, otherPeers } = choosePeers(named.peer, target)
  const options = {
    peer,
    otherPeers,
    torrent: target.torrent,
    features: {
      fast: flags.fast,
      extensions: flags.extensions,
      dht: flags.dht === true,
      v2: flags.v2 === true,
    },
    encryption: flags.encryption,
    transport: flags.transport,
    proxy: flags.proxy,
    peerId: flags.peerId,
    family: chooseFamily(peer, flags),
    source: flags.source,
    connectTimeoutMs: flags.connectTimeout,
    handshakeTimeoutMs: flags.handshakeTimeout,
    unchokeTimeoutMs: flags.unchokeTimeout,
    totalTimeoutMs: Number.isFinite(flags.timeout) ? flags.timeout : undefined,
  }
  checkSessionOptions(options)
  return options
}

async function readTarget(named: NamedInWords, flags: SessionFlags, env: CliEnv): Promise<Target> {
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
  if (torrent !== undefined) return targetOfTorrent(await env.readFile(torrent))
  if (infoHash !== undefined) return targetOfHash(infoHash)
  throw usage(
    'the torrent is missing',
    'type -i with an info hash or magnet link, or -t with a .torrent file',
  )
}

/** @throws PeerError E_USAGE for what is a torrent, and not the name of a file; a link may hold a passkey and is not repeated */
function checkFileName(torrent: string): void {
  if (/^magnet:/i.test(torrent)) throw usage('-t is given a magnet link', 'use -i with the link')
  if (isTorrentName(torrent)) throw usage('-t is given an info hash', `use -i ${torrent}`)
  if (/^https?:/i.test(torrent)) {
    throw usage('-t is given a web address', 'download the file first, and use -t with its path')
  }
}

function chooseFamily(peer: PeerName, { ipv4, ipv6 }: SessionFlags): 4 | 6 | undefined {
  if (ipv4 === true && ipv6 === true)
    throw usage('-4 and -6 leave no address', 'type one of them, or neither')
  const wanted = ipv4 === true ? 4 : ipv6 === true ? 6 : undefined
  const literal = familyOf(peer)
  if (wanted !== undefined && literal !== undefined && wanted !== literal) {
    throw usage(`${peer.input} is an IPv${literal} address`, `leave out -${wanted}`)
  }
  return wanted
}
