import type { MseEvent, MseFailure } from './machine.ts'

/** What the peer's bytes prove about the encryption handshake of an initiator. */
export interface MseFacts {
  /** Whether the shared secret begins with a zero byte; undefined until a possible public key (96 bytes) was received. */
  readonly secretBeginsWithZero: boolean | undefined
  /** VC was received: only a peer that knows the info hash can send it. */
  readonly knowsTorrent: boolean
  /** crypto_select was received. */
  readonly isSelected: boolean
  readonly isEstablished: boolean
  readonly failure: MseFailure | undefined
}

export const NO_MSE_FACTS: MseFacts = {
  secretBeginsWithZero: undefined,
  knowsTorrent: false,
  isSelected: false,
  isEstablished: false,
  failure: undefined,
}

/** The facts after one more event of the handshake. */
export function afterMseEvent(facts: MseFacts, event: MseEvent): MseFacts {
  switch (event.type) {
    case 'provide-sent':
      return { ...facts, secretBeginsWithZero: event.secretBeginsWithZero }
    case 'synchronised':
      return { ...facts, knowsTorrent: true }
    case 'select-received':
      return { ...facts, isSelected: true }
    case 'established':
      return { ...facts, isEstablished: true }
    case 'failed':
      return { ...facts, failure: event.failure }
    case 'public-key-sent':
    case 'public-key-received':
    case 'torrent-found':
    case 'provide-received':
    case 'initial-payload-received':
    case 'select-sent':
    case 'plaintext':
      return facts
  }
}
