import { readUint32, writeUint32 } from '../../base/bytes.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'

/**
 * A message of lt_donthave: the sender no longer has a piece that it announced.
 * @see https://www.bittorrent.org/beps/bep_0054.html
 */
export interface DonthaveMessage {
  /** Unsigned 32 bits; the caller must check that the torrent has this piece. */
  readonly piece: number
}

/** Decodes the 4 bytes of a lt_donthave payload. */
export function decodeDonthaveMessage(payload: Uint8Array): DecodeResult<DonthaveMessage> {
  if (payload.length !== 4)
    return malformed(`${payload.length} bytes, expected 4`, Math.min(payload.length, 4))
  return { ok: true, value: { piece: readUint32(payload, 0) } }
}

/** Encodes the 4 bytes of a lt_donthave payload (BEP 54). */
export function encodeDonthaveMessage({ piece }: DonthaveMessage): Uint8Array {
  const payload = new Uint8Array(4)
  writeUint32(payload, 0, piece)
  return payload
}
