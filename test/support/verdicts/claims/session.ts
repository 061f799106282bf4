import { MAX_PIECES } from '../../../../src/base/limits.ts'
import type { Evidence } from '../evidence.ts'
import { type Claim, closedByPeer } from './claim.ts'

const met = (evidence: Evidence): boolean => evidence.handshake !== undefined
const AVAILABILITY = ['bitfield', 'have-all', 'have-none'] as const
const haves = (evidence: Evidence): boolean => evidence.received('have')

/** The last word of the peer on whether it chokes us; it chokes at first (BEP 3). */
function chokes(evidence: Evidence): boolean {
  const last = evidence.messages('received').findLast(({ type }) => type === 'choke' || type === 'unchoke')
  return last?.type !== 'unchoke'
}

/** Whether events are missing from the trace: more came than it keeps. */
const isWhole = ({ report, events }: Evidence): boolean => {
  const counted = Object.values(report.messages.received).reduce((sum, count) => sum + count, 0)
  return events.filter((event) => event.type === 'received' && event.what === 'message').length >= counted
}

/** What the headline and the parts of a report say of a session. */
export const SESSION: readonly Claim[] = [
  {
    sentence: 'not contacted: there was nothing to request',
    claim: /^headline: not contacted: there was nothing to request$/,
    needs: 'no attempt',
    requires: ({ report }) => report.attempts.length === 0,
  },
  {
    sentence: 'NAME (of the client)',
    claim: /^headline: a client$/,
    needs: 'a handshake of the peer; without one the client is unknown',
    requires: ({ report, handshake }) => (handshake === undefined) === (report.handshake === null),
  },
  {
    sentence: 'has all N pieces',
    claim: /^headline: has (?:the only piece|all (?:(\d+) )?pieces)$/,
    needs: 'a have-all, or a bitfield and haves of every piece',
    requires: (evidence, [count]) =>
      (count === undefined || evidence.report.availability?.pieceCount === Number(count)) &&
      (evidence.received('have-all') ||
        (evidence.received('bitfield', 'have') && evidence.report.availability?.percent === 100)),
  },
  {
    sentence: 'claims no pieces',
    claim: /^headline: claims no pieces$/,
    needs: 'a have-none or an empty bitfield, and no have',
    requires: (evidence) =>
      evidence.received('have-none', 'bitfield', 'extended') &&
      (evidence.report.availability?.have ?? 0) === 0 &&
      !hasValidHave(evidence),
  },
  {
    sentence: 'announced no pieces',
    claim: /^headline: announced no pieces$/,
    needs: 'a handshake, and no bitfield, have-all, have-none or have',
    requires: (evidence) => met(evidence) && !evidence.received(...AVAILABILITY, 'have'),
  },
  {
    sentence: 'announced no pieces that count',
    claim: /^headline: announced no pieces that count$/,
    needs:
      'a bitfield, have-all, have-none or have that was not negotiated, or names what the torrent does not have',
    requires: (evidence) => evidence.received(...AVAILABILITY, 'have') && !hasValidHave(evidence),
  },
  {
    sentence: 'has N of M pieces',
    claim: /^headline: has (\d+)(?: of (\d+))? pieces?$/,
    needs: 'a bitfield or haves with as many pieces; M is the piece count of the torrent',
    requires: (evidence, [count, total]) => {
      const { availability } = evidence.report
      return (
        availability?.have === Number(count) &&
        (total === undefined || availability.pieceCount === Number(total)) &&
        evidence.received('bitfield', 'have', 'have-none')
      )
    },
  },
  {
    sentence: 'chokes us',
    claim: /^headline: chokes us$/,
    needs: 'a handshake, and no unchoke after the last choke',
    requires: (evidence) => met(evidence) && (chokes(evidence) || !isWhole(evidence)),
  },
  {
    sentence: 'unchoked',
    claim: /^headline: unchoked$/,
    needs: 'an unchoke after the last choke',
    requires: (evidence) => met(evidence) && (!chokes(evidence) || !isWhole(evidence)),
  },
  {
    sentence: 'The peer chokes us: it does not serve requests',
    claim: /^The peer chokes us: it does not serve requests$/,
    needs: 'a handshake, and no unchoke after the last choke',
    requires: (evidence) => met(evidence) && (chokes(evidence) || !isWhole(evidence)),
  },
  {
    sentence: 'We did not send interested',
    claim: /^We did not send interested$/,
    needs: 'no interested of ours',
    requires: (evidence) => !evidence.sent('interested'),
  },
  {
    sentence: 'The peer does not choke us: it accepts requests',
    claim: /^The peer does not choke us: it accepts requests$/,
    needs: 'an unchoke after the last choke',
    requires: (evidence) => met(evidence) && (!chokes(evidence) || !isWhole(evidence)),
  },
  {
    sentence: 'It is interested in our pieces',
    claim: /^It is (not )?interested in our pieces$/,
    needs: 'an interested of the peer without a later not-interested; the reverse for "not"',
    requires: (evidence, [not]) => {
      const last = evidence
        .messages('received')
        .findLast(({ type }) => type === 'interested' || type === 'not-interested')
      return met(evidence) && ((not === undefined) === (last?.type === 'interested') || !isWhole(evidence))
    },
  },
  {
    sentence: 'we choke it',
    claim: /^we (do not )?choke it$/,
    needs: 'no unchoke of ours; one for "do not"',
    requires: (evidence, [not]) => (not !== undefined) === evidence.sent('unchoke'),
  },
  {
    sentence: 'it set the bit but did not send an extension handshake',
    claim: /^extensions: it set the bit but did not send an extension handshake$/,
    needs: 'a handshake of the peer with the bit, and no extension handshake',
    requires: (evidence) =>
      evidence.handshake?.features.includes('extension-protocol') === true &&
      !evidence.messages('received').some((one) => one.type === 'extended' && one.id === 0),
  },
  {
    sentence: 'it does not support the extension protocol (BEP 10)',
    claim: /^extensions: it does not support the extension protocol \(BEP 10\)$/,
    needs: 'a handshake of the peer without the bit',
    requires: ({ handshake }) => handshake?.features.includes('extension-protocol') === false,
  },
  {
    sentence: 'it supports the extension protocol (BEP 10), which we did not use',
    claim: /^extensions: it supports the extension protocol \(BEP 10\), which we did not use$/,
    needs: 'a handshake of the peer with the bit, and no extended message of ours',
    requires: (evidence) =>
      evidence.handshake?.features.includes('extension-protocol') === true && !evidence.sent('extended'),
  },
  {
    sentence: 'it cannot be decoded: REASON',
    claim: /^extensions: (?:it cannot be decoded: .*|an empty dictionary)$/,
    needs: 'an extension handshake of the peer',
    requires: (evidence) => evidence.received('extended'),
  },
  {
    sentence: 'N of M pieces, P % (by MESSAGE)',
    claim:
      /^availability: (?:\d+ of \d+ pieces?, [\d.]+ %|\d+ pieces?(?:, 0 %)?|all pieces|no pieces|unknown) \(by (have-all|have-none|bitfield|haves)\)$/,
    needs: 'this message from the peer',
    requires: (evidence, [source]) =>
      source === 'haves'
        ? haves(evidence)
        : evidence.received(source as 'have-all' | 'have-none' | 'bitfield'),
  },
  {
    sentence: '0 of M pieces (nothing announced)',
    claim: /^availability: .*\(nothing announced\)$/,
    needs: 'no bitfield, have-all or have-none from the peer',
    requires: (evidence) => !evidence.received(...AVAILABILITY, 'have'),
  },
  {
    sentence: '0 of M pieces (what it announced does not count)',
    claim: /^availability: .*\(what it announced does not count\)$/,
    needs: 'a bitfield, have-all, have-none or have from the peer',
    requires: (evidence) => evidence.received(...AVAILABILITY, 'have') && !hasValidHave(evidence),
  },
  {
    sentence: 'unknown: its bitfield does not fit N pieces',
    claim: /^availability: unknown: its (bitfield|haves|have-all|have-none) does not fit \d+ pieces?$/,
    needs: 'a bitfield, or a have, of the peer',
    requires: (evidence) => evidence.received('bitfield', 'have'),
  },
  {
    sentence: 'the piece count is unknown',
    claim: /^the piece count is unknown$/,
    needs: 'no .torrent and no metadata',
    requires: ({ report }) => report.availability?.pieceCount === null,
  },
  {
    sentence: 'round trip N ms, N packets sent, …',
    claim: /^(?:round trip|window) .*$/,
    needs: 'the figures of a uTP connection',
    requires: ({ report }) => report.utp !== null,
  },
]

