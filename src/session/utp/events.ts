import type { UtpPacket } from '../../wire/utp/packet.ts'

/** An input of a uTP connection. `at` is the time in milliseconds (fractions allowed) on the caller's clock and never decreases. */
export type UtpInput = { readonly at: number } & (
  | { readonly type: 'connect' }
  /** Packets that arrived together, in the order of their arrival: delivered and acknowledged together. */
  | { readonly type: 'packets'; readonly packets: readonly UtpPacket[] }
  /** Bytes to send. They are not copied, so they must not change afterwards. */
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  /** The reader stops reading: the advertised window shrinks as the peer continues to send. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** End of a batch of packets or writes: sends what was held back to fill a packet. */
  | { readonly type: 'flush' }
  | { readonly type: 'tick' }
  /** The clock of `at` has just skipped `skippedMs` milliseconds, in which this process did not run. Timestamps on the wire do not skip them. */
  | { readonly type: 'skip'; readonly skippedMs: number }
  /** Ends our direction with a FIN once everything is sent. */
  | { readonly type: 'close' }
  /** Drops everything and sends a RESET to the peer. */
  | { readonly type: 'abort' }
  /** The network reported that the port is closed (ICMP). */
  | { readonly type: 'unreachable' }
)

/** Why a uTP connection was not established, or was given up. */
export type UtpFailure = 'connect-timeout' | 'refused' | 'timeout'

/** An event of a uTP connection. `reset`, `failed` and `closed` are final. */
export type UtpEvent =
  | { readonly type: 'connected' }
  /** The next bytes of the stream: the payload of each packet, which shares memory with its datagram. */
  | { readonly type: 'bytes'; readonly chunks: readonly Uint8Array[] }
  /** The reason why the peer is about to close, sent by libtorrent. */
  | { readonly type: 'close-reason'; readonly code: number; readonly name: string }
  /** The peer's FIN: all its bytes have been delivered. */
  | { readonly type: 'end' }
  /** The write queue has room again. */
  | { readonly type: 'writable' }
  | { readonly type: 'reset' }
  | { readonly type: 'failed'; readonly failure: UtpFailure; readonly detail: string }
  /** Both directions have ended in order. */
  | { readonly type: 'closed' }

/** Everything that a uTP connection wants done, in order. */
export interface UtpOutput {
  /** Datagrams to send to the peer. */
  readonly send: readonly Uint8Array[]
  readonly events: readonly UtpEvent[]
  /** When to send the next `tick`, in ms; undefined once nothing is left to do. */
  readonly wakeAt: number | undefined
}

/** Statistics of one connection. Times in ms, sizes in bytes. */
export interface UtpStats {
  readonly roundTripMs: number | undefined
  readonly roundTripVarianceMs: number
  /** How long our packets wait in queues, according to the peer's timestamps. */
  readonly queueingDelayMs: number
  readonly congestionWindow: number
  readonly peerWindow: number
  /** Largest payload of one packet, sent or received. */
  readonly packetPayload: number
  readonly peerPacketPayload: number
  readonly packetsSent: number
  readonly packetsReceived: number
  /** Packets from the peer that were ignored because they acknowledge something that we never sent. */
  readonly packetsIgnored: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Our packets that were considered lost and were sent again. */
  readonly packetsLost: number
  readonly packetsResent: number
  readonly timeouts: number
  readonly duplicatesReceived: number
  readonly outOfOrderReceived: number
  readonly closeReason: { readonly code: number; readonly name: string } | undefined
}
