/**
 * Who ended a connection: we, the peer, or neither, because the network between lost it. A machine that is off and a cable
 * that is cut close nothing: the system reports them after its own retries, as ETIMEDOUT or EHOSTUNREACH for example.
 */
export const CLOSED_BY = ['us', 'peer', 'network'] as const

/** One of `CLOSED_BY`. */
export type ClosedBy = (typeof CLOSED_BY)[number]
