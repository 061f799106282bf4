import { createHash } from 'node:crypto'
import { concat, encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import type { ErrorCode } from '../../../src/base/errors.ts'
import type { FindingId } from '../../../src/diagnose/findings.ts'
import { makeSyntheticTorrent } from '../../../src/session/upload/synthetic-torrent.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import type { NamedFeature } from '../../../src/wire/handshake/reserved-bits.ts'
import { EXTENSION_HANDSHAKE } from '../peers/seeder.ts'
import { theirHandshake } from '../sessions/session.ts'

/** 39 pieces of 32 KiB, the last of which has 5 bytes; its bitfield has one spare bit. */
export const TARGET = makeSyntheticTorrent({
  length: 38 * 32_768 + 5,
  pieceLength: 32_768,
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})

export const TARGET_HASH = TARGET.metainfo.infoHashes.v1 ?? new Uint8Array(20)

/** What is to come of the bytes: how the session ended, and what is said of the peer among other things. */
export interface HostileOutcome {
  /** Undefined where it went on until the peer closed it. */
  readonly code?: ErrorCode
  readonly finds?: readonly FindingId[]
}

/** Bytes of a peer from connect on; a FIN follows in the segment of the last. */
export interface HostileRow {
  /** Begins with the number of the input in docs/testing.md. */
  readonly name: string
  readonly bytes: Uint8Array
  /** Sent in pieces of so many bytes; undefined for one write. */
  readonly cutInto?: number
  /** As the one who was dialled. */
  readonly seed: HostileOutcome
  /** As the one who dials a seeder. */
  readonly leecher: HostileOutcome
}

export const FEATURES = ['extension-protocol', 'fast'] as const

/** A frame as it is on the wire, its length being that of the hexadecimal digits. */
export function frame(hex: string): Uint8Array {
  const body = fromHex(hex)
  return concat([Uint8Array.of(0, 0, body.length >> 8, body.length & 0xff), body])
}

export function extended(id: number, text: string): Message {
  return { type: 'extended', id, payload: encodeUtf8(text) }
}

/** Handshake, extension handshake and have-none, and then this. */
export function afterGreeting(
  after: Uint8Array | readonly Message[],
  greeting: readonly Message[] = [EXTENSION_HANDSHAKE, { type: 'have-none' }],
): Uint8Array {
  const rest = after instanceof Uint8Array ? after : encodeMessages(after)
  return concat([opening(FEATURES), encodeMessages(greeting), rest])
}

/** Only the handshake before it. */
export function afterHandshake(
  messages: readonly Message[],
  features: readonly NamedFeature[] = FEATURES,
): Uint8Array {
  return concat([opening(features), encodeMessages(messages)])
}

export function opening(features: readonly NamedFeature[]): Uint8Array {
  return theirHandshake(features, { infoHash: new Uint8Array(TARGET_HASH) })
}

/** Dialled or dialling, it comes to the same. */
export function both(name: string, bytes: Uint8Array, outcome: HostileOutcome): HostileRow {
  return { name, bytes, seed: outcome, leecher: outcome }
}

/** A seed is warned of; of a leecher only what breaks a rule is said. */
export function warned(name: string, bytes: Uint8Array, ...finds: readonly FindingId[]): HostileRow {
  return { name, bytes, seed: { finds }, leecher: {} }
}

/** More useless messages than a seeder accepts. As the dialling side, we report what is wrong with them. */
export function flood(name: string, bytes: Uint8Array, ...finds: readonly FindingId[]): HostileRow {
  return { name, bytes, seed: { finds }, leecher: { code: 'E_MESSAGE_FLOOD' } }
}
