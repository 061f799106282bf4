import { ERROR_CODES, type ErrorCode } from '../../../../src/base/errors.ts'
import type { TraceMessage } from '../../../../src/trace/event.ts'
import type { Evidence } from '../evidence.ts'
import { type Claim, closedByPeer, isEncrypted, isForeign } from './claim.ts'

/** What must be on record for an error code and its summary, which the headline of a failure is. */
type Condition = Pick<Claim, 'needs' | 'requires'>

const LOCAL: Condition = { needs: 'nothing of the peer', requires: () => true }

const unmet = (evidence: Evidence): boolean => evidence.handshake === undefined
const met = (evidence: Evidence): boolean => evidence.handshake !== undefined
const neverConnected = ({ isConnected }: Evidence): boolean => !isConnected

const NOT_CONNECTED: Condition = { needs: 'an attempt without a connection', requires: neverConnected }

const FOREIGN: Condition = {
  needs: 'bytes that are not a handshake, or over uTP datagrams that are not its packets',
  requires: (evidence) =>
    isForeign(evidence) || (evidence.attempt?.transport === 'utp' && neverConnected(evidence)),
}

const received = (...types: readonly TraceMessage['type'][]): Condition => ({
  needs: `a handshake, and one of these messages from the peer: ${types.join(', ')}`,
  requires: (evidence) => met(evidence) && evidence.received(...types),
})

