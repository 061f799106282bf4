import { round } from '../../base/round.ts'
import type { UtpReport } from '../../trace/utp.ts'
import type { UtpStats } from '../../session/utp/events.ts'

/** The statistics of a uTP connection that a trace records. */
export function utpFigures(stats: UtpStats): UtpReport {
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
