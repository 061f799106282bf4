import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { PeerError } from '../../src/base/errors.ts'
import type { CapturedPacket } from '../../src/wire/capture/packet.ts'
import {
  encodeEnhancedPacket,
  encodeInterfaceDescription,
  encodeSectionHeader,
} from '../../src/wire/capture/pcapng-writer.ts'
import { encodeTcpFrame } from '../../src/wire/network/frame.ts'
import { IpReassembler } from '../../src/wire/network/fragments.ts'
import { decodeIpPacket } from '../../src/wire/network/ip.ts'
import { linkLayer } from '../../src/wire/network/link-layer.ts'
import { decodeTcpSegment } from '../../src/wire/network/tcp-segment.ts'
import { decodeUdpDatagram } from '../../src/wire/network/udp-datagram.ts'
import {
  interfaceBlock,
  ORDERS,
  packetBlock,
  pcapFile,
  readCapture,
  sectionBlock,
  simplePacketBlock,
} from '../support/captures/capture-files.ts'
import { cutBytes } from '../support/wire/decode-chunks.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const order = fc.constantFrom(...Object.values(ORDERS))
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 })

const pcapngs = fc
  .tuple(order, fc.array(fc.tuple(fc.boolean(), bytes)))
  .map(([writer, packets]) =>
    concat([
      sectionBlock(writer),
      interfaceBlock(writer),
      ...packets.map(([isSimple, packet]) =>
        isSimple ? simplePacketBlock(writer, packet.length, packet) : packetBlock(writer, {}, packet),
      ),
    ]),
  )

const pcaps = fc
  .tuple(order, fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d), fc.array(bytes))
  .map(([writer, magic, packets]) =>
    pcapFile(
      writer,
      { magic },
      packets.map((packet, i) => ({ seconds: i, fraction: 1, bytes: packet })),
    ),
  )

/** Files of several sections, as `cat` makes them. */
const files = fc.oneof(
  pcaps,
  fc.array(pcapngs, { minLength: 1, maxLength: 3 }).map((sections) => concat(sections)),
)

test('how a capture is cut into chunks never changes what comes out', () => {
  fc.assert(
    fc.property(files, sizes, (file, lengths) => {
      const whole = readCapture([file])
      expect(readCapture(cutBytes(file, lengths))).toStrictEqual(whole)
      expect(readCapture(cutBytes(file, [1]))).toStrictEqual(whole)
    }),
  )
})

test('a capture that is cut gives the packets before the cut, and then says where the cut record begins', () => {
  fc.assert(
    fc.property(files, fc.nat(), (file, at) => {
      const cut = at % (file.length + 1)
      const whole = readCapture([file])
      const { packets, error } = tryRead(file.subarray(0, cut))
      expect(packets).toStrictEqual(whole.slice(0, packets.length))
      if (error === undefined) return
      expect(error.code).toBe('E_BAD_CAPTURE')
      expect(error.offset).toBeLessThanOrEqual(cut)
      // every packet that is whole was delivered
      expect(whole[packets.length]?.offset ?? cut).toBeGreaterThanOrEqual(error.offset ?? -1)
    }),
  )
})

test('a damaged capture gives packets or an error with an offset, and every layer copes with them', () => {
  fc.assert(
    fc.property(
      files,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (file, faults) => {
        const damaged = file.slice()
        for (const [at, byte] of faults) damaged[at % damaged.length] = byte
        const { packets, error } = tryRead(damaged)
        for (const packet of packets) readLayers(packet)
        if (error !== undefined) expect(error.offset).toBeLessThanOrEqual(damaged.length)
      },
    ),
    { numRuns: 500 },
  )
})

test('no bytes make a layer throw', () => {
  const frames = fc.tuple(fc.constantFrom(0, 1, 101, 113, 276), bytes)
  fc.assert(
    fc.property(fc.array(frames), (all) => {
      const reassembler = new IpReassembler()
      for (const [linkType, frame] of all) readLayers({ linkType, bytes: frame }, reassembler)
    }),
    { numRuns: 500 },
  )
})

test('what is written as pcapng is read back, from the frame to the payload', () => {
  const port = fc.nat(0xffff)
  const number = fc.nat(0xffffffff)
  const header = fc.record({
    sourcePort: port,
    destinationPort: port,
    sequence: number,
    acknowledged: number,
    flags: fc.nat(0x1f),
    window: port,
  })
  const ends = fc.constantFrom(4, 16).chain((length) =>
    fc.record({
      source: fc.uint8Array({ minLength: length, maxLength: length }),
      destination: fc.uint8Array({ minLength: length, maxLength: length }),
    }),
  )
  const hardware = { source: new Uint8Array(6), destination: new Uint8Array(6) }
  // up to the year 2109
  const at = fc.nat(2 ** 42 * 1000).map((microseconds) => microseconds / 1000)
  fc.assert(
    fc.property(ends, header, bytes, at, (addresses, tcp, payload, time) => {
      const frame = encodeTcpFrame({ ...addresses, hardware, id: 0 }, tcp, payload)
      const [packet] = readCapture([
        encodeSectionHeader({ comment: '', application: '' }),
        encodeInterfaceDescription({ linkType: 1, name: 'x', description: '' }),
        encodeEnhancedPacket({ at: time, bytes: frame }),
      ])
      expect(packet?.at).toBeCloseTo(time, 3)
      const ip = decodeIpPacket(linkLayer(1)?.ipPacket(packet?.bytes ?? frame) ?? frame)
      expect(ip).toMatchObject({ value: { source: addresses.source, destination: addresses.destination } })
      const segment = ip.ok ? decodeTcpSegment(ip.value.payload) : undefined
      expect(segment).toStrictEqual({ ok: true, value: { ...tcp, payload } })
    }),
  )
})

/** The packets up to an error, which must be about the capture. */
function tryRead(file: Uint8Array): {
  readonly packets: readonly CapturedPacket[]
  readonly error: PeerError | undefined
} {
  const packets: CapturedPacket[] = []
  try {
    readCapture([file], (packet) => packets.push(packet))
    return { packets, error: undefined }
  } catch (error) {
    if (!(error instanceof PeerError) || error.code !== 'E_BAD_CAPTURE') throw error
    return { packets, error }
  }
}

function readLayers(
  { linkType, bytes: frame }: Pick<CapturedPacket, 'linkType' | 'bytes'>,
  reassembler = new IpReassembler(),
): void {
  const bytes = linkLayer(linkType)?.ipPacket(frame)
  const ip = bytes === undefined ? undefined : decodeIpPacket(bytes)
  if (ip?.ok !== true) return
  const payload = reassembler.push(ip.value)?.payload ?? new Uint8Array()
  decodeTcpSegment(payload)
  decodeUdpDatagram(payload)
}
