import { encodeUtf8, toHex } from '../../base/bytes.ts'
import { ERROR_CODES } from '../../base/errors.ts'
import { round } from '../../base/round.ts'
import { CAUSES } from '../../diagnose/cause/causes.ts'
import { decide, type FoundCause } from '../../diagnose/cause/decide.ts'
import type { Identity } from '../../diagnose/client/identity.ts'
import { byteText } from '../../report/escape.ts'
import { keyText, rawJson } from '../../report/json.ts'
import { attemptOutcome } from '../../report/outcome.ts'
import type {
  AttemptReport,
  AvailabilityReport,
  ExtensionHandshakeReport,
  HandshakeReport,
  IdentityReport,
  SessionReport,
  TimingReport,
} from '../../report/model/session.ts'
import { clientName } from '../../report/text/session/verdict.ts'
import type { MessageCounts, SessionState } from '../../session/peer/state.ts'
import type { ExtensionHandshake } from '../../wire/extension/handshake.ts'
import { PROTOCOL_NAME, type Handshake } from '../../wire/handshake/handshake.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import { NO_MORE_PROBES } from './no-more-probes.ts'
import type { AttemptRecord, Moment, RecordedSession } from './record.ts'

/** Builds the report of a session from its recorded events, for every command that holds a session. */
export function sessionReport(recorded: RecordedSession): SessionReport {
  const { peer, torrent, attempts, state, identity, findings } = recorded
  const attempt = attempts.at(-1)
  // what was announced before the capture began is not known
  const opened = state?.handshake === undefined ? undefined : state
  const handshake = state?.handshake === undefined ? null : handshakeReport(state.handshake)
  const extensionHandshake =
    state?.extensionHandshake === undefined ? null : extensionHandshakeReport(state.extensionHandshake)
  return {
    client: clientName({ handshake, extensionHandshake }),
    target: {
      input: peer?.input ?? '',
      host: peer?.host ?? null,
      port: peer?.port ?? null,
      address: attempt?.begin.address ?? null,
      family: attempt?.begin.family ?? null,
    },
    torrent: torrentOf(torrent),
    attempts: attempts.map(attemptReport),
    session:
      state === undefined || attempt === undefined
        ? null
        : { transport: attempt.begin.transport, encryption: attempt.encryption },
    utp: attempt?.closed?.utp ?? null,
    timing: timingReport(recorded),
    handshake,
    extensionHandshake,
    identity: identityReport(identity),
    availability: opened === undefined ? null : availabilityReport(opened),
    choking: opened === undefined ? null : chokingReport(opened),
    fast:
      opened === undefined
        ? null
        : { allowedFast: opened.fast.allowedByPeer, suggested: opened.fast.suggested },
    dhtPort: state?.dhtPort ?? null,
    messages: { received: countsReport(state?.receivedCounts), sent: countsReport(state?.sentCounts) },
    findings: findings.map(({ id, severity, title, detail, reference }) => ({
      id,
      severity,
      title,
      detail,
      reference,
    })),
    causes: causesOf(recorded).map(({ code, confidence }) => ({ code, confidence, text: CAUSES[code].text })),
    expectations: [],
  }
}

/** Why no attempt led to a session, by the table of `why`. What a session itself shows is in its error and its findings. */
function causesOf({ attempts, observations }: RecordedSession): readonly FoundCause[] {
  const { code } = attempts.at(-1)?.ended?.error ?? {}
  if (code === undefined || !isAboutPeer(ERROR_CODES[code].exitCode)) return []
  return decide(observations, NO_MORE_PROBES).causes.filter(({ code }) => code !== 'unexplained')
}

/** Whether the peer or the way to it failed: not this machine, not the data, and nobody stopped us. */
function isAboutPeer(exitCode: number): boolean {
  return exitCode >= 3 && exitCode <= 6
}

function torrentOf(target: RecordedSession['torrent']): SessionReport['torrent'] {
  const { infoHashV1 = null, infoHashV2 = null, name = null, notes = [] } = target ?? {}
  const { pieceCount = null, pieceLength = null } = target ?? {}
  return { infoHashV1, infoHashV2, name, pieceCount, pieceLength, notes }
}

function attemptReport({ begin, port, encryption, closed, ended }: AttemptRecord): AttemptReport {
  const error = ended?.error ?? null
  return {
    address: begin.address,
    port: port ?? null,
    transport: begin.transport,
    encryption,
    outcome: attemptOutcome(error),
    phase: error === null ? 'done' : (ended?.phase ?? 'done'),
    bytesSent: closed?.bytesSent ?? 0,
    bytesReceived: closed?.bytesReceived ?? 0,
    closedBy: closed?.by ?? null,
    closeKind: closed?.kind ?? (isUtpReset({ begin, ended }) ? 'rst' : null),
    closeReason: closed?.closeReason ?? null,
    startedMs: round(begin.at),
    elapsedMs: round((ended ?? begin).at - begin.at),
    error,
  }
}

/** A refusal over uTP that no system reported: the peer answered the start of the connection with a RESET. */
function isUtpReset({ begin, ended }: Pick<AttemptRecord, 'begin' | 'ended'>): boolean {
  return begin.transport === 'utp' && ended?.error?.code === 'E_CONNECT_REFUSED' && ended.system === undefined
}

function timingReport({ attempts, moments, resolvedAt, lastAt }: RecordedSession): TimingReport {
  // earlier failed attempts, and the pauses after them, do not count as the peer's time
  const from = attempts.length > 1 ? (attempts.at(-1)?.begin.at ?? 0) : 0
  const since = (moment: Moment): number | null => {
    const at = moments.get(moment)
    return at === undefined ? null : round(at - from)
  }
  return {
    startedMs: round(from),
    dnsMs: resolvedAt === undefined ? null : round(resolvedAt),
    connectMs: since('connect'),
    encryptionMs: since('encryption'),
    handshakeMs: since('handshake'),
    extensionHandshakeMs: since('extension-handshake'),
    availabilityMs: since('availability'),
    interestedMs: since('interested'),
    unchokeMs: since('unchoke'),
    totalMs: round(lastAt),
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

function identityReport({ byPeerId, byVersionString, byBehaviour, conflict }: Identity): IdentityReport {
  return {
    byPeerId: byPeerId ?? null,
    byVersionString: byVersionString ?? null,
    byBehaviour:
      byBehaviour === undefined
        ? null
        : {
            family: byBehaviour.family,
            confidence: byBehaviour.confidence,
            evidence: byBehaviour.evidence.map(({ id, text }) => ({ trait: id, text })),
          },
    conflict: conflict !== undefined,
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

/** The percentage if the piece count is unknown: only all or nothing can be expressed. */
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
