import { concat } from '../base/bytes.ts'
import type { Transport } from './transport.ts'

/** Writes byte arrays one after the other, as `Transport.write`: in one go, and without a copy where the transport can. */
export function writeAll(transport: Transport, parts: readonly Uint8Array[]): boolean {
  return transport.writeAll?.(parts) ?? transport.write(concat(parts))
}
