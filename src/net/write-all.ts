import { concat } from '../base/bytes.ts'
import type { Transport } from './transport.ts'

/** Writes byte arrays in order, like `Transport.write`: together, and without a copy if the transport supports that. */
export function writeAll(transport: Transport, parts: readonly Uint8Array[]): boolean {
  return transport.writeAll?.(parts) ?? transport.write(concat(parts))
}
