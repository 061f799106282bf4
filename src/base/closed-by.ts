/**
 * Who ended a connection: we, the peer, or neither, because the network lost it. A machine that is switched off or a cable
 * that is cut closes nothing: the system reports the loss after its own retries, for example as ETIMEDOUT or EHOSTUNREACH.
 */
export const CLOSED_BY = ['us', 'peer', 'network'] as const

/** One of `CLOSED_BY`. */
export type ClosedBy = (typeof CLOSED_BY)[number]
