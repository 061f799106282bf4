import type { Evidence } from '../evidence.ts'

/** A kind of sentence, and what has to be on record before it may be printed. */
export interface Claim {
  /** The sentence as people read it, with N, M and NAME where it varies. */
  readonly sentence: string
  /** The whole sentence. */
  readonly claim: RegExp
  /** What must be in the trace or the attempts, for people. */
  readonly needs: string
  /** Whether it is. @param parts the groups of `claim` */
  readonly requires: (evidence: Evidence, parts: readonly (string | undefined)[]) => boolean
}

/** Advice that says nothing of the peer. */
export const NOTHING = 'nothing: it is advice'

export function advice(sentence: string, claim: RegExp): Claim {
  return { sentence, claim, needs: NOTHING, requires: () => true }
}

/** Whether a byte of the peer's stream belongs to something that was received. */
export function covers({ events }: Evidence, offset: number): boolean {
  return events.some(
    (event) => event.type === 'received' && offset >= event.offset && offset <= event.offset + event.length,
  )
}

export const PROTOCOL = '\u0013BitTorrent protocol'

/** Whether raw bytes, however few, can begin a plaintext handshake. */
export function beginsAsHandshake(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, PROTOCOL.length)).toString('latin1')
  return PROTOCOL.startsWith(text)
}

/** Whether the peer ended the connection, in that way if one is named. */
export function closedByPeer({ end }: Evidence, kind?: 'fin' | 'rst'): boolean {
  return end?.by === 'peer' && (kind === undefined || end.kind === kind)
}

/** Whether MSE was completed on the connection. */
export function isEncrypted(evidence: Evidence): boolean {
  return evidence.step('established')
}

/** Whether bytes came that are not, and cannot begin, a handshake; of an encrypted stream only that none was read. */
export function isForeign(evidence: Evidence): boolean {
  if (evidence.handshake !== undefined || evidence.came === 0) return false
  return isEncrypted(evidence) || !beginsAsHandshake(evidence.bytes)
}
