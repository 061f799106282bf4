import { fromHex } from '../base/bytes.ts'
import type { DecodeResult } from '../wire/decode-result.ts'
import { decodeExtensionHandshake, type ExtensionHandshake } from '../wire/extension/handshake.ts'
import type { TraceMessage } from './event.ts'

/** A cache, because several rules and the report read the same message. */
const READ = new WeakMap<TraceMessage, DecodeResult<ExtensionHandshake>>()

/** The decoded extension handshake, or why it cannot be decoded; undefined for any other message. */
export function readExtensionHandshake(message: TraceMessage): DecodeResult<ExtensionHandshake> | undefined {
  if (message.type !== 'extended' || message.id !== 0 || message.payload === undefined) return undefined
  const known = READ.get(message)
  if (known !== undefined) return known
  const read = decodeExtensionHandshake(fromHex(message.payload))
  READ.set(message, read)
  return read
}
