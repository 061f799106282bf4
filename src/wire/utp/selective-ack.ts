import { addSequence, sequenceDistance } from './sequence.ts'

/** Longest selective ack that fits its length byte and is a multiple of 4. */
export const MAX_SELECTIVE_ACK_LENGTH = 252

/**
 * Encodes packets received out of order: bit i, least significant first, is for `acknowledged` + 2 + i (`acknowledged` + 1
 * is missing by definition). Always a multiple of 4 bytes and at least 4, as BEP 29 requires.
 *
 * @param acknowledged the last packet number received in order
 * @param received numbers after it, in any order; those beyond a mask of 252 bytes are omitted
 */
export function encodeSelectiveAck(acknowledged: number, received: readonly number[]): Uint8Array {
  const first = addSequence(acknowledged, 2)
  const bits = received
    .map((number) => sequenceDistance(first, number))
    .filter((bit) => bit < MAX_SELECTIVE_ACK_LENGTH * 8)
  const words = Math.floor(bits.reduce((highest, bit) => Math.max(highest, bit), 0) / 32) + 1
  const mask = new Uint8Array(4 * words)
  for (const bit of bits) mask[bit >> 3] = (mask[bit >> 3] as number) | (1 << (bit & 7))
  return mask
}

/** The packet numbers in a selective ack, ascending. Any length is accepted: libtorrent sends lengths that are not multiples of 4. */
export function decodeSelectiveAck(acknowledged: number, mask: Uint8Array): number[] {
  const received: number[] = []
  for (let index = 0; index < mask.length; index++) {
    const byte = mask[index] as number
    for (let bit = 0; byte >> bit !== 0; bit++) {
      if ((byte >> bit) & 1) received.push(addSequence(acknowledged, 2 + index * 8 + bit))
    }
  }
  return received
}
