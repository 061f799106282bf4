import { INSPECT, type Inspect, inspectAs } from './inspect.ts'
import type { Phase } from './phase.ts'

/** Who has to change something to fix the failure. */
export type Blame = 'local' | 'remote' | 'network'

interface ErrorDescription {
  readonly exitCode: number
  readonly blame: Blame
  readonly summary: string
}

/**
 * Every failure that peerwire can report. Codes are public API: scripts match on them, so a code is never renamed or
 * reused. `exitCode` is the exit code of the command. docs/errors.md has a heading for each code, and a test keeps
 * the two in sync.
 */
export const ERROR_CODES = {
  E_CHECK_FAILED: {
    exitCode: 1,
    blame: 'remote',
    summary: 'the session completed, but an expectation or a check failed',
  },

  E_USAGE: { exitCode: 2, blame: 'local', summary: 'a command, flag or argument is missing or malformed' },
  E_BAD_ADDRESS: { exitCode: 2, blame: 'local', summary: 'the peer address is not of the form host:port' },
  E_BAD_HASH: {
    exitCode: 2,
    blame: 'local',
    summary: 'the target is neither an info hash nor a magnet link',
  },
  E_BAD_TORRENT: { exitCode: 2, blame: 'local', summary: 'the file is not a usable .torrent' },
  E_BAD_CAPTURE: {
    exitCode: 2,
    blame: 'local',
    summary: 'the input is not a usable capture, trace or stream',
  },
  E_BAD_RANGE: {
    exitCode: 2,
    blame: 'local',
    summary: 'the piece, offset or length is outside the torrent',
  },
  E_BAD_EXPECTATION: {
    exitCode: 2,
    blame: 'local',
    summary: 'the expectation cannot be parsed, or names a path that no report has',
  },

  E_NAME_NOT_FOUND: {
    exitCode: 3,
    blame: 'network',
    summary: 'the host name does not resolve to an address',
  },
  E_CONNECT_REFUSED: { exitCode: 3, blame: 'network', summary: 'the connection was refused' },
  E_CONNECT_UNREACHABLE: {
    exitCode: 3,
    blame: 'network',
    summary: 'the network reports that the address is unreachable',
  },
  E_CONNECT_TIMEOUT: {
    exitCode: 3,
    blame: 'network',
    summary: 'nothing answered the connection attempt',
  },
  E_PROXY_FAILED: { exitCode: 3, blame: 'network', summary: 'the proxy did not open the connection' },

  E_HANDSHAKE_CLOSED: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the peer closed before its handshake was complete',
  },
  E_HANDSHAKE_RESET: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the connection was reset before a complete handshake',
  },
  E_HANDSHAKE_TIMEOUT: {
    exitCode: 4,
    blame: 'remote',
    summary: 'connected, but no complete handshake came in time',
  },
  E_HANDSHAKE_LOST: {
    exitCode: 4,
    blame: 'network',
    summary: 'the network lost the connection before a complete handshake',
  },
  E_NOT_BITTORRENT: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the answer is not a BitTorrent handshake',
  },
  E_NOT_PROVEN: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the port is open, and nothing proves that BitTorrent is spoken there',
  },
  E_NOT_BITTORRENT_LENGTH: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the handshake has the wrong length byte before the protocol name',
  },
  E_NOT_BITTORRENT_HTTP: { exitCode: 4, blame: 'remote', summary: 'an HTTP server answers on that port' },
  E_NOT_BITTORRENT_TLS: { exitCode: 4, blame: 'remote', summary: 'a TLS server answers on that port' },
  E_NOT_BITTORRENT_SSH: { exitCode: 4, blame: 'remote', summary: 'an SSH server answers on that port' },
  E_NOT_BITTORRENT_SOCKS: { exitCode: 4, blame: 'remote', summary: 'a SOCKS proxy answers on that port' },
  E_WRONG_INFO_HASH: { exitCode: 4, blame: 'remote', summary: 'the handshake is for another info hash' },
  E_SELF_CONNECTION: {
    exitCode: 4,
    blame: 'local',
    summary: 'the handshake carries our own peer id: we connected to ourselves, or to an echo',
  },
  E_ENCRYPTION_FAILED: {
    exitCode: 4,
    blame: 'remote',
    summary: 'the encryption handshake (MSE) was not completed',
  },

  E_SESSION_CLOSED: {
    exitCode: 5,
    blame: 'remote',
    summary: 'the peer closed before the session was complete',
  },
  E_SESSION_RESET: {
    exitCode: 5,
    blame: 'remote',
    summary: 'the connection was reset before the session was complete',
  },
  E_FRAME_TOO_LARGE: {
    exitCode: 5,
    blame: 'remote',
    summary: 'a length prefix exceeds the limit for its message',
  },
  E_MALFORMED_MESSAGE: {
    exitCode: 5,
    blame: 'remote',
    summary: 'a message does not have the layout that its id requires',
  },
  E_NOT_NEGOTIATED: {
    exitCode: 5,
    blame: 'remote',
    summary: 'the peer sent a message that was not negotiated',
  },
  E_UNREQUESTED_BLOCK: {
    exitCode: 5,
    blame: 'remote',
    summary: 'the peer sent an unrequested block',
  },
  E_MESSAGE_FLOOD: {
    exitCode: 5,
    blame: 'remote',
    summary: 'the peer sends too many messages, or more data than peerwire buffers',
  },

  E_SESSION_LOST: {
    exitCode: 6,
    blame: 'network',
    summary: 'the network lost the connection before the session was complete',
  },
  E_SESSION_TIMEOUT: {
    exitCode: 6,
    blame: 'network',
    summary: 'our uTP packets were no longer acknowledged, so the connection timed out',
  },
  E_TIMEOUT: { exitCode: 6, blame: 'network', summary: 'the time limit for the whole command was reached' },
  E_UNCHOKE_TIMEOUT: { exitCode: 6, blame: 'remote', summary: 'the peer did not unchoke us in time' },
  E_BLOCK_TIMEOUT: {
    exitCode: 6,
    blame: 'remote',
    summary: 'a block that was requested did not come in time',
  },
  E_METADATA_TIMEOUT: {
    exitCode: 6,
    blame: 'remote',
    summary: 'the peer offers metadata but did not send all of it in time',
  },
  E_HASHES_TIMEOUT: {
    exitCode: 6,
    blame: 'remote',
    summary: 'the peer did not answer a hash request in time',
  },

  E_PIECE_HASH: {
    exitCode: 7,
    blame: 'remote',
    summary: 'a piece does not match its hash in the torrent',
  },
  E_BLOCK_PROOF: {
    exitCode: 7,
    blame: 'remote',
    summary: 'a block, or the hashes that should prove it, do not match the merkle root of the file',
  },
  E_METADATA_HASH: { exitCode: 7, blame: 'remote', summary: 'the metadata does not match the info hash' },
  E_HASHES_CONTRADICT: {
    exitCode: 7,
    blame: 'local',
    summary: 'the v1 and v2 hashes of a hybrid torrent contradict each other',
  },
  E_METADATA_INVALID: {
    exitCode: 7,
    blame: 'local',
    summary: 'the metadata matches the info hash but is not a usable torrent',
  },

  E_PIECE_UNAVAILABLE: { exitCode: 8, blame: 'remote', summary: 'the peer does not offer the piece' },
  E_REQUEST_REJECTED: { exitCode: 8, blame: 'remote', summary: 'the peer rejected the request' },
  E_NO_EXTENSION_PROTOCOL: {
    exitCode: 8,
    blame: 'remote',
    summary: 'the peer does not support the extension protocol (BEP 10)',
  },
  E_NO_METADATA_EXTENSION: {
    exitCode: 8,
    blame: 'remote',
    summary: 'the peer does not offer ut_metadata (BEP 9)',
  },
  E_METADATA_SIZE: {
    exitCode: 8,
    blame: 'remote',
    summary: 'the metadata size of the peer is missing, absurd, or not that of its data',
  },
  E_METADATA_REJECTED: { exitCode: 8, blame: 'remote', summary: 'the peer rejected the metadata request' },
  E_HASHES_REJECTED: { exitCode: 8, blame: 'remote', summary: 'the peer rejected the hash request' },

  E_FILE_EXISTS: { exitCode: 9, blame: 'local', summary: 'the output file already exists' },
  E_FILE_READ: { exitCode: 9, blame: 'local', summary: 'a local file cannot be read' },
  E_FILE_WRITE: { exitCode: 9, blame: 'local', summary: 'the output cannot be written' },
  E_DISK_FULL: { exitCode: 9, blame: 'local', summary: 'the disk is full' },
  E_LOCAL_FIREWALL: {
    exitCode: 9,
    blame: 'local',
    summary: 'this machine does not allow the outgoing connection',
  },
  E_BIND: { exitCode: 9, blame: 'local', summary: 'the local address or port cannot be used' },

  E_INTERNAL: { exitCode: 70, blame: 'local', summary: 'a bug in peerwire' },
  E_INTERRUPTED: { exitCode: 130, blame: 'local', summary: 'stopped by SIGINT' },
  E_HANGUP: { exitCode: 129, blame: 'local', summary: 'stopped by SIGHUP: the terminal was closed' },
  E_TERMINATED: { exitCode: 143, blame: 'local', summary: 'stopped by SIGTERM' },
} as const satisfies Record<`E_${string}`, ErrorDescription>

