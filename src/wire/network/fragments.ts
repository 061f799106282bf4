import { concat, copyBytes, toHex } from '../../base/bytes.ts'
import { KEPT_BYTES_OVERHEAD, MAX_FRAGMENT_MEMORY, MAX_FRAGMENTED_DATAGRAMS } from '../../base/limits.ts'
import { type IpFragment, type IpPacket, upperLayer } from './ip.ts'

/** The largest payload of an IP datagram, in bytes. */
const MAX_DATAGRAM_LENGTH = 65_535

interface Part {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** One datagram of which fragments have come. */
interface Datagram {
  /** In the order of their offsets, without overlap. */
  readonly parts: Part[]
  received: number
  /** Length of the payload, once the last fragment has come. */
  length: number | undefined
  /** Of the first fragment. */
  protocol: number
}

/**
 * Puts fragments together. A datagram whose fragments overlap, other than by being repeated, is dropped whole: receivers
 * disagree about which bytes win, so nobody can say what the receiver saw.
 */
export class IpReassembler {
  readonly #datagrams = new Map<string, Datagram>()
  #memory = 0

  /** @returns the packet itself if it is whole, the datagram that it completes, or undefined while fragments are missing */
  push(packet: IpPacket): IpPacket | undefined {
    const { fragment } = packet
    if (fragment === undefined) return packet
    const key = keyOf(packet, fragment)
    const datagram = this.#datagrams.get(key) ?? this.#begin(key)
    const isSound = packet.missing === 0 && this.#add(datagram, packet, fragment)
    if (!isSound) this.#forget(key)
    else if (datagram.received === datagram.length) {
      this.#forget(key)
      return whole(packet, datagram)
    }
    this.#makeRoom()
    return undefined
  }

  #begin(key: string): Datagram {
    const datagram: Datagram = { parts: [], received: 0, length: undefined, protocol: 0 }
    this.#datagrams.set(key, datagram)
    return datagram
  }

  /** Returns false when the fragment contradicts another. */
  #add(datagram: Datagram, { payload, protocol }: IpPacket, { offset, more }: IpFragment): boolean {
    const end = offset + payload.length
    if (payload.length === 0 || end > MAX_DATAGRAM_LENGTH) return false
    const { parts } = datagram
    const index = firstFrom(parts, offset)
    const [before, after] = [parts[index - 1], parts[index]]
    if (after?.offset === offset) return after.bytes.length === payload.length
    if (before !== undefined && before.offset + before.bytes.length > offset) return false
    if (after !== undefined && after.offset < end) return false
    if (!more) {
      if (datagram.length !== undefined || after !== undefined) return false
      datagram.length = end
    } else if (datagram.length !== undefined && end > datagram.length) return false
    if (offset === 0) datagram.protocol = protocol
    parts.splice(index, 0, { offset, bytes: copyBytes(payload) })
    datagram.received += payload.length
    this.#memory += payload.length + KEPT_BYTES_OVERHEAD
    return true
  }

  #forget(key: string): void {
    const datagram = this.#datagrams.get(key)
    if (datagram === undefined) return
    this.#memory -= datagram.received + datagram.parts.length * KEPT_BYTES_OVERHEAD
    this.#datagrams.delete(key)
  }

  /** Drops the oldest datagrams: their missing fragments were lost, or are not in the capture. */
  #makeRoom(): void {
    for (const key of this.#datagrams.keys()) {
      if (this.#datagrams.size <= MAX_FRAGMENTED_DATAGRAMS && this.#memory <= MAX_FRAGMENT_MEMORY) return
      this.#forget(key)
    }
  }
}

/** Index of the first part that does not begin before `offset`; thousands may come in any order. */
function firstFrom(parts: readonly Part[], offset: number): number {
  let [low, high] = [0, parts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((parts[middle]?.offset ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}

function keyOf({ source, destination, protocol }: IpPacket, { id }: IpFragment): string {
  // the fragments of an IPv6 datagram may name different protocols, and only that of the first counts
  const kind = source.length === 4 ? protocol : 'v6'
  return `${toHex(source)} ${toHex(destination)} ${kind} ${id}`
}

function whole(packet: IpPacket, { parts, protocol }: Datagram): IpPacket | undefined {
  const payload = concat(parts.map(({ bytes }) => bytes))
  const complete = { ...packet, protocol, payload, fragment: undefined }
  if (packet.source.length === 4) return complete
  const upper = upperLayer(protocol, payload)
  // a fragment inside a fragment is an attack
  return upper.ok && upper.value.fragment === undefined ? { ...complete, ...upper.value } : undefined
}
