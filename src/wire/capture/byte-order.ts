import { readUint16, readUint32 } from '../../base/bytes.ts'

/** How a capture writes its numbers: in the byte order of the machine that wrote it. */
export interface ByteOrder {
  readonly uint16: (bytes: Uint8Array, offset: number) => number
  readonly uint32: (bytes: Uint8Array, offset: number) => number
}

export const BIG_ENDIAN: ByteOrder = { uint16: readUint16, uint32: readUint32 }

export const LITTLE_ENDIAN: ByteOrder = {
  uint16: (bytes, offset) => (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8),
  uint32: (bytes, offset) =>
    ((bytes[offset] as number) |
      ((bytes[offset + 1] as number) << 8) |
      ((bytes[offset + 2] as number) << 16) |
      ((bytes[offset + 3] as number) << 24)) >>>
    0,
}
