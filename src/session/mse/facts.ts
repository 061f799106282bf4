import type { MseEvent, MseFailure } from './machine.ts'

/** How far an initiator came with its encryption handshake, as far as the peer's bytes prove it. */
export interface MseFacts {
  /** 96 bytes came that can be a public key, so that there is a shared secret: then it is the one thing known of it. */
  readonly secretBeginsWithZero: boolean | undefined
  /** VC came, which nobody can send who does not know the info hash. */
  readonly knowsTorrent: boolean
  /** crypto_select came. */
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

/** Takes one step of the handshake into account. */
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
