import { concat } from '../../src/base/bytes.ts'
import { encodeMessage, encodeMessages } from '../../src/wire/message/message.ts'
import { TCP_FLAG } from '../../src/wire/network/tcp-segment.ts'
import {
  interfaceBlock,
  option,
  ORDERS,
  packetBlock,
  pcapFile,
  pcapngBlock,
  sectionBlock,
  simplePacketBlock,
} from '../support/captures/capture-files.ts'
import { capturedSessions, randomLooking } from '../support/captures/captured-session.ts'
import { OUR_ID, theirHandshake } from '../support/sessions/session.ts'
import { fragment, PCAP_HEADER, record, syn, tcp, udp, utp, UTP } from './capture-packets.ts'

/** A capture that is meant to break its reader. */
export interface HostileCapture {
  readonly name: string
  readonly chunks: () => Iterable<Uint8Array>
  /** `E_BAD_CAPTURE` in a file that is damaged; null where all of it can be read. */
  readonly error: 'E_BAD_CAPTURE' | null
}

const little = ORDERS['little-endian']
const { u16, u32 } = little
const PNG_HEAD = concat([sectionBlock(little), interfaceBlock(little, 101)])
const HELLO = theirHandshake(undefined, { peerId: OUR_ID })
const ONE_BYTE = Uint8Array.of(1)
/** More connections than are followed. */
const CONNECTIONS = 5000

/** Calls `make` so many times, and puts the results together to chunks that are worth a write. */
function* times(count: number, make: (index: number) => Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    parts.push(make(index))
    if (parts.length < 4096 && index < count - 1) continue
    yield concat(parts)
    parts = []
  }
}

function* pcap(...parts: readonly Iterable<Uint8Array>[]): Generator<Uint8Array> {
  yield PCAP_HEADER
  for (const part of parts) yield* part
}

/** A stream of the initiator of connection 1 in segments of such lengths. */
function* segments(stream: Uint8Array, length: number): Generator<Uint8Array> {
  yield* times(Math.ceil(stream.length / length), (index) => {
    const payload = stream.subarray(index * length, (index + 1) * length)
    return record(tcp({ connection: 1 }, { sequence: 1 + index * length, payload }))
  })
}

function talk(...messages: Parameters<typeof encodeMessages>[0]): Uint8Array {
  return concat([HELLO, encodeMessages(messages)])
}

const BLOCK = { type: 'piece', piece: 0, begin: 0, block: new Uint8Array(16_384) } as const
const BLOCKS = talk(...Array.from({ length: 64 }, () => BLOCK))

