import type { StreamSink } from './stream-sink.ts'

/** Who opened a connection, and who was asked. */
export type Role = 'initiator' | 'responder'

export function otherRole(role: Role): Role {
  return role === 'initiator' ? 'responder' : 'initiator'
}

/** A connection in a capture. */
export interface ObservedConnection {
  /** From 1, in the order in which connections begin. */
  readonly number: number
  readonly transport: 'tcp' | 'utp'
  /** Literal addresses, IPv6 without brackets. */
  readonly ends: Readonly<Record<Role, { readonly address: string; readonly port: number }>>
  /** Whether its first packet was captured; otherwise both streams begin somewhere inside, and the roles are a guess. */
  readonly isWhole: boolean
  /** When its first packet was captured, in milliseconds since the Unix epoch; 0 where the capture has no times. */
  readonly startedAt: number
}

/** Takes what happens on one connection. Times are milliseconds since its first packet. */
export interface ConnectionSink {
  readonly streams: Readonly<Record<Role, StreamSink>>
  /** The responder accepted the connection. Called once, before anything that the streams carry. */
  accepted(at: number): void
  /** A packet has a comment; called before what the packet carries. */
  commented?(at: number, text: string): void
  /** The first FIN or RST, or the end of the capture (null). Later data is still delivered. */
  closed(at: number, by: Role | null, kind: 'fin' | 'rst' | null): void
}

/** Starts to follow a connection. */
export type OpenConnection = (connection: ObservedConnection) => ConnectionSink

/** Packets and bytes of a connection each way, with their headers, as `tshark -z conv` counts them. */
export interface ConnectionFigures {
  readonly packets: Readonly<Record<Role, number>>
  readonly bytes: Readonly<Record<Role, number>>
  readonly durationMs: number
}
