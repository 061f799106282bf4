import { createHash } from 'node:crypto'
import { concat } from '../../../src/base/bytes.ts'
import { misbehaving } from '../../../src/net/seeder/faulty-transport.ts'
import type { SeederEvent, SeederLimits } from '../../../src/net/seeder/options.ts'
import { startSeeder, type Seeder } from '../../../src/net/seeder/seeder.ts'
import { parseFault, sortFaults } from '../../../src/session/faults/table.ts'
import { makeSyntheticTorrent, type SyntheticTorrent } from '../../../src/session/upload/synthetic-torrent.ts'
import type { Bitfield } from '../../../src/wire/bitfield.ts'
import { encodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { MessageDecoder, type WireItem } from '../../../src/wire/message/decoder.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { encodeFeatures, type NamedFeature } from '../../../src/wire/handshake/reserved-bits.ts'
import { MemoryListener, type MemoryPeer } from '../transports/memory-listener.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'

/** 40 pieces of 32 KiB, the last of which has 5 bytes. */
export const PIECE_LENGTH = 32_768
export const TORRENT: SyntheticTorrent = makeSyntheticTorrent({
  length: 39 * PIECE_LENGTH + 5,
  pieceLength: PIECE_LENGTH,
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})

export const PEER_ID = new TextEncoder().encode('-XX0100-abcdefghijkl')
export const INFO_HASH = TORRENT.metainfo.infoHashes.v1 ?? new Uint8Array(20)

export interface TestSeeder {
  readonly seeder: Seeder
  readonly clock: VirtualClock
  readonly events: SeederEvent[]
  readonly connect: (address?: string) => Leecher
}

/** A seeder of TORRENT in memory, on a clock that the test controls. */
export async function seedInMemory(
  options: {
    faults?: readonly string[]
    limits?: Partial<SeederLimits>
    have?: Bitfield
    seed?: number
  } = {},
): Promise<TestSeeder> {
  const clock = new VirtualClock()
  const listener = new MemoryListener()
  const faults = sortFaults((options.faults ?? []).map((text) => parseFault(text))).stream
  const { metainfo, store } = TORRENT
  const misbehave = misbehaving({ faults, metainfo, seed: options.seed ?? 1, clock })
  const events: SeederEvent[] = []
  const seeder = await startSeeder({
    listen: { address: '127.0.0.1', port: 6881, family: 4 },
    torrent: { metainfo, store, have: options.have ?? 'all' },
    transports: [(at, take) => listener.listen(at, (transport) => take(misbehave(transport)))],
    peerId: new TextEncoder().encode('-PW0100-abcdefghijkl'),
    random: () => 0,
    clock,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onEvent: (event) => events.push(event),
  })
  return { seeder, clock, events, connect: (address) => new Leecher(listener.connect(address)) }
}

/** A scripted peer: sends what a test chooses, and reads the answers. */
export class Leecher {
  readonly peer: MemoryPeer

  constructor(peer: MemoryPeer) {
    this.peer = peer
  }

  handshake(features: readonly NamedFeature[] = ['extension-protocol', 'fast'], infoHash = INFO_HASH): this {
    const reserved = encodeFeatures(features)
    this.peer.send(encodeHandshake({ reserved, infoHash, peerId: PEER_ID }))
    return this
  }

  send(...messages: readonly Message[]): this {
    this.peer.send(encodeMessages(messages))
    return this
  }

  sendRaw(...bytes: readonly number[]): this {
    this.peer.send(Uint8Array.from(bytes))
    return this
  }

  /** Sends the first messages of a well-behaved leecher, with number 9 for ut_metadata. */
  greet(): this {
    return this.handshake().send(EXTENSION_HANDSHAKE, { type: 'have-none' }, { type: 'interested' })
  }

  /** Everything received so far, without an incomplete item. */
  get items(): readonly WireItem[] {
    return new MessageDecoder().push(concat(this.peer.received))
  }

  get messages(): readonly Message[] {
    return this.items.flatMap((item) => (item.kind === 'message' ? [item.message] : []))
  }

  get types(): readonly string[] {
    return this.messages.map(({ type }) => type)
  }

  get bytes(): Uint8Array {
    return concat(this.peer.received)
  }
}

export const EXTENSION_HANDSHAKE: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ extensions: new Map([['ut_metadata', 9]]), metadataSize: 1000 }),
}

export const request = (piece: number, begin = 0, length = 16_384): Message => ({
  type: 'request',
  piece,
  begin,
  length,
})

/** Waits one turn of the event loop, in which choking is decided. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
