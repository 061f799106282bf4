import * as s from '../base/schema/schema.ts'

/** Why a peer closed, as it said: its code, and the name that libtorrent gives it. */
export const closeReason = s.object({ code: s.count, name: s.text })

/** The schema of what traces and reports contain about a uTP connection. */
export const utp = s.named(
  'utp',
  s.object({
    roundTripMs: s.nullable(s.milliseconds),
    roundTripVarianceMs: s.milliseconds,
    queueingDelayMs: s.described(s.milliseconds, 'how long our packets wait in queues on the way'),
    congestionWindow: s.described(s.count, 'in bytes'),
    peerWindow: s.described(s.count, 'the window that the peer offered last, in bytes'),
    packetPayload: s.described(s.count, 'largest payload of our packets, in bytes'),
    peerPacketPayload: s.described(s.count, 'largest payload of the packets from the peer, in bytes'),
    packetsSent: s.count,
    packetsReceived: s.count,
    packetsIgnored: s.described(s.count, 'packets from the peer that acknowledge what was never sent'),
    packetsLost: s.count,
    packetsResent: s.count,
    timeouts: s.count,
    duplicatesReceived: s.count,
    outOfOrderReceived: s.count,
    closeReason: s.described(s.nullable(closeReason), 'why the peer closed, where it says so'),
  }),
)
/** Statistics of a uTP connection (BEP 29). */
export interface UtpReport extends s.Infer<typeof utp> {}
