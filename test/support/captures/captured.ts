import type { CapturedPacket } from '../../../src/wire/capture/packet.ts'
import { decodeIpPacket, type IpPacket, PROTOCOL_TCP } from '../../../src/wire/network/ip.ts'
import { linkLayer } from '../../../src/wire/network/link-layer.ts'
import { decodeTcpSegment, type TcpSegment } from '../../../src/wire/network/tcp-segment.ts'
import { decodeUdpDatagram } from '../../../src/wire/network/udp-datagram.ts'
import { decodeUtpPacket, type UtpPacket } from '../../../src/wire/utp/packet.ts'
import { readCapture } from './capture-files.ts'

/** What our own captures carry, layer by layer. Everything in them must decode. */

export interface CapturedSegment extends TcpSegment {
  readonly packet: CapturedPacket
  readonly ip: IpPacket
}

export interface CapturedUtp extends UtpPacket {
  readonly packet: CapturedPacket
  readonly ip: IpPacket
  readonly sourcePort: number
}

export function segmentsOf(blocks: readonly Uint8Array[]): readonly CapturedSegment[] {
  return ipPacketsOf(blocks)
    .filter(({ ip }) => ip.protocol === PROTOCOL_TCP)
    .map((layers) => ({ ...layers, ...valueOf(decodeTcpSegment(layers.ip.payload)) }))
}

export function utpPacketsOf(blocks: readonly Uint8Array[]): readonly CapturedUtp[] {
  return ipPacketsOf(blocks).map((layers) => {
    const { sourcePort, payload } = valueOf(decodeUdpDatagram(layers.ip.payload))
    const utp = decodeUtpPacket(payload)
    if (!utp.ok) throw new Error(utp.reason)
    return { ...layers, sourcePort, ...utp.packet }
  })
}

function ipPacketsOf(
  blocks: readonly Uint8Array[],
): readonly { readonly packet: CapturedPacket; readonly ip: IpPacket }[] {
  return readCapture(blocks).map((packet) => {
    const bytes = linkLayer(packet.linkType)?.ipPacket(packet.bytes)
    return { packet, ip: valueOf(decodeIpPacket(bytes ?? new Uint8Array())) }
  })
}

function valueOf<Value>(
  result: { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string },
): Value {
  if (!result.ok) throw new Error(result.reason)
  return result.value
}
