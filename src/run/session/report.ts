import { errorReport } from '../../report/error-report.ts'
import type { PeerError } from '../../base/errors.ts'
import { encodeUtf8, toHex } from '../../base/bytes.ts'
import { round } from '../../base/round.ts'
import type { Finding } from '../../diagnose/finding.ts'
import { byteText } from '../../report/escape.ts'
import { keyText, rawJson } from '../../report/json.ts'
import type {
  AttemptReport,
  AvailabilityReport,
  ExtensionHandshakeReport,
  HandshakeReport,
  Outcome,
  SessionReport,
  TimingReport,
  UtpReport,
} from '../../report/model/session.ts'
import type { MessageCounts, SessionState } from '../../session/peer/state.ts'
import type { UtpStats } from '../../session/utp/events.ts'
import type { ExtensionHandshake } from '../../wire/extension/handshake.ts'
import { PROTOCOL_NAME, type Handshake } from '../../wire/handshake/handshake.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import type { SessionOptions, TorrentTarget } from '../options.ts'
import type { Attempt, SessionLog } from './log.ts'

/** Everything of a report that comes from holding a session; the same for each command that holds one. */
export function sessionReport(
  options: Pick<SessionOptions, 'peer' | 'torrent'>,
  log: SessionLog,
  findings: readonly Finding[],
  endedAt: number,
): SessionReport {
  const attempt = log.attempts.at(-1)
  const state = attempt?.state
  const open = state?.handshake === undefined ? undefined : state
  const { input, host, port } = log.peer ?? options.peer
  return {
    target: {
      input,
      host,
      port,
      address: attempt?.to?.address ?? null,
      family: attempt?.to?.family ?? null,
    },
    torrent: torrentReport(options.torrent),
    attempts: log.attempts.map((one) => attemptReport(one, log.startedAt)),
    session:
      open === undefined || attempt?.transport === undefined
        ? null
        : {
            transport: attempt.transportKind,
            encryption: attempt.transport.encryption,
          },
    utp: utpReport(attempt?.transport?.utpStats),
    timing: timingReport(log, endedAt),
    handshake: state?.handshake === undefined ? null : handshakeReport(state.handshake),
    extensionHandshake:
      state?.extensionHandshake === undefined ? null : extensionHandshakeReport(state.extensionHandshake),
    availability: open === undefined ? null : availabilityReport(open),
    choking: open === undefined ? null : chokingReport(open),
    fast:
      open === undefined ? null : { allowedFast: open.fast.allowedByPeer, suggested: open.fast.suggested },
    dhtPort: state?.dhtPort ?? null,
    messages: { received: countsReport(state?.receivedCounts), sent: countsReport(state?.sentCounts) },
    findings: findings.map(({ id, severity, title, detail, reference }) => ({
      id,
      severity,
      title,
      detail,
      reference,
    })),
    expectations: [],
  }
}

/** The torrent, as far as it is known. */
export function torrentReport({
  infoHashes,
  name,
  metainfo,
  notes = [],
}: TorrentTarget): SessionReport['torrent'] {
  return {
    infoHashV1: infoHashes.v1 === undefined ? null : toHex(infoHashes.v1),
    infoHashV2: infoHashes.v2 === undefined ? null : toHex(infoHashes.v2),
    name: metainfo === undefined ? (name ?? null) : byteText(metainfo.name),
    pieceCount: metainfo?.pieceCount ?? null,
    pieceLength: metainfo?.pieceLength ?? null,
    notes: [...notes, ...(metainfo?.notes ?? [])].map(({ id, text, count, offset = null }) => ({
      id,
      text,
      count,
      offset,
    })),
  }
}

function attemptReport(attempt: Attempt, zero: number): AttemptReport {
  const { to, transport, error, end, startedAt, endedAt } = attempt
  return {
    address: to?.address ?? null,
    transport: attempt.transportKind,
    encryption: attemptEncryption(attempt),
    outcome: outcomeOf(error),
    phase: error === undefined ? 'done' : attempt.phase,
    bytesSent: transport?.bytesSent ?? 0,
    bytesReceived: transport?.bytesReceived ?? 0,
    closedBy: end?.by ?? null,
    closeKind: end?.kind ?? null,
    startedMs: round(startedAt - zero),
    elapsedMs: round(endedAt - startedAt),
    error: error === undefined ? null : errorReport(error),
  }
}

/** What was tried, where the peer did not come to choose: the encryption handshake itself is RC4. */
function attemptEncryption({ transport, variant }: Attempt): AttemptReport['encryption'] {
  const { encryption = 'plaintext' } = transport ?? {}
  return variant !== 'plaintext' && encryption === 'plaintext' ? 'rc4' : encryption
}

