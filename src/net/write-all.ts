import { concat } from '../base/bytes.ts'
import type { Transport } from './transport.ts'

/** Writes byte arrays as `Transport.writeAll` does; through a copy if the transport does not have it. */
export function writeAll(transport: Transport, parts: readonly Uint8Array[], written?: () => void): boolean {
  if (transport.writeAll !== undefined) return transport.writeAll(parts, written)
  const hasRoom = transport.write(concat(parts))
  if (written !== undefined) queueMicrotask(written)
  return hasRoom
}
