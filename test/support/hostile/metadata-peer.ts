import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { concat, encodeUtf8 } from '../../../src/base/bytes.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../../src/wire/extension/metadata.ts'
import { MessageDecoder } from '../../../src/wire/message/decoder.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { startPeer, type ScriptedPeer } from '../peers/scripted-peer.ts'
import { theirHandshake } from '../sessions/session.ts'

const PIECE_LENGTH = 16_384

export const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest())

export interface MetadataPeerOptions {
  /** The extension handshake after `m`; default the true size. */
  readonly announced?: string
  readonly features?: Parameters<typeof theirHandshake>[0]
  /** Payloads sent for a request of a piece; default the piece. */
  readonly answer?: (piece: number, honest: Uint8Array) => readonly Uint8Array[]
}

/** A peer with any bytes for an info dictionary, which it gives to whoever asks under their own hash. */
export function startMetadataPeer(
  info: Uint8Array,
  options: MetadataPeerOptions = {},
): Promise<ScriptedPeer> {
  const { announced = `13:metadata_sizei${info.length}e`, features = ['extension-protocol', 'fast'] } =
    options
  const { answer = (_: number, honest: Uint8Array) => [honest] } = options
  const greeting: readonly Message[] = [
    { type: 'extended', id: 0, payload: encodeUtf8(`d1:md11:ut_metadatai3ee${announced}e`) },
    { type: 'have-none' },
  ]
  const opening = concat([theirHandshake(features, { infoHash: sha1(info) }), encodeMessages(greeting)])
  return startPeer((socket) => {
    socket.write(opening)
    const decoder = new MessageDecoder()
    socket.on('data', (chunk) => {
      for (const piece of requestedIn(decoder, chunk)) send(socket, answer(piece, dataMessage(info, piece)))
    })
    socket.on('end', () => socket.end())
  })
}

function requestedIn(decoder: MessageDecoder, chunk: Uint8Array): number[] {
  return decoder.push(chunk).flatMap((item) => {
    if (item.kind !== 'message' || item.message.type !== 'extended' || item.message.id !== 3) return []
    const decoded = decodeMetadataMessage(item.message.payload)
    return decoded.ok && decoded.value.type === 'request' ? [decoded.value.piece] : []
  })
}

/** Under the number that we announce for ut_metadata. */
function send(socket: Socket, payloads: readonly Uint8Array[]): void {
  socket.write(encodeMessages(payloads.map((payload) => ({ type: 'extended', id: 2, payload }))))
}

function dataMessage(info: Uint8Array, piece: number): Uint8Array {
  const data = info.subarray(piece * PIECE_LENGTH, (piece + 1) * PIECE_LENGTH)
  return encodeMetadataMessage({ type: 'data', piece, totalSize: info.length, data })
}