function utpReport(stats: UtpStats | undefined): UtpReport | null {
  if (stats === undefined) return null
  const { roundTripMs, closeReason } = stats
  return {
    roundTripMs: roundTripMs === undefined ? null : round(roundTripMs),
    roundTripVarianceMs: round(stats.roundTripVarianceMs),
    queueingDelayMs: round(stats.queueingDelayMs),
    congestionWindow: stats.congestionWindow,
    peerWindow: stats.peerWindow,
    packetPayload: stats.packetPayload,
    peerPacketPayload: stats.peerPacketPayload,
    packetsSent: stats.packetsSent,
    packetsReceived: stats.packetsReceived,
    packetsIgnored: stats.packetsIgnored,
    packetsLost: stats.packetsLost,
    packetsResent: stats.packetsResent,
    timeouts: stats.timeouts,
    duplicatesReceived: stats.duplicatesReceived,
    outOfOrderReceived: stats.outOfOrderReceived,
    closeReason: closeReason === undefined ? null : { code: closeReason.code, name: closeReason.name },
  }
}

/** The one word for how an attempt ended. What a session merely lacked, or data that was wrong, is no failed attempt. */
function outcomeOf(error: PeerError | undefined): Outcome {
  if (error === undefined) return 'ok'
  const { code } = error
  if (code === 'E_CONNECT_REFUSED') return 'refused'
  if (code === 'E_CONNECT_UNREACHABLE' || code === 'E_NAME_NOT_FOUND' || code === 'E_PROXY_FAILED')
    return 'unreachable'
  if (code.endsWith('TIMEOUT')) return 'timeout'
  if (code.endsWith('CLOSED')) return 'closed'
  if (code.endsWith('RESET')) return 'reset'
  if (code.endsWith('LOST')) return 'lost'
  if (code.startsWith('E_NOT_BITTORRENT')) return 'not-bittorrent'
  if (code === 'E_WRONG_INFO_HASH' || code === 'E_SELF_CONNECTION') return 'wrong-info-hash'
  if (code === 'E_ENCRYPTION_FAILED') return 'encryption-failed'
  if (error.exitCode === 5) return 'protocol-error'
  return error.exitCode === 7 || error.exitCode === 8 ? 'ok' : 'local-error'
}

function timingReport(log: SessionLog, endedAt: number): TimingReport {
  return {
    startedMs: log.momentsStartedMs,
    dnsMs: log.dnsMs,
    connectMs: log.since('connect'),
    encryptionMs: log.since('encryption'),
    handshakeMs: log.since('handshake'),
    extensionHandshakeMs: log.since('extension-handshake'),
    availabilityMs: log.since('availability'),
    interestedMs: log.since('interested'),
    unchokeMs: log.since('unchoke'),
    totalMs: round(endedAt - log.startedAt),
  }
}

function handshakeReport({ reserved, features, infoHash, peerId }: Handshake): HandshakeReport {
  const { hex, text, style, code, client, version } = decodePeerId(peerId)
  return {
    protocol: PROTOCOL_NAME,
    reserved: toHex(reserved),
    features,
    infoHash: toHex(infoHash),
    peerId: { hex, text, style, code, client, version },
  }
}

function extensionHandshakeReport(handshake: ExtensionHandshake): ExtensionHandshakeReport {
  const extensions = [...handshake.extensions].map(([name, id]) => [keyText(name), id] as const)
  const client =
    handshake.clientBytes ?? (handshake.client === undefined ? undefined : encodeUtf8(handshake.client))
  return {
    extensions: Object.fromEntries(extensions),
    client: client === undefined ? null : byteText(client),
    reqq: handshake.reqq ?? null,
    metadataSize: handshake.metadataSize ?? null,
    listenPort: handshake.listenPort ?? null,
    yourIp: handshake.yourIp ?? null,
    ipv4: handshake.ipv4 ?? null,
    ipv6: handshake.ipv6 ?? null,
    uploadOnly: handshake.uploadOnly ?? null,
    raw: rawJson(handshake.raw),
  }
}

function availabilityReport({ availability }: SessionState): AvailabilityReport {
  const { source, bitfield, unvalidated, pieceCount, misfit } = availability
  const bits = bitfield?.toBytes() ?? unvalidated?.bytes
  const claimed = misfit === undefined ? unvalidated?.count : undefined
  const have = bitfield?.count ?? claimed ?? (source === 'have-none' || source === 'none' ? 0 : null)
  return {
    source,
    pieceCount: pieceCount ?? null,
    have,
    percent: bitfield === undefined ? knownPercent(source, have) : bitfield.percent,
    bitfield: bits === undefined ? null : toHex(bits),
    ranges: bitfield?.renderRanges() ?? null,
  }
}

/** Without a piece count: all is all, and nothing is nothing. */
function knownPercent(source: AvailabilityReport['source'], have: number | null): number | null {
  if (source === 'have-all') return 100
  return (source === 'have-none' || source === 'none') && have === 0 ? 0 : null
}

function chokingReport({ choking }: SessionState): SessionReport['choking'] {
  const { amChoking, amInterested, peerChoking, peerInterested } = choking
  return { amChoking, amInterested, peerChoking, peerInterested }
}

function countsReport(counts: MessageCounts | undefined): { readonly [type: string]: number } {
  return Object.fromEntries(counts ?? [])
}