/** Haves of pieces that the torrent can have, since the last bitfield or have-none, which make those before it void. */
function hasValidHave(evidence: Evidence): boolean {
  const messages = evidence.messages('received')
  // without the bit it does not count
  const hasFast = [evidence.handshake, evidence.localHandshake].every((one) => one?.features.includes('fast'))
  const since = messages.findLastIndex(({ type }) => type === 'bitfield' || (type === 'have-none' && hasFast))
  const whole = messages[since]
  // without a piece count a bitfield says how many pieces there are at most; hex has four bits a digit
  const most = whole?.type === 'bitfield' ? whole.bits.length * 4 : MAX_PIECES
  const limit = evidence.report.torrent.pieceCount ?? most
  return messages.slice(since + 1).some((one) => one.type === 'have' && one.piece < limit)
}

/** What went wrong after the handshake. */
export const TROUBLE: readonly Claim[] = [
  {
    sentence: 'the peer kept us choked for N ms while we were interested',
    claim: /^the peer kept us choked for \d+ ms while we were interested$/,
    needs: 'an interested of ours, and no unchoke at all',
    requires: (evidence) => evidence.sent('interested') && !evidence.received('unchoke'),
  },
  {
    sentence: 'the peer unchoked us and choked us again, and no unchoke lasted in N ms',
    claim: /^the peer unchoked us and choked us again, and no unchoke lasted in \d+ ms$/,
    needs: 'an unchoke of the peer, and after the last one a choke',
    requires: (evidence) => evidence.received('unchoke') && evidence.received('choke') && chokes(evidence),
  },
  {
    sentence: 'no block of piece N came in M ms',
    claim: /^no (?:whole )?block (?:of piece \d+ )?came in \d+ ms(?: of waiting for requests)?$/,
    needs: 'a request of ours, and a `closed` event by us',
    requires: (evidence) => evidence.sent('request') && evidence.end?.by === 'us',
  },
  {
    sentence: 'N of M bytes had come',
    claim: /^(\d+) of \d+ bytes had come(?:, \d+ of the \d+ of its unfinished block at \d+ B\/s)?$/,
    needs: 'blocks and parts of one that make this many bytes',
    requires: ({ came }, [bytes]) => came >= Number(bytes),
  },
  {
    sentence: 'N bytes had come, M of the L of its unfinished block at R B/s',
    claim: /^(\d+) bytes had come(?:, \d+ of the \d+ of its unfinished block at \d+ B\/s)?$/,
    needs: 'blocks and parts of one that make this many bytes',
    requires: ({ came }, [bytes]) => came >= Number(bytes),
  },
  {
    sentence: 'the peer does not read what we send',
    claim: /^the peer does not read what we send$/,
    needs: 'requests of ours',
    requires: (evidence) => evidence.sent('request'),
  },
  {
    sentence: 'a block came that was not requested: piece N, offset N, N bytes',
    claim:
      /^(?:a block came that was not requested: piece (\d+), offset (\d+), (\d+) bytes|\d+ blocks came that were never asked for)$/,
    needs: 'a block with these numbers',
    requires: (evidence, [piece, begin]) =>
      evidence
        .messages('received')
        .some(
          (one) =>
            one.type === 'piece' &&
            (piece === undefined || (one.piece === Number(piece) && one.begin === Number(begin))),
        ),
  },
  {
    sentence: 'the peer rejects piece N, offset N, N bytes',
    claim: /^the peer (?:rejects piece \d+, offset \d+, \d+ bytes|claims and keeps rejecting pieces? .*)$/,
    needs: 'a reject from the peer',
    requires: (evidence) => evidence.received('reject'),
  },
  {
    sentence: 'piece N from PEER does not have the hash of the torrent',
    claim:
      /^(?:piece \d+ from \S+ does not have the hash of the torrent|\S+ sent bad data: .*|piece \d+ is not what the torrent says from offset \d+ on)$/,
    needs: 'blocks from the peer',
    requires: (evidence) => evidence.received('piece'),
  },
  {
    sentence: 'length prefix N exceeds the limit of M bytes for WHAT',
    claim: /^(?:stream-broken: )?length prefix \d+ exceeds the limit of \d+ bytes for .*$/,
    needs: 'a `broken` event',
    requires: ({ events }) => events.some(({ type }) => type === 'broken'),
  },
  {
    sentence: 'the command was not done in N ms',
    claim: /^the command was not done in \d+ ms$/,
    needs: 'no `closed` event by the peer',
    requires: (evidence) => !closedByPeer(evidence),
  },
  {
    sentence: 'the peer violated the protocol: ID',
    claim: /^the peer violated the protocol: (.+)$/,
    needs: 'findings of severity error with these ids',
    requires: ({ report }, [ids = '']) =>
      report.findings
        .filter(({ severity }) => severity === 'error')
        .map(({ id }) => id)
        .join(', ') === ids,
  },
  {
    sentence: 'the peer has not announced a piece',
    claim: /^the peer has not announced a piece$/,
    needs: 'no have-all, no bitfield with a bit set, no have',
    requires: (evidence) => !evidence.received('have-all') && !hasValidHave(evidence),
  },
  {
    sentence: 'the peer announced pieces, and N is not among them',
    claim: /^the peer announced pieces, and \d+ is not among them$/,
    needs: 'a bitfield, have or other announcement of the peer',
    requires: (evidence) => evidence.received('bitfield', 'have', 'extended'),
  },
  {
    sentence: 'which pieces the peer has is not known: REASON',
    claim: /^(?:which pieces the peer has is not known: .*|the peer did not announce \d+ of the pieces: .*)$/,
    needs: 'a handshake of the peer',
    requires: met,
  },
  {
    sentence: 'the peer rejected the hash request, or answered it wrongly',
    claim: /^the peer (?:rejected the hash request|answered a hash request wrongly: .*)$/,
    needs: 'a hash-reject, or hashes',
    requires: (evidence) => evidence.received('hash-reject', 'hashes'),
  },
  {
    sentence: 'N of M metadata pieces were received, and none in the last T ms',
    claim: /^(\d+) of \d+ metadata pieces were received, and none in the last \d+ ms$/,
    needs: 'a message of ours to ut_metadata, and no fewer answers than this',
    requires: (evidence, [count]) =>
      evidence.sent('extended') &&
      evidence.messages('received').filter((one) => one.type === 'extended' && one.metadata?.kind === 'data')
        .length >= Number(count),
  },
  {
    sentence: 'the peer does not support the extension protocol',
    claim: /^the peer does not support the extension protocol$/,
    needs: 'a handshake of the peer without the bit',
    requires: ({ handshake }) => handshake?.features.includes('extension-protocol') === false,
  },
  {
    sentence: 'the extension handshake of the peer cannot be read, at byte N: REASON',
    claim: /^the extension handshake of the peer cannot be read, at byte \d+: .*$/,
    needs: 'an extension handshake of the peer',
    requires: (evidence) =>
      evidence.messages('received').some((one) => one.type === 'extended' && one.id === 0),
  },
  {
    sentence: 'the torrent contradicts itself: WHAT',
    claim: /^the torrent contradicts itself: .*$/,
    needs: 'blocks from the peer that have one of the two hashes',
    requires: (evidence) => evidence.received('piece'),
  },
  {
    sentence: 'no hashes came in N ms',
    claim: /^no hashes came in \d+ ms$/,
    needs: 'a hash request of ours, and no hashes',
    requires: (evidence) => evidence.sent('hash-request') && !evidence.received('hashes'),
  },
  {
    sentence:
      'the extension handshake from the peer does not offer ut_metadata, or with a size that is not usable',
    claim:
      /^(?:the extension handshake from the peer does not offer ut_metadata|the peer's metadata_size is not usable: .*|the peer offers ut_metadata without a metadata_size)$/,
    needs: 'an extension handshake of the peer',
    requires: (evidence) => evidence.received('extended'),
  },
  {
    sentence: 'the peer rejected the request for metadata piece N of M, or sent metadata that is wrong',
    claim:
      /^(?:the peer rejected the request for metadata piece \d+ of \d+|metadata piece \d+ has \d+ bytes, expected .*|the \d+ bytes of metadata have the SHA-\d+ [0-9a-f]+, not [0-9a-f]+|the metadata has the info hash and is not a torrent: .*)$/,
    needs: 'a message of ut_metadata from the peer',
    requires: (evidence) =>
      evidence.messages('received').some((one) => one.type === 'extended' && one.metadata !== undefined),
  },
]
