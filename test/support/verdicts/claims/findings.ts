import { FINDINGS, type FindingId } from '../../../../src/diagnose/findings.ts'
import type { TraceMessage } from '../../../../src/trace/event.ts'
import type { Evidence } from '../evidence.ts'
import { type Claim, closedByPeer, covers, isEncrypted } from './claim.ts'
import { exactly } from './codes.ts'

type Condition = Pick<Claim, 'needs' | 'requires'>

const met = (evidence: Evidence): boolean => evidence.handshake !== undefined

const came = (...types: readonly TraceMessage['type'][]): Condition => ({
  needs: `one of these messages from the peer: ${types.join(', ')}`,
  requires: (evidence) => met(evidence) && evidence.received(...types),
})

const EXTENDED = came('extended')
const AVAILABILITY = ['bitfield', 'have-all', 'have-none'] as const

const SHAKEN: Condition = { needs: 'a handshake of the peer', requires: met }

/** The peer closed, and this held by then. */
const closed = (needs: string, requires: (evidence: Evidence) => boolean): Condition => ({
  needs: `a \`closed\` event by the peer, and ${needs}`,
  requires: (evidence) => closedByPeer(evidence) && requires(evidence),
})

/** Events were left out of the trace, so that a message may have come that is not in it. */
const UTP: Condition = {
  needs: 'the figures of a uTP connection',
  requires: ({ report }) => report.utp !== null,
}

const CONDITIONS: Record<FindingId, Condition> = {
  'extension-not-negotiated': EXTENDED,
  'extension-not-announced': EXTENDED,
  'extension-handshake-malformed': EXTENDED,
  'extension-handshake-missing': {
    needs: 'two handshakes with the bit, and no extension handshake',
    requires: (evidence) =>
      met(evidence) && !evidence.messages('received').some((one) => one.type === 'extended' && one.id === 0),
  },
  'extension-handshake-flood': EXTENDED,
  'extension-handshake-type': EXTENDED,
  'extension-handshake-value': EXTENDED,
  'extension-handshake-not-utf-8': EXTENDED,
  'client-text-unprintable': EXTENDED,
  'extension-handshake-unsorted': EXTENDED,
  'extension-handshake-duplicate-key': EXTENDED,
  'extension-handshake-trailing': EXTENDED,
  'extension-id-duplicate': EXTENDED,
  'reqq-zero': EXTENDED,
  'metadata-size-absurd': EXTENDED,
  'metadata-not-requested': EXTENDED,
  'metadata-total-size': EXTENDED,
  'extension-message-malformed': EXTENDED,
  'pex-defect': EXTENDED,
  'pex-flood': EXTENDED,
  'private-pex': EXTENDED,
  'port-not-negotiated': came('port'),
  'hashes-not-negotiated': came('hash-request', 'hashes', 'hash-reject'),
  'piece-not-requested': came('piece'),
  'reject-not-requested': came('reject'),
  'choke-flapping': came('unchoke'),
  'choke-drops-requests': came('choke'),
  'request-while-choked': came('request'),
  'message-flood': SHAKEN,
  'request-too-long': came('request'),
  'request-outside-torrent': came('request'),
  'request-empty': came('request'),
  'request-not-announced': came('request'),
  'request-queue-exceeded': came('request'),
  'cancel-not-requested': came('cancel'),
  'hash-request-invalid': came('hash-request'),
  'handshake-cut': {
    needs: 'bytes, and no whole handshake',
    requires: (evidence) => !met(evidence) && evidence.came > 0,
  },
  'utp-window-small': UTP,
  'utp-acknowledgement-invalid': UTP,
  'utp-path-trouble': UTP,
  'peer-id-zero': {
    needs: 'a handshake of the peer with such an id',
    requires: ({ handshake }) => handshake?.peerId === '00'.repeat(20),
  },
  'peer-id-own': {
    needs: 'two handshakes with the same peer id',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.peerId === localHandshake?.peerId,
  },
  'peer-id-client-mismatch': EXTENDED,
  'client-conflict': EXTENDED,
  'reserved-bits-undefined': SHAKEN,
  'info-hash-mismatch': {
    needs: 'two handshakes with different hashes',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.infoHash !== localHandshake?.infoHash,
  },
  'hybrid-other-hash': {
    needs: 'two handshakes with different hashes, both of them of the torrent',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.infoHash !== localHandshake?.infoHash,
  },
  'early-28-bytes': {
    needs: '28 bytes of a handshake, and no more',
    requires: (evidence) => !met(evidence) && evidence.end?.pending === 28,
  },
  'closed-without-answer': closed('no byte received', (evidence) => evidence.came === 0),
  'closed-after-encryption': closed(
    'the encryption step `established`, and nothing after it',
    (evidence) => isEncrypted(evidence) && !met(evidence) && evidence.end?.pending === 0,
  ),
  'closed-after-handshake': closed(
    'a handshake of the peer, and nothing after it',
    (evidence) => met(evidence) && evidence.messages('received').length === 0 && evidence.end?.pending === 0,
  ),
  'closed-after-extension-handshake': closed(
    'extension handshakes of both sides, and no other message of the peer',
    (evidence) =>
      evidence.sent('extended') &&
      evidence.received('extended') &&
      evidence.messages('received').every(({ type }) => type === 'extended'),
  ),
  'closed-after-availability': closed(
    'a message that says what it has, and no request of ours',
    (evidence) => evidence.received(...AVAILABILITY) && !evidence.sent('request'),
  ),
  'closed-after-request': closed('a request of ours', (evidence) => evidence.sent('request')),
  'closed-on-silence': closed(
    'a handshake, and then 8 s without a message',
    (evidence) => met(evidence) && evidence.lasted >= 8000,
  ),
  'closed-mid-message': closed(
    'a handshake, and part of a message',
    (evidence) => met(evidence) && (evidence.end?.pending ?? 0) > 0,
  ),
  'process-suspended': {
    needs: 'a `suspended` event',
    requires: ({ events }) => events.some(({ type }) => type === 'suspended'),
  },
  'stream-broken': {
    needs: 'a handshake, and a `broken` event',
    requires: (evidence) => met(evidence) && evidence.events.some(({ type }) => type === 'broken'),
  },
  'message-malformed': came('malformed'),
  'message-unknown': came('unknown'),
  'keep-alive-flood': came('keep-alive'),
  'availability-missing': {
    needs: 'two handshakes with the fast bit, and no message that says what the peer has',
    requires: (evidence) => met(evidence) && !evidence.received(...AVAILABILITY),
  },
  'availability-repeated': came(...AVAILABILITY),
  'availability-late': came(...AVAILABILITY),
  'bitfield-length': came('bitfield'),
  'bitfield-spare-bits': came('bitfield'),
  'have-out-of-range': came('have', 'extended'),
  'have-repeated': came('have'),
  'fast-piece-out-of-range': came('suggest', 'allowed-fast'),
  'lazy-bitfield': came('bitfield'),
  'super-seeding': came('have'),
  'upload-only-incomplete': EXTENDED,
  'fast-not-negotiated': came('suggest', 'have-all', 'have-none', 'reject', 'allowed-fast'),
  'allowed-fast-dialect': came('allowed-fast'),
  'allowed-fast-unrecognised': came('allowed-fast'),
}

