import { concat } from '../../../src/base/bytes.ts'
import { UtpConnection } from '../../../src/session/utp/connection.ts'
import type { UtpEvent } from '../../../src/session/utp/events.ts'
import type { UtpPacket } from '../../../src/wire/utp/packet.ts'
import type { LinkOptions } from './simulated-link.ts'
import { type PairOptions, patternBytes, UtpPair } from './utp-pair.ts'

/** uTP connections in the states that tests start from, and packets to send them. */

export const MEBIBYTE = 1024 * 1024
export const GOOD_LINK: LinkOptions = { seed: 1, delayMs: 20 }

/** The type of each event. */
export function types(events: readonly UtpEvent[]): string[] {
  return events.map(({ type }) => type)
}

/** A pair that is connected and idle. */
export function connectedPair(options: Partial<PairOptions> = {}): UtpPair {
  const pair = new UtpPair({ link: GOOD_LINK, ...options })
  pair.act(pair.initiator, { type: 'connect' })
  pair.act(pair.initiator, { type: 'write', bytes: Uint8Array.of(1) })
  pair.time.run(1000)
  pair.initiator.events.length = 0
  pair.acceptor.events.length = 0
  pair.acceptor.received.length = 0
  return pair
}

/** Sends `bytes` and both FINs; runs at most `limitMs` of virtual time. */
export function transfer(pair: UtpPair, bytes: Uint8Array, limitMs = 600_000): void {
  pair.act(pair.initiator, { type: 'connect' })
  pair.act(pair.initiator, { type: 'write', bytes })
  pair.act(pair.initiator, { type: 'close' })
  pair.time.run(limitMs, () => pair.has(pair.initiator, 'closed') && pair.has(pair.acceptor, 'closed'))
}

export function isSame(chunks: readonly Uint8Array[], bytes: Uint8Array): boolean {
  return Buffer.compare(concat(chunks), bytes) === 0
}

/** An initiator (first number 1) at time 10, connected, with `length` bytes to send; the peer's first number is 5000. */
export function sendingInitiator(length: number): { connection: UtpConnection; at: number } {
  const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 1 })
  connection.step({ type: 'connect', at: 0 })
  const answer = utpPacket({ type: 'state', connectionId: 7, sequenceNumber: 5000, acknowledged: 1 })
  connection.step({ type: 'packets', at: 10, packets: [answer] })
  connection.step({ type: 'write', at: 10, bytes: patternBytes(length) })
  return { connection, at: 10 }
}

/** An acceptor (first number 100) that received packet 10 from its peer at time 0 and has not acknowledged anything yet. */
export function acceptedConnection(): UtpConnection {
  const syn = utpPacket({ type: 'syn', connectionId: 7, sequenceNumber: 9 })
  const connection = new UtpConnection({ connectionId: 7, sequenceNumber: 100, syn })
  connection.step({ type: 'packets', at: 0, packets: [syn] })
  const first = utpPacket({
    connectionId: 8,
    sequenceNumber: 10,
    acknowledged: 99,
    payload: Uint8Array.of(10),
  })
  connection.step({ type: 'packets', at: 0, packets: [first] })
  return connection
}

/** A data packet from the initiator, with `fields` replaced. */
export function utpPacket(fields: Partial<UtpPacket>): UtpPacket {
  return {
    type: 'data',
    connectionId: 7,
    timestamp: 0,
    timestampDifference: 0,
    windowSize: MEBIBYTE,
    sequenceNumber: 0,
    acknowledged: 0,
    selectiveAck: undefined,
    closeReason: undefined,
    payload: new Uint8Array(),
    ...fields,
  }
}