/** A key of `ERROR_CODES`. Codes are never renamed or reused. */
export type ErrorCode = keyof typeof ERROR_CODES

/** What a `PeerError` can carry besides its code and message. */
export interface ErrorDetails {
  /** How far the session had progressed. */
  readonly phase?: Phase | undefined
  /** Position of the offending byte: in the peer's stream, counted from 0 at connect, or in the file that was read. */
  readonly offset?: number | undefined
  /** The rule that was broken, e.g. `BEP 3`. */
  readonly reference?: string | undefined
  /** What to try instead, in one line. */
  readonly hint?: string | undefined
  /** The wrapped error, e.g. ECONNREFUSED from a socket. */
  readonly cause?: unknown
}

/** The only error class of the library. Match on `code`: unlike `instanceof`, it works across duplicate installs. */
export class PeerError extends Error {
  override readonly name = 'PeerError'
  readonly code: ErrorCode
  readonly phase: Phase | undefined
  readonly offset: number | undefined
  readonly reference: string | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.phase = details.phase
    this.offset = details.offset
    this.reference = details.reference
    this.hint = details.hint
  }

  /** A copy with another message or more details. Omitted and undefined values keep the original ones; a hint of null removes it. */
  with({
    message = this.message,
    hint,
    ...details
  }: Omit<ErrorDetails, 'hint'> & {
    readonly message?: string
    readonly hint?: string | null | undefined
  }): PeerError {
    return new PeerError(this.code, message, {
      phase: details.phase ?? this.phase,
      offset: details.offset ?? this.offset,
      reference: details.reference ?? this.reference,
      hint: hint === null ? undefined : (hint ?? this.hint),
      cause: details.cause ?? this.cause,
    })
  }

  /** The stack, and of the details those that are known. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { code, phase, offset, reference, hint, cause } = this
    return inspectAs(
      this.stack ?? String(this),
      { code, phase, offset, reference, hint, cause },
      options,
      inspect,
    )
  }

  get blame(): Blame {
    return ERROR_CODES[this.code].blame
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode
  }
}
