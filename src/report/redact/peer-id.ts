import { decodePeerId, type PeerId } from '../../wire/peer-id/peer-id.ts'

/** What names the client is at the start of an id, and with one style at its end. Tried in order. */
const KEPT = [
  { start: 8, end: 0 },
  { start: 9, end: 0 },
  { start: 10, end: 0 },
  { start: 12, end: 0 },
  { start: 8, end: 7 },
] as const

/**
 * An id of the same client and version, with another tail. Each byte of the tail stays of its kind, because clients differ in
 * that.
 * @param digest at least 20 bytes, derived from the id
 */
export function pseudonymousPeerId(id: Uint8Array, digest: Uint8Array): Uint8Array {
  const claim = decodePeerId(id)
  const candidates = KEPT.map(({ start, end }) => {
    const other = Uint8Array.from(id, (byte, i) =>
      i < start || i >= id.length - end ? byte : ofSameKind(byte, digest[i] ?? 0),
    )
    if (claim.style === 'shareaza') sign(other)
    return other
  })
  const [first = digest.subarray(0, id.length)] = candidates
  return candidates.find((other) => isSameClaim(decodePeerId(other), claim)) ?? first
}

function isSameClaim(a: PeerId, b: PeerId): boolean {
  return a.style === b.style && a.code === b.code && a.client === b.client && a.version === b.version
}

const DIGITS = '0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'

function ofSameKind(byte: number, chance: number): number {
  const character = String.fromCharCode(byte)
  const kind = [DIGITS, UPPER, LOWER].find((characters) => characters.includes(character))
  if (kind !== undefined) return kind.charCodeAt(chance % kind.length)
  // marks and padding are of the style
  return byte < 0x7f && byte >= 0x20 ? byte : byte === 0 ? 0 : 0x80 | chance
}

/** Ids of Shareaza end in a checksum of the rest. */
function sign(id: Uint8Array): void {
  for (let i = 0; i < 4; i++) id[16 + i] = (id[i] ?? 0) ^ (id[15 - i] ?? 0)
}
