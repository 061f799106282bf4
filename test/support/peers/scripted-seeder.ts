import { equalBytes } from '../../../src/base/bytes.ts'
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../src/net/clock.ts'
import { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import type { Transport } from '../../../src/net/transport.ts'
import type { Bitfield } from '../../../src/wire/bitfield.ts'
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type MetadataMessage,
} from '../../../src/wire/extension/metadata.ts'
import { handshakeHash } from '../../../src/wire/torrent/info-hash.ts'
import type { HashRequest } from '../../../src/wire/message/hash-request.ts'
import type { BlockRange, Message } from '../../../src/wire/message/message.ts'
import type { NamedFeature } from '../../../src/wire/handshake/reserved-bits.ts'
import type { MadeTorrent } from '../torrents/made-torrent.ts'

/** What a script can do with the connection that it is called for. */
export interface SeederHands {
  readonly torrent: MadeTorrent
  /** The requests so far, including this one. */
  readonly requests: readonly BlockRange[]
  readonly send: (...messages: readonly Message[]) => void
  /** The correct block for a request. */
  readonly block: (request: BlockRange) => Extract<Message, { type: 'piece' }>
  readonly close: () => void
}

export interface SeederScript {
  readonly features?: readonly NamedFeature[]
  readonly have?: 'all' | 'none' | Bitfield
  readonly reqq?: number
  /** Default: the real size of the metadata; null to omit it. */
  readonly metadataSize?: number | null
  /** False to leave ut_metadata out of the extension handshake. */
  readonly offersMetadata?: boolean
  /** True to answer a handshake for any info hash with that hash. */
  readonly knowsAnyHash?: boolean
  /** Sent right after the handshakes. */
  readonly greeting?: readonly Message[]
  /** Default: unchoke. */
  readonly onInterested?: (hands: SeederHands) => void
  /** Default: sends the block. */
  readonly onRequest?: (request: BlockRange, hands: SeederHands) => void
  /** Default: nothing. */
  readonly onHashRequest?: (request: HashRequest, hands: SeederHands) => void
  /** Default: the piece of metadata. Returns the answer, or `undefined` for none. */
  readonly onMetadataRequest?: (
    piece: number,
    answer: MetadataMessage,
    hands: SeederHands,
  ) => readonly MetadataMessage[]
}

export interface RunningSeeder {
  readonly host: string
  readonly port: number
  /** Requests of all connections, in order. */
  readonly requests: readonly BlockRange[]
  /** Messages of all connections other than requests. */
  readonly received: readonly Message[]
  readonly connections: number
  stop(): Promise<void>
}

/** A seeder on a free loopback port that serves one torrent, with the faults of its script. */
export async function startSeeder(torrent: MadeTorrent, script: SeederScript = {}): Promise<RunningSeeder> {
  const requests: BlockRange[] = []
  const received: Message[] = []
  const open = new Set<PeerConnection>()
  const counter = { connections: 0 }
  const serve = async (transport: Transport): Promise<void> => {
    counter.connections++
    const connection = await accept(transport, torrent, script)
    open.add(connection)
    try {
      const hands = handsFor(connection, torrent, requests)
      if (script.greeting !== undefined) hands.send(...script.greeting)
      for await (const message of connection) {
        if (message.type === 'request') requests.push(rangeOf(message))
        else received.push(message)
        answer(message, hands, script, connection)
      }
    } finally {
      open.delete(connection)
    }
  }
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) => {
    // a client that disconnects is not an error of the seeder
    serve(transport).catch(() => {})
  })
  return {
    host: '127.0.0.1',
    port: listener.address.port,
    requests,
    received,
    get connections() {
      return counter.connections
    },
    stop: async () => {
      for (const connection of open) void connection.abort()
      await listener.close()
    },
  }
}

function accept(transport: Transport, torrent: MadeTorrent, script: SeederScript): Promise<PeerConnection> {
  const { metainfo } = torrent
  const { features = ['extension-protocol', 'fast'], have = 'all', reqq = 250 } = script
  const { metadataSize = metainfo.infoBytes.length, offersMetadata = true, knowsAnyHash = false } = script
  const { v1, v2 } = metainfo.infoHashes
  const isAskedForV2 = (asked: Uint8Array): boolean =>
    v1 === undefined || (v2 !== undefined && equalBytes(asked, handshakeHash(v2)))
  return PeerConnection.accept(transport, {
    find: ({ infoHash }) => ({
      infoHash: knowsAnyHash
        ? infoHash
        : handshakeHash((isAskedForV2(infoHash) ? v2 : v1) ?? new Uint8Array(20)),
      isV2: isAskedForV2(infoHash),
      pieceCount: metainfo.pieceCount,
      extensionHandshake: {
        extensions: new Map(offersMetadata ? [['ut_metadata', 3]] : []),
        client: 'scripted',
        reqq,
        ...(metadataSize === null ? {} : { metadataSize }),
      },
      have,
    }),
    peerId: randomBytes(20),
    features,
    handshakeTimeoutMs: 5000,
    clock: systemClock,
  })
}

function handsFor(
  connection: PeerConnection,
  torrent: MadeTorrent,
  requests: readonly BlockRange[],
): SeederHands {
  return {
    torrent,
    requests,
    send: (...messages) => {
      connection.send(...messages).catch(() => {})
    },
    block: (request) => blockOf(torrent, request),
    close: () => void connection.close(),
  }
}

function answer(
  message: Message,
  hands: SeederHands,
  script: SeederScript,
  connection: PeerConnection,
): void {
  const { onInterested = (own) => own.send({ type: 'unchoke' }), onRequest } = script
  if (message.type === 'interested') onInterested(hands)
  if (message.type === 'request') {
    const request = rangeOf(message)
    if (onRequest === undefined) hands.send(hands.block(request))
    else onRequest(request, hands)
  }
  if (message.type === 'hash-request') script.onHashRequest?.(message.request, hands)
  if (message.type !== 'extended' || message.id !== 3) return
  const decoded = decodeMetadataMessage(message.payload)
  if (!decoded.ok || decoded.value.type !== 'request') return
  const { piece } = decoded.value
  const bytes = hands.torrent.metainfo.infoBytes
  const data = bytes.subarray(piece * 16_384, (piece + 1) * 16_384)
  const honest: MetadataMessage = { type: 'data', piece, totalSize: bytes.length, data }
  const id = connection.state.extensionHandshake?.extensions.get('ut_metadata') ?? 0
  for (const one of script.onMetadataRequest?.(piece, honest, hands) ?? [honest])
    hands.send({ type: 'extended', id, payload: encodeMetadataMessage(one) })
}

export function blockOf({ content, metainfo }: MadeTorrent, { piece, begin, length }: BlockRange) {
  const start = piece * metainfo.pieceLength + begin
  return { type: 'piece', piece, begin, block: content.slice(start, start + length) } as const
}

function rangeOf({ piece, begin, length }: BlockRange): BlockRange {
  return { piece, begin, length }
}
