import { fromHex, toHex } from '../../../src/base/bytes.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { encodeBencode } from '../../../src/wire/bencode.ts'
import { decodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'

/** How a peer calls itself; undefined leaves it out. */
interface Names {
  /** 20 bytes in hex. */
  readonly peerId: string
  readonly v: Uint8Array | undefined
}

const NO_NAMES: Names = { peerId: '00'.repeat(20), v: undefined }

/** A trace in which the peer calls itself something else: by default nothing, so that only its behaviour is left. */
export function renamed(events: readonly TraceEvent[], names: Names = NO_NAMES): readonly TraceEvent[] {
  return events.map((event) => {
    if (event.type !== 'received') return event
    if (event.what === 'handshake')
      return { ...event, handshake: { ...event.handshake, peerId: names.peerId } }
    const { message } = event
    if (message.type !== 'extended' || message.id !== 0 || message.payload === undefined) return event
    return { ...event, message: { ...message, payload: withVersion(message.payload, names.v) } }
  })
}

function withVersion(payload: string, v: Uint8Array | undefined): string {
  const read = decodeExtensionHandshake(fromHex(payload))
  if (!read.ok) return payload
  const members = new Map(read.value.raw)
  members.delete('v')
  if (v !== undefined) members.set('v', v)
  return toHex(encodeBencode(members))
}