const TITLES: readonly Claim[] = Object.entries(CONDITIONS).map(([id, condition]) => {
  const { title } = FINDINGS[id as FindingId]
  return { sentence: title, claim: exactly(`finding: ${title}`), ...condition }
})

/** What the details of findings say. */
const DETAILS: readonly Claim[] = [
  {
    sentence: 'closed with FIN after N bytes from it and M from us',
    claim: /^[\w-]+: closed(?: with (FIN|RST))? after (\d+) bytes from it and (\d+) from us$/,
    needs: 'a `closed` event by the peer of this kind and with these counts',
    requires: ({ end }, [kind, received, sent]) =>
      end?.by === 'peer' &&
      end.kind === (kind?.toLowerCase() ?? null) &&
      end.bytesReceived === Number(received) &&
      end.bytesSent === Number(sent),
  },
  {
    sentence: 'N bytes of a message had arrived',
    claim: /^closed-mid-message: (\d+) bytes of a message had arrived$/,
    needs: 'a `closed` event with as many pending bytes',
    requires: ({ end }, [pending]) => end?.pending === Number(pending),
  },
  {
    sentence: 'then it closed',
    claim: /^early-28-bytes: (?:then it closed|then the connection was reset)$/,
    needs: 'a `closed` event by the peer',
    requires: (evidence) => closedByPeer(evidence),
  },
  {
    sentence: 'then it sent nothing more',
    claim: /^early-28-bytes: then it sent nothing more$/,
    needs: 'a `closed` event that is not by the peer',
    requires: (evidence) => !closedByPeer(evidence),
  },
  {
    sentence: 'we asked for HASH, it answers for HASH',
    claim: /^[\w-]+: we asked for ([0-9a-f]{40})(?: without the v2 bit)?, it answers for ([0-9a-f]{40})$/,
    needs: 'two handshakes with these hashes',
    requires: ({ handshake, localHandshake }, [ours, theirs]) =>
      localHandshake?.infoHash === ours && handshake?.infoHash === theirs,
  },
  {
    sentence: '… at byte N',
    claim: /^[\w-]+: .*(?:at byte|\(byte|, byte) (\d+).*$/,
    needs: 'something received that has this byte in it, or a `broken` event there',
    requires: (evidence, [offset]) =>
      covers(evidence, Number(offset)) ||
      evidence.events.some((event) => event.type === 'broken' && event.error.offset === Number(offset)),
  },
  {
    sentence: 'and N more',
    claim: /^and \d+ more$/,
    needs: 'a finding that was made more than once',
    requires: ({ report }) => report.findings.length > 0,
  },
  {
    sentence: 'numbers and words of a finding, without a place',
    claim: exactlyOneOf(Object.keys(FINDINGS)),
    needs: 'what the title of the finding needs',
    requires: (evidence, [id]) => CONDITIONS[id as FindingId].requires(evidence, []),
  },
  {
    sentence: 'our bit is set, its bit is clear; N are read',
    claim:
      /^(?:our bit is (?:set|clear), its bit is (?:set|clear)|the bit is clear in .*|\d+ are read)(?: \(byte \d+\))?$/,
    needs: 'a handshake of the peer',
    requires: met,
  },
  {
    sentence: 'our packets carry up to N',
    claim: /^our packets carry up to (\d+)$/,
    needs: 'the figures of a uTP connection, with this number',
    requires: ({ report }, [size]) => report.utp?.packetPayload === Number(size),
  },
]

function exactlyOneOf(ids: readonly string[]): RegExp {
  return new RegExp(`^(${ids.join('|')}): .*$`, 's')
}

/** What findings say. */
export const FINDING_CLAIMS: readonly Claim[] = [...TITLES, ...DETAILS]
