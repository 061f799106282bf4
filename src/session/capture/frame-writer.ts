import { concat } from '../../base/bytes.ts'
import { IPV4_LENGTH, IPV6_LENGTH, parseIpAddress } from '../../wire/address.ts'
import { enhancedPacketLength, writeEnhancedPacket } from '../../wire/capture/pcapng-writer.ts'
import {
  type FrameAddresses,
  tcpFrameLength,
  udpFrameLength,
  writeTcpFrame,
  writeUdpFrame,
} from '../../wire/network/frame.ts'
import type { TcpHeader } from '../../wire/network/tcp-segment.ts'
import type { UdpHeader } from '../../wire/network/udp-datagram.ts'
import type { PacketSlab } from './packet-slab.ts'

/** The two ends of a connection. */
export const SIDES = ['local', 'remote'] as const

export type Side = (typeof SIDES)[number]

export function otherSide(side: Side): Side {
  return side === 'local' ? 'remote' : 'local'
}

/** An end of a connection, as a transport names it: the address can also be a host name. */
export interface CaptureEnd {
  readonly address: string
  readonly port: number
}

/** Both ends of a connection. */
export type CaptureEnds = Readonly<Record<Side, CaptureEnd>>

/** Locally administered hardware addresses: peerwire does not see the real ones. */
const HARDWARE: Readonly<Record<Side, Uint8Array>> = {
  local: Uint8Array.of(2, 0, 0, 0, 0, 1),
  remote: Uint8Array.of(2, 0, 0, 0, 0, 2),
}

/** The hardware addresses of a frame, by its sender. */
const HARDWARE_ENDS: Readonly<Record<Side, FrameAddresses['hardware']>> = {
  local: { source: HARDWARE.local, destination: HARDWARE.remote },
  remote: { source: HARDWARE.remote, destination: HARDWARE.local },
}

/** Most comments of one frame; further ones are counted. */
const MAX_COMMENTS = 8

/** Writes the frames of one connection as packet blocks. */
export class FrameWriter {
  readonly #ends: CaptureEnds
  readonly #addresses: Readonly<Record<Side, Uint8Array>>
  readonly #slab: PacketSlab
  readonly #ids: Record<Side, number> = { local: 0, remote: 0 }
  #comments: string[] = []
  #leftOut = 0

  constructor(ends: CaptureEnds, slab: PacketSlab) {
    this.#ends = ends
    this.#addresses = addressesOf(ends)
    this.#slab = slab
  }

  /** Whether a comment waits for the next frame. */
  get hasRemarks(): boolean {
    return this.#comments.length > 0
  }

  /** Adds a comment to the next frame. */
  remark(text: string): void {
    if (this.#comments.length < MAX_COMMENTS) this.#comments.push(text)
    else this.#leftOut++
  }

  /**
   * Writes a frame with a TCP segment.
   * @param at in milliseconds since the Unix epoch
   */
  tcp(at: number, from: Side, numbers: Omit<TcpHeader, keyof UdpHeader>, payload: Uint8Array): void {
    const addresses = this.#addressesOf(from)
    const frameAt = this.#begin(at, tcpFrameLength(addresses, payload))
    writeTcpFrame(this.#slab.memory, frameAt, addresses, { ...this.#portsOf(from), ...numbers }, payload)
  }

  /**
   * Writes a frame with a UDP datagram.
   * @param at in milliseconds since the Unix epoch
   */
  udp(at: number, from: Side, payload: Uint8Array): void {
    const addresses = this.#addressesOf(from)
    const frameAt = this.#begin(at, udpFrameLength(addresses, payload))
    writeUdpFrame(this.#slab.memory, frameAt, addresses, this.#portsOf(from), payload)
  }

  #addressesOf(from: Side): FrameAddresses {
    const to = otherSide(from)
    const id = this.#ids[from]
    this.#ids[from] = (id + 1) & 0xffff
    const { [from]: source, [to]: destination } = this.#addresses
    return { hardware: HARDWARE_ENDS[from], source, destination, id }
  }

  #portsOf(from: Side): UdpHeader {
    return { sourcePort: this.#ends[from].port, destinationPort: this.#ends[otherSide(from)].port }
  }

  /** Begins a block. @returns where its frame is to be written */
  #begin(at: number, length: number): number {
    const comments = this.#takeComments()
    const offset = this.#slab.begin(enhancedPacketLength(length, comments))
    return writeEnhancedPacket(this.#slab.memory, offset, { at, length, comments })
  }

  #takeComments(): readonly string[] {
    const comments = this.#comments
    if (comments.length === 0) return comments
    if (this.#leftOut > 0) comments.push(`and ${this.#leftOut} more`)
    this.#comments = []
    this.#leftOut = 0
    return comments
  }
}

/** Addresses of one family. One that is a name, because a proxy resolves it, becomes the unspecified address. */
function addressesOf({ local, remote }: CaptureEnds): Readonly<Record<Side, Uint8Array>> {
  const [from, to] = [local, remote].map(({ address }) => parseIpAddress(address.replace(/%.*$/, '')))
  const isIpv4 = [from, to].every((bytes) => bytes === undefined || bytes.length === IPV4_LENGTH)
  const bytesOf = (bytes: Uint8Array | undefined): Uint8Array => {
    if (isIpv4) return bytes ?? new Uint8Array(IPV4_LENGTH)
    if (bytes === undefined) return new Uint8Array(IPV6_LENGTH)
    return bytes.length === IPV4_LENGTH ? concat([IPV4_MAPPED, bytes]) : bytes
  }
  return { local: bytesOf(from), remote: bytesOf(to) }
}

/** `::ffff:0:0/96`, for a connection through a proxy of the other family. */
const IPV4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
