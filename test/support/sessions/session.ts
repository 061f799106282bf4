import { concat } from '../../../src/base/bytes.ts'
import type { PeerSessionOptions, SessionTorrent } from '../../../src/session/peer/session.ts'
import type { SessionEvent } from '../../../src/session/peer/step.ts'
import { encodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { encodeFeatures, type NamedFeature } from '../../../src/wire/handshake/reserved-bits.ts'

export const INFO_HASH = new Uint8Array(20).fill(0xaa)
export const OUR_ID = new Uint8Array(20).fill(0x01)
export const THEIR_ID = new Uint8Array(20).fill(0x02)
export const ALL_FEATURES = ['extension-protocol', 'fast', 'dht'] as const

export const EXTENSION_HANDSHAKE: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ client: 'peer 1', extensions: new Map([['ut_metadata', 3]]) }),
}

export const TORRENT: SessionTorrent = {
  infoHash: INFO_HASH,
  pieceCount: 20,
  extensionHandshake: { client: 'us', extensions: new Map([['lt_donthave', 7]]) },
  have: 'none',
}

/** The handshake of a peer, for INFO_HASH unless the test overrides it. */
export function theirHandshake(
  features: readonly NamedFeature[] = ALL_FEATURES,
  {
    infoHash = INFO_HASH,
    peerId = THEIR_ID,
  }: { infoHash?: Uint8Array | undefined; peerId?: Uint8Array } = {},
): Uint8Array {
  return encodeHandshake({ reserved: encodeFeatures(features), infoHash, peerId })
}

/** The first bytes of such a peer: its handshake and these messages. */
export function theirStart(
  messages: readonly Message[],
  features: readonly NamedFeature[] = ALL_FEATURES,
): Uint8Array {
  return concat([theirHandshake(features), encodeMessages(messages)])
}

export function initiator(
  torrent: Partial<SessionTorrent> = {},
  options: Partial<PeerSessionOptions> = {},
): PeerSessionOptions {
  return {
    role: { type: 'initiator', torrent: { ...TORRENT, ...torrent } },
    peerId: OUR_ID,
    features: ALL_FEATURES,
    handshakeTimeoutMs: 1000,
    ...options,
  }
}

/** The types of events, and of the messages in them. */
export function outline(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'failed') return [`failed ${event.error.code}`]
    if (event.type !== 'sent' && event.type !== 'received') return [event.type]
    return event.messages.map((message) => `${event.type} ${message.type}`)
  })
}
