import type { UtpPacket } from '../../wire/utp/packet.ts'

/** What a uTP connection is told. `at` is milliseconds on the caller's clock, fractions welcome, never going back. */
export type UtpInput = { readonly at: number } & (
  | { readonly type: 'connect' }
  | { readonly type: 'packet'; readonly packet: UtpPacket }
  /** Bytes to send; they are not copied, so they must not change afterwards. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** The reader takes nothing for now: the advertised window shrinks as the peer goes on sending. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** End of a batch of packets or writes: what was held back to go in one packet goes now. */
  | { readonly type: 'flush' }
  | { readonly type: 'tick' }
  /** The clock of `at` left out so many milliseconds just now, in which nobody here ran: the timestamps on the wire do not. */
  | { readonly type: 'skip'; readonly skippedMs: number }
  /** Ends our direction with a FIN once all is sent. */
  | { readonly type: 'close' }
  /** Drops everything and tells the peer with a RESET. */
  | { readonly type: 'abort' }
  /** The network said that nobody has that port (ICMP). */
  | { readonly type: 'unreachable' }
)

/** Why a uTP connection was not made, or was given up. */
export type UtpFailure = 'connect-timeout' | 'refused' | 'timeout'

/** What happened on a uTP connection; after `reset`, `failed` and `closed` nothing more does. */
export type UtpEvent =
  | { readonly type: 'connected' }
  /** The next bytes of the stream; they share memory with a datagram. */
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** libtorrent says why it is about to close. */
  | { readonly type: 'close-reason'; readonly code: number; readonly name: string }
  /** The peer's FIN: all its bytes have been handed on. */
  | { readonly type: 'end' }
  /** The write queue is short again after it was long. */
  | { readonly type: 'writable' }
  | { readonly type: 'reset' }
  | { readonly type: 'failed'; readonly failure: UtpFailure; readonly detail: string }
  /** Both directions have ended in order. */
  | { readonly type: 'closed' }

/** What a uTP connection wants done, all of it, in order. */
export interface UtpOutput {
  /** Datagrams to send to the peer. */
  readonly send: readonly Uint8Array[]
  readonly events: readonly UtpEvent[]
  /** When to tick next, in ms; undefined once nothing is left to do. */
  readonly wakeAt: number | undefined
}

/** Figures of one connection, for a report. Times in ms, sizes in bytes. */
export interface UtpStats {
  readonly roundTripMs: number | undefined
  readonly roundTripVarianceMs: number
  /** How long our packets wait in queues, as the peer's timestamps show. */
  readonly queueingDelayMs: number
  readonly congestionWindow: number
  readonly peerWindow: number
  /** Largest payload of one packet of ours, and of the peer's. */
  readonly packetPayload: number
  readonly peerPacketPayload: number
  readonly packetsSent: number
  readonly packetsReceived: number
  /** Those of the peer that acknowledge what was never sent, and count for nothing. */
  readonly packetsIgnored: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Our packets that were taken for lost, and sent again. */
  readonly packetsLost: number
  readonly packetsResent: number
  readonly timeouts: number
  readonly duplicatesReceived: number
  readonly outOfOrderReceived: number
  readonly closeReason: { readonly code: number; readonly name: string } | undefined
}