export const HOSTILE_CAPTURES: readonly HostileCapture[] = [
  {
    name: 'a SYN flood of a million connections',
    error: null,
    chunks: () =>
      pcap(
        times(1_000_000, (connection) => record(tcp({ connection }, { sequence: 0, flags: TCP_FLAG.syn }))),
      ),
  },
  {
    name: 'uTP SYNs of 100 000 connections between the same ends',
    error: null,
    chunks: () =>
      pcap(
        times(100_000, (index) =>
          record(udp({ connection: 1 }, utp(UTP.syn, { id: index & 0xffff, number: index >> 8 }))),
        ),
      ),
  },
  {
    name: 'the last piece that there can be, on every connection',
    error: null,
    chunks: () => {
      const payload = concat([theirHandshake(), encodeMessage({ type: 'have', piece: 16_777_207 })])
      return pcap(
        times(CONNECTIONS, (connection) =>
          concat([
            syn(connection),
            record(tcp({ connection }, { payload: HELLO })),
            record(tcp({ connection, reply: true }, { payload })),
          ]),
        ),
      )
    },
  },
  {
    name: 'a message of 2 MiB that is never complete, on every connection',
    error: null,
    chunks: () => {
      const payload = new Uint8Array(60_000)
      payload.set(HELLO)
      payload.set([0, 0x1f, 0xff, 0xff, 5], 68)
      return pcap(
        times(CONNECTIONS, (connection) =>
          concat([syn(connection), record(tcp({ connection }, { payload }))]),
        ),
      )
    },
  },
  {
    name: 'a whole message of 59 KB on every connection, which takes longer than a chunk to come',
    error: null,
    chunks: () => {
      const payload = new Uint8Array(60_000)
      payload.set(HELLO)
      payload.set([0, 0, 0xea, 0x10, 5], 68)
      const [first, second] = [payload.subarray(0, 30_000), payload.subarray(30_000)]
      return pcap(
        times(CONNECTIONS, (connection) =>
          concat([
            syn(connection),
            record(tcp({ connection }, { payload: first })),
            record(tcp({ connection }, { sequence: 30_001, payload: second })),
          ]),
        ),
      )
    },
  },
  {
    name: 'random bytes like keys on both sides of every connection, and then what may be a message',
    error: null,
    chunks: () => {
      const payload = concat([
        randomLooking(7, 1000),
        Uint8Array.of(0, 1, 0xff, 0, 20),
        new Uint8Array(60_000),
      ])
      return pcap(
        times(CONNECTIONS, (connection) =>
          concat([
            syn(connection),
            record(tcp({ connection }, { payload })),
            record(tcp({ connection, reply: true }, { payload })),
          ]),
        ),
      )
    },
  },
  {
    name: 'a byte after a gap, a thousand times on each connection',
    error: null,
    chunks: () =>
      pcap(
        times(1000, (connection) => syn(connection)),
        times(1_000_000, (index) =>
          record(
            tcp(
              { connection: index % 1000 },
              { sequence: 100_000 - 2 * Math.floor(index / 1000), payload: ONE_BYTE },
            ),
          ),
        ),
      ),
  },
  {
    name: 'uTP packets with a gap before each of them',
    error: null,
    chunks: () =>
      pcap(
        times(300_000, (index) =>
          record(udp({ connection: 1 }, utp(UTP.data, { number: (2 * index) & 0xffff }, ONE_BYTE))),
        ),
      ),
  },
  {
    name: 'a million fragments of one byte that never make a datagram',
    error: null,
    chunks: () =>
      pcap(
        times(1_000_000, (index) =>
          record(fragment(index >> 12, 8 * (8000 - (index & 0xfff)), true, ONE_BYTE)),
        ),
      ),
  },
  {
    name: 'fragments that overlap with other data, reach over the end, and are one in another',
    error: null,
    chunks: () => {
      const filled = (value: number, length: number) => new Uint8Array(length).fill(value)
      return pcap(
        times(10_000, (id) =>
          concat([
            record(fragment(id, 0, true, filled(1, 64))),
            record(fragment(id, 32, true, filled(2, 64))),
            record(fragment(id, 65_528, false, filled(3, 64))),
            record(fragment(id, 8, false, fragment(id, 8, true, filled(4, 64)))),
          ]),
        ),
      )
    },
  },
  {
    name: 'a stream without its begin, in which a message may begin, a byte at a time',
    error: null,
    chunks: () => {
      const stream = new Uint8Array(250_000)
      stream.set([0, 1, 0xff, 0xf0, 20])
      return pcap(segments(stream, 1))
    },
  },
  { name: 'blocks in segments of one byte', error: null, chunks: () => pcap([syn(1)], segments(BLOCKS, 1)) },
  {
    name: 'a gap after every segment',
    error: null,
    chunks: () =>
      pcap(
        [syn(1)],
        times(200_000, (index) =>
          concat([
            record(tcp({ connection: 1 }, { sequence: 1 + index * 2000, payload: BLOCKS.subarray(0, 1000) })),
            record(tcp({ connection: 1, reply: true }, { acknowledged: 1 + (index + 1) * 2000 })),
          ]),
        ),
      ),
  },
  {
    name: 'segments in reverse, that overlap with other data',
    error: null,
    chunks: () =>
      pcap(
        [syn(1)],
        times(100_000, (index) =>
          record(
            tcp(
              { connection: 1 },
              { sequence: 2_000_000 - 10 * index, payload: new Uint8Array(40).fill(index) },
            ),
          ),
        ),
      ),
  },
  {
    name: 'lengths of 4 GiB: of a message, of a block, of the gap before a segment, and of packets',
    error: null,
    chunks: () => {
      const first = concat([HELLO, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7)])
      const second = talk({ type: 'request', piece: 0xffffffff, begin: 0xffffffff, length: 0xffffffff })
      const ahead = { sequence: 0x7fffffff, payload: second }
      const behind = { sequence: 0x80000002, payload: second }
      return pcap([
        concat([1, 2, 3].map(syn)),
        record(tcp({ connection: 1 }, { payload: first }), { originalLength: 0xffffffff }),
        record(tcp({ connection: 1, reply: true }, { payload: first }), { originalLength: 0xffffffff }),
        record(tcp({ connection: 2 }, { payload: second })),
        record(tcp({ connection: 2 }, ahead)),
        record(tcp({ connection: 2 }, behind)),
        record(tcp({ connection: 3 }, { sequence: 0xffffffff, payload: second })),
        record(tcp({ connection: 3 }, { sequence: 0x7ffffffe, flags: TCP_FLAG.fin | TCP_FLAG.ack })),
      ])
    },
  },
  {
    name: 'lengths of IP, TCP and UDP that are not true',
    error: null,
    chunks: () =>
      pcap(
        times(65_536, (index) => {
          const packet =
            index % 2 === 0 ? tcp({ connection: 1 }, { payload: HELLO }) : udp({ connection: 1 }, HELLO)
          packet[0] = 0x40 | (index & 0x0f)
          packet[2] = index >> 8
          packet[3] = index
          packet[24] = index >> 4
          packet[32] = index
          return record(packet)
        }),
      ),
  },
  {
    name: 'selective acknowledgements of 255 bytes, chains of extensions, and RESETs',
    error: null,
    chunks: () => {
      const acknowledgement = concat([Uint8Array.of(0, 255), new Uint8Array(255).fill(0xff)])
      const chain = concat(Array.from({ length: 600 }, () => Uint8Array.of(1, 0)))
      return pcap(
        times(100_000, (index) => {
          const type = [UTP.data, UTP.state, UTP.reset, UTP.fin][index % 4] ?? UTP.data
          const bytes = index % 7 === 0 ? chain : acknowledgement
          const header = { id: 1 + (index & 1), number: index & 0xffff, acknowledged: (index * 7) & 0xffff }
          return record(
            udp({ connection: 1, reply: index % 3 === 0 }, utp(type, header, ONE_BYTE, { first: 1, bytes })),
          )
        }),
      )
    },
  },
  {
    name: 'frames of nothing but VLAN tags',
    error: null,
    chunks: function* () {
      const frame = new Uint8Array(200_000).fill(0x81)
      for (let at = 12; at < frame.length; at += 4) frame.set([0x81, 0, 0, 1], at)
      const packets = [{ seconds: 1, fraction: 0, bytes: frame }]
      yield pcapFile(little, {}, packets)
      yield* times(200, () => record(frame))
    },
  },
  {
    name: 'times that go back, are far away, or have units that no clock has',
    error: null,
    chunks: () => {
      const packet = tcp({ connection: 1 }, { payload: HELLO })
      const back = tcp({ connection: 1, reply: true }, { payload: theirHandshake() })
      const section = (resolution: number, offset: Uint8Array) =>
        concat([
          sectionBlock(little),
          interfaceBlock(little, 101, {
            options: [option(little, 9, Uint8Array.of(resolution)), option(little, 14, offset)],
          }),
          packetBlock(little, { units: 2n ** 64n - 1n }, packet),
          packetBlock(little, { units: 0n }, back),
        ])
      const offsets = [u32(0, 0), u32(0xffffffff, 0x7fffffff), u32(0, 0x80000000)]
      return [0, 9, 127, 128, 255].flatMap((resolution) =>
        offsets.map((offset) => section(resolution, offset)),
      )
    },
  },
  {
    name: 'thousands of interfaces in each section, options without a length, and resolved names',
    error: null,
    chunks: () => {
      const options = Array.from({ length: 50 }, (_, code) => option(little, 1 + code))
      const names = pcapngBlock(little, 4, concat([u16(1, 0xffff), new Uint8Array(60_000)]))
      const interfaces = Array.from({ length: 4096 }, () => interfaceBlock(little, 101, { options }))
      const packet = tcp({ connection: 1 }, { payload: HELLO })
      const section = concat([
        sectionBlock(little),
        ...interfaces,
        names,
        packetBlock(little, { id: 4095 }, packet),
        simplePacketBlock(little, 0xffffffff, packet),
      ])
      return times(20, () => section)
    },
  },
  {
    name: 'one interface more than may be',
    error: 'E_BAD_CAPTURE',
    chunks: () => [sectionBlock(little), ...times(4097, () => interfaceBlock(little))],
  },
  {
    name: 'a packet on an interface that is not described',
    error: 'E_BAD_CAPTURE',
    chunks: () => [PNG_HEAD, packetBlock(little, { id: 0xffffffff }, ONE_BYTE)],
  },
  {
    name: 'an unknown link type',
    error: 'E_BAD_CAPTURE',
    chunks: () => [
      pcapFile(little, { linkType: 0xfffe }, [{ seconds: 1, fraction: 0, bytes: new Uint8Array(60) }]),
    ],
  },
  {
    name: 'a block of 4 GiB',
    error: 'E_BAD_CAPTURE',
    chunks: function* () {
      yield concat([PNG_HEAD, u32(6, 0xfffffffc)])
      yield* times(64, () => new Uint8Array(65_536))
    },
  },
  {
    name: 'a block of 16 MiB of which the last byte is missing',
    error: 'E_BAD_CAPTURE',
    chunks: function* () {
      yield concat([PNG_HEAD, u32(4, 16 * 2 ** 20)])
      yield* times(255, () => new Uint8Array(65_536))
      yield new Uint8Array(65_536 - 9)
    },
  },
  {
    name: 'a packet of 4 GiB in a pcap file',
    error: 'E_BAD_CAPTURE',
    chunks: () => [PCAP_HEADER, u32(1, 0, 0xffffffff, 0xffffffff), new Uint8Array(65_536)],
  },
  {
    name: 'a section of a version that does not exist, after a session',
    error: 'E_BAD_CAPTURE',
    chunks: () => {
      const body = concat([u32(0x1a2b3c4d), u16(2, 0), u32(0xffffffff, 0xffffffff)])
      return [capturedSessions(), pcapngBlock(little, 0x0a0d0d0a, body)]
    },
  },
]
