import type { ProbeEvents } from '../probe-events.ts'

/** What `why` says that a connection shows, and what has to be on record before it may. */
export interface FactClaim {
  /** As it is printed; what varies follows after a colon. */
  readonly sentence: string
  readonly needs: string
  /**
   * @param all the connections to the same peer, this one among them, in their order
   * @param detail what follows the colon
   */
  readonly requires: (probe: ProbeEvents, all: readonly ProbeEvents[], detail: string) => boolean
}

/** What begins with a plaintext handshake over TCP: the first such probe, and its repetitions. */
export function plainOf(all: readonly ProbeEvents[]): readonly ProbeEvents[] {
  return all.filter(({ isPlainTcp }) => isPlainTcp)
}

export function isFirst(probe: ProbeEvents, all: readonly ProbeEvents[]): boolean {
  return plainOf(all)[0] === probe
}

/** A later plaintext session, where every earlier one ended so as well. */
export function isAgain(
  probe: ProbeEvents,
  all: readonly ProbeEvents[],
  ended: (one: ProbeEvents) => boolean,
): boolean {
  const plain = plainOf(all)
  return plain.indexOf(probe) >= 1 && plain.every(ended)
}

/** The peer, or something in its name, ended the connection without a byte of it. */
export function isClosedMutely(probe: ProbeEvents): boolean {
  return probe.isClosedByPeer && probe.came === 0
}

export function isClosedOnAccept(probe: ProbeEvents): boolean {
  return isClosedMutely(probe) && probe.end?.bytesSent === 0
}

export function isClosedAfterBytes(probe: ProbeEvents): boolean {
  return isClosedMutely(probe) && (probe.end?.bytesSent ?? 0) > 0
}

/** Connected, and neither a byte nor a close came. */
export function isSilent(probe: ProbeEvents): boolean {
  return probe.isConnected && probe.came === 0 && !probe.isClosedByPeer
}

/** The handshake that came is for the torrent that ours was for. */
export function isAnswered(probe: ProbeEvents): boolean {
  const theirs = probe.handshake('received')
  return theirs !== undefined && theirs.infoHash === probe.handshake('sent')?.infoHash
}

/** The handshake that came has the peer id of ours. */
export function isOwnId(probe: ProbeEvents): boolean {
  const theirs = probe.handshake('received')
  return theirs !== undefined && theirs.peerId === probe.handshake('sent')?.peerId
}

export function isEncrypted({ plan }: ProbeEvents): boolean {
  return plan !== undefined && plan.variant !== 'plaintext'
}

export function isUtp({ plan }: ProbeEvents): boolean {
  return plan?.transport === 'utp'
}

/** At least 96 bytes that came after the last of ours, and are not ours. */
export function hasPossibleKey(probe: ProbeEvents): boolean {
  const received = probe.raw('received')
  return (
    probe.came >= 96 && probe.sentBefore >= 96 && received.slice(0, 192) !== probe.raw('sent').slice(0, 192)
  )
}

/** A good hash, or all blocks that were asked for. */
export function isServed(probe: ProbeEvents): boolean {
  return probe.has('received', 'unchoke') && probe.blocks.length > 0 && !probe.isVerified(false)
}

/** It sent its handshake, and ended the connection before anything was requested. */
export function isTurnedAway(probe: ProbeEvents): boolean {
  return isAnswered(probe) && probe.isClosedByPeer && !probe.has('sent', 'request')
}
