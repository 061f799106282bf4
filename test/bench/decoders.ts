import { readUint32 } from '../../src/base/bytes.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { MessageDecoder } from '../../src/wire/message/decoder.ts'
import { encodeFeatures } from '../../src/wire/handshake/reserved-bits.ts'
import type { Contender } from './interleaved.ts'

/** Our decoder for fast streams. Its messages may be kept. Returns how many came. */
export function batches(chunks: readonly Uint8Array[]): Contender {
  return { name: 'peerwire, batches', run: () => countMessages(chunks, false) }
}

/** The same for callers that deal with each batch at once, as our own sessions do. */
export function borrowedBatches(chunks: readonly Uint8Array[]): Contender {
  return { name: 'peerwire, borrowed batches', run: () => countMessages(chunks, true) }
}

function countMessages(chunks: readonly Uint8Array[], reuseBuffers: boolean): number {
  const decoder = new MessageDecoder({ from: 'messages', reuseBuffers })
  let count = 0
  // counted, since an iterator costs as much as a tenth of the decoder for each chunk of a few bytes
  for (let i = 0; i < chunks.length; i++) count += decoder.pushBatch(chunks[i] as Uint8Array).messages.length
  return count
}

/** Our decoder with an object for each item. */
export function items(chunks: readonly Uint8Array[]): Contender {
  const run = (): number => {
    const decoder = new MessageDecoder({ from: 'messages' })
    let count = 0
    for (let i = 0; i < chunks.length; i++) count += decoder.push(chunks[i] as Uint8Array).length
    return count
  }
  return { name: 'peerwire, items', run }
}

/** What a program without types, checks or objects would do over one buffer: the yardstick, not a decoder. */
export function tightLoop(bytes: Uint8Array): Contender {
  const run = (): number => {
    let count = 0
    let sum = 0
    for (let at = 0; at < bytes.length; count++) {
      const length = readUint32(bytes, at)
      if (length > 4) sum = (sum + readUint32(bytes, at + 5)) | 0
      at += 4 + length
    }
    // the sum keeps the loop from being optimised away
    return count + (sum === 0.5 ? 1 : 0)
  }
  return { name: 'floor: a tight loop', run }
}

/**
 * The least that messages cost that may be kept: the tight loop, and each frame that a chunk cuts is copied once, to memory of
 * its own.
 */
export function copyCut(bytes: Uint8Array, chunkLength: number): Contender {
  const run = (): number => {
    let count = 0
    let kept: Uint8Array | undefined
    for (let at = 0; at < bytes.length; count++) {
      const end = at + 4 + readUint32(bytes, at)
      if (Math.floor(at / chunkLength) !== Math.floor((end - 1) / chunkLength)) kept = bytes.slice(at, end)
      at = end
    }
    return count + (kept?.length === 0 ? 1 : 0)
  }
  return { name: 'floor: only copies what is cut', run }
}

/** As much of the Wire of bittorrent-protocol as is used here. */
interface Wire {
  amChoking: boolean
  write(chunk: Uint8Array): boolean
  peerChoking: boolean
  requests: readonly unknown[]
  request(piece: number, begin: number, length: number): void
  on(event: string, listener: (bytes: Uint8Array) => void): void
  once(event: string, listener: () => void): void
  destroy(): void
}

export type WireConstructor = new () => Wire

/** bittorrent-protocol, or undefined where it is not installed. */
export async function loadRival(): Promise<WireConstructor | undefined> {
  // a name that the compiler does not follow: the package has no types
  const name: string = 'bittorrent-protocol'
  try {
    const module = (await import(name)) as { readonly default: WireConstructor }
    return module.default
  } catch {
    return undefined
  }
}

/** The rival, fed with `write()` and listened to as a client does. */
export function rival(wireOf: WireConstructor, chunks: readonly Uint8Array[]): Contender {
  const hello = encodeHandshake({
    reserved: encodeFeatures([]),
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
  })
  const run = async (): Promise<number> => {
    const wire = new wireOf()
    // it would drop the requests of a peer that it chokes without a word
    wire.amChoking = false
    let count = 0
    for (const event of RIVAL_EVENTS) wire.on(event, () => count++)
    wire.write(hello)
    for (let i = 0; i < chunks.length; i++) {
      if (!wire.write(chunks[i] as Uint8Array))
        await new Promise<void>((resolve) => wire.once('drain', resolve))
    }
    // what was written last is still queued
    await new Promise((resolve) => setImmediate(resolve))
    const received = count
    wire.destroy()
    return received
  }
  return { name: 'bittorrent-protocol', run }
}

const RIVAL_EVENTS = [
  'keep-alive',
  'choke',
  'unchoke',
  'interested',
  'uninterested',
  'have',
  'request',
  'piece',
  'cancel',
  'port',
]
