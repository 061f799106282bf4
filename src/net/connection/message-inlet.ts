import type { Message } from '../../wire/message/message.ts'

/** Receives messages directly, bypassing the queue for readers. */
export interface MessageInlet {
  /** The messages of one chunk. Their byte arrays are borrowed until the call returns. */
  messages(messages: readonly Message[]): void
  /** The connection is over. */
  closed(): void
}

/** What the owner of an inlet can do with the connection, without waiting. */
export interface Diversion {
  /** Sends messages in one write. Reading pauses while the peer does not read them. @throws PeerError E_NOT_NEGOTIATED */
  send(messages: readonly Message[]): void
  /** Delivers later messages to the readers again. */
  release(): void
}