const CODES: Record<ErrorCode, Condition> = {
  E_CHECK_FAILED: {
    needs: 'a finding of severity error, or an expectation that did not hold',
    requires: ({ report }) =>
      report.findings.some(({ severity }) => severity === 'error') ||
      report.expectations.some(({ held }) => !held),
  },
  E_USAGE: LOCAL,
  E_BAD_ADDRESS: LOCAL,
  E_BAD_HASH: LOCAL,
  E_BAD_TORRENT: LOCAL,
  E_BAD_CAPTURE: LOCAL,
  E_BAD_RANGE: LOCAL,
  E_BAD_EXPECTATION: LOCAL,
  E_NAME_NOT_FOUND: NOT_CONNECTED,
  E_CONNECT_REFUSED: NOT_CONNECTED,
  E_CONNECT_UNREACHABLE: NOT_CONNECTED,
  E_CONNECT_TIMEOUT: NOT_CONNECTED,
  E_PROXY_FAILED: NOT_CONNECTED,
  E_HANDSHAKE_CLOSED: {
    needs: 'no handshake of the peer, and a `closed` event by the peer that is not an RST',
    requires: (evidence) => unmet(evidence) && closedByPeer(evidence) && evidence.end?.kind !== 'rst',
  },
  E_HANDSHAKE_RESET: {
    needs: 'no handshake of the peer, and a `closed` event by the peer with an RST',
    requires: (evidence) =>
      unmet(evidence) && evidence.attempt?.closedBy === 'peer' && evidence.attempt.closeKind === 'rst',
  },
  E_HANDSHAKE_TIMEOUT: {
    needs: 'a connection, no handshake of the peer, and a `closed` event by us',
    requires: (evidence) => unmet(evidence) && evidence.end?.by === 'us',
  },
  E_HANDSHAKE_LOST: {
    needs: 'no handshake of the peer, and a `closed` event by the network',
    requires: (evidence) => unmet(evidence) && evidence.end?.by === 'network',
  },
  E_NOT_BITTORRENT: FOREIGN,
  E_NOT_PROVEN: {
    needs: 'a connection, and no handshake of the peer',
    requires: (evidence) => evidence.isConnected && unmet(evidence),
  },
  E_NOT_BITTORRENT_LENGTH: FOREIGN,
  E_NOT_BITTORRENT_HTTP: FOREIGN,
  E_NOT_BITTORRENT_TLS: FOREIGN,
  E_NOT_BITTORRENT_SSH: FOREIGN,
  E_NOT_BITTORRENT_SOCKS: FOREIGN,
  E_WRONG_INFO_HASH: {
    needs: 'a handshake of the peer with a hash that is not ours',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.infoHash !== localHandshake?.infoHash,
  },
  E_SELF_CONNECTION: {
    needs: 'two handshakes with the same peer id',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.peerId === localHandshake?.peerId,
  },
  E_ENCRYPTION_FAILED: {
    needs: 'a connection, and no encryption step `established`',
    requires: (evidence) => evidence.isConnected && !isEncrypted(evidence) && unmet(evidence),
  },
  E_SESSION_CLOSED: {
    needs: 'a handshake of the peer, and a `closed` event by the peer that is not an RST',
    requires: (evidence) => met(evidence) && closedByPeer(evidence) && evidence.end?.kind !== 'rst',
  },
  E_SESSION_RESET: {
    needs: 'a handshake of the peer, and a `closed` event by the peer with an RST',
    requires: (evidence) => met(evidence) && closedByPeer(evidence, 'rst'),
  },
  E_FRAME_TOO_LARGE: {
    needs: 'a handshake of the peer, and a `broken` event',
    requires: (evidence) => met(evidence) && evidence.events.some(({ type }) => type === 'broken'),
  },
  E_MALFORMED_MESSAGE: received('malformed', 'extended', 'bitfield', 'have'),
  E_NOT_NEGOTIATED: { needs: 'a handshake of the peer', requires: met },
  E_UNREQUESTED_BLOCK: received('piece'),
  E_MESSAGE_FLOOD: { needs: 'a handshake of the peer', requires: met },
  E_SESSION_LOST: {
    needs: 'a handshake of the peer, and a `closed` event by the network',
    requires: (evidence) => met(evidence) && evidence.end?.by === 'network',
  },
  E_SESSION_TIMEOUT: {
    needs: 'a handshake of the peer, and a `closed` event by us with neither FIN nor RST',
    requires: (evidence) => met(evidence) && evidence.end?.by === 'us' && evidence.end.kind === null,
  },
  E_TIMEOUT: { needs: 'no `closed` event by the peer', requires: (evidence) => !closedByPeer(evidence) },
  E_UNCHOKE_TIMEOUT: {
    needs: 'a handshake, an interested of ours, and after it no unchoke that lasted',
    requires: (evidence) => met(evidence) && evidence.sent('interested') && evidence.end?.by === 'us',
  },
  E_BLOCK_TIMEOUT: {
    needs: 'a handshake, a request of ours, and a `closed` event by us',
    requires: (evidence) => met(evidence) && evidence.sent('request') && evidence.end?.by === 'us',
  },
  E_METADATA_TIMEOUT: {
    needs: 'an extension handshake of the peer, a message of ours to ut_metadata, and a `closed` event by us',
    requires: (evidence) =>
      met(evidence) &&
      evidence.received('extended') &&
      evidence.sent('extended') &&
      evidence.end?.by === 'us',
  },
  E_HASHES_TIMEOUT: {
    needs: 'a hash request of ours, no hashes after it, and a `closed` event by us',
    requires: (evidence) => evidence.sent('hash-request') && evidence.end?.by === 'us',
  },
  E_PIECE_HASH: received('piece'),
  E_BLOCK_PROOF: received('piece', 'hashes'),
  E_METADATA_HASH: received('extended'),
  E_HASHES_CONTRADICT: received('piece', 'extended'),
  E_METADATA_INVALID: received('extended'),
  E_PIECE_UNAVAILABLE: { needs: 'a handshake of the peer', requires: met },
  E_REQUEST_REJECTED: received('reject'),
  E_NO_EXTENSION_PROTOCOL: {
    needs: 'a handshake of the peer without the bit',
    requires: ({ handshake }) => handshake?.features.includes('extension-protocol') === false,
  },
  E_NO_METADATA_EXTENSION: received('extended'),
  E_METADATA_SIZE: received('extended'),
  E_METADATA_REJECTED: received('extended'),
  E_HASHES_REJECTED: received('hash-reject', 'hashes'),
  E_FILE_EXISTS: LOCAL,
  E_FILE_READ: LOCAL,
  E_FILE_WRITE: LOCAL,
  E_DISK_FULL: LOCAL,
  E_LOCAL_FIREWALL: LOCAL,
  E_BIND: LOCAL,
  E_INTERNAL: LOCAL,
  E_INTERRUPTED: LOCAL,
  E_HANGUP: LOCAL,
  E_TERMINATED: LOCAL,
}

/** The code of a failure with its summary. */
export const CODE_CLAIMS: readonly Claim[] = Object.entries(CODES).map(([code, condition]) => {
  const { summary } = ERROR_CODES[code as ErrorCode]
  return { sentence: `${code}: ${summary}`, claim: exactly(`${code}: ${summary}`), ...condition }
})

export function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`)
}
