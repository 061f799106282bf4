import type { Message } from '../../wire/message/message.ts'

/** Where messages go at once, past the queue for readers. */
export interface MessageInlet {
  /** One chunk's messages. Their byte arrays are borrowed: the memory is read into again after the call. */
  messages(messages: readonly Message[]): void
  /** The connection is over. */
  closed(): void
}

/** What the owner of an inlet does to the connection, without waiting. */
export interface Diversion {
  /** Sends messages in one write. While the peer does not read them, nothing more is read from it. @throws PeerError E_NOT_NEGOTIATED */
  send(messages: readonly Message[]): void
  /** Gives the messages that follow to the readers again. */
  release(): void
}
