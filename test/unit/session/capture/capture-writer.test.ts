import { describe, expect, test } from 'vitest'
import { concat, decodeUtf8 } from '../../../../src/base/bytes.ts'
import { VERSION } from '../../../../src/base/version.ts'
import { CaptureWriter, type ConnectionWriter } from '../../../../src/session/capture/capture-writer.ts'
import type { CaptureEnds, Side } from '../../../../src/session/capture/frame-writer.ts'
import { renderIpAddress } from '../../../../src/wire/address.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { TCP_FLAG } from '../../../../src/wire/network/tcp-segment.ts'
import { readCapture } from '../../../support/captures/capture-files.ts'
import { segmentsOf, utpPacketsOf } from '../../../support/captures/captured.ts'

const ENDS: CaptureEnds = {
  local: { address: '192.0.2.1', port: 50_000 },
  remote: { address: '198.51.100.9', port: 6881 },
}
const BYTES = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)

interface Setup {
  readonly transport?: 'tcp' | 'utp'
  readonly ends?: CaptureEnds
  readonly initiator?: Side
}

/** The blocks of a capture of one connection. */
function capture(
  act: (connection: ConnectionWriter) => void,
  { transport = 'tcp', ends = ENDS, initiator = 'local' }: Setup = {},
): readonly Uint8Array[] {
  const blocks: Uint8Array[] = []
  const writer = new CaptureWriter((bytes) => blocks.push(...blocksOf(bytes)))
  act(writer.open(1000, { transport, ends, initiator }))
  return blocks
}

function blocksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const blocks: Uint8Array[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0, length = 0; at < bytes.length; at += length) {
    length = view.getUint32(at + 4, true)
    blocks.push(bytes.subarray(at, at + length))
  }
  return blocks
}

const textOf = (blocks: readonly Uint8Array[]) => Buffer.from(concat(blocks)).toString('latin1')

test('the file says who wrote it, and that it is clear text', () => {
  const [section, description] = capture(() => undefined)
  expect(decodeUtf8(section?.subarray(28) ?? new Uint8Array())).toContain('the clear text is here')
  expect(textOf([section ?? BYTES])).toContain(`peerwire ${VERSION}`)
  expect(textOf([description ?? BYTES])).toContain(`the sockets of peerwire ${VERSION}`)
})

const { syn, ack, fin, rst, psh } = TCP_FLAG

describe('TCP', () => {
  test.each(['local', 'remote'] as const)('a connection that the %s side opens', (initiator) => {
    const segments = segmentsOf(capture(() => undefined, { initiator }))
    expect(segments.map(({ flags }) => flags)).toStrictEqual([syn, syn | ack, ack])
    const port = ENDS[initiator].port
    expect(segments.map(({ sourcePort }) => sourcePort === port)).toStrictEqual([true, false, true])
    const [first, second, third] = segments
    expect(second?.acknowledged).toBe((first?.sequence ?? 0) + 1)
    expect(third?.acknowledged).toBe((second?.sequence ?? 0) + 1)
    expect(third?.sequence).toBe((first?.sequence ?? 0) + 1)
  })

  test('data keeps its order, its times and its sequence numbers, in segments that fit, and is acknowledged', () => {
    const segments = segmentsOf(
      capture((connection) => {
        connection.data(1001, 'local', BYTES.subarray(0, 68))
        connection.data(1002.5, 'remote', BYTES)
        connection.data(1003, 'local', BYTES.subarray(68, 70))
      }),
    )
    const from = (port: number) => segments.filter(({ sourcePort }) => sourcePort === port)
    for (const side of [ENDS.local.port, ENDS.remote.port]) {
      let next: number | undefined
      for (const { sequence, flags, payload } of from(side)) {
        if (next !== undefined) expect(sequence).toBe(next)
        next = sequence + payload.length + ((flags & syn) === 0 ? 0 : 1)
      }
    }
    const stream = (port: number) => concat(from(port).map(({ payload }) => payload))
    expect(stream(ENDS.local.port)).toStrictEqual(BYTES.subarray(0, 70))
    expect(stream(ENDS.remote.port)).toStrictEqual(BYTES)
    expect(Math.max(...segments.map(({ payload }) => payload.length))).toBe(1460)
    const data = segments.filter(({ payload }) => payload.length > 0)
    expect(new Set(data.map(({ packet }) => packet.at))).toStrictEqual(new Set([1001, 1002.5, 1003]))
    expect(data.filter(({ flags }) => (flags & psh) !== 0)).toHaveLength(3)
    // never more in flight than the window holds
    let flight = 0
    for (const { payload, sourcePort } of segments) {
      flight = sourcePort === ENDS.remote.port ? flight + payload.length : 0
      expect(flight).toBeLessThanOrEqual(65_535)
    }
    expect(segments.at(-1)).toMatchObject({ sourcePort: ENDS.remote.port, flags: ack })
  })

  test.each([
    ['us', 'fin', fin | ack, ENDS.local.port],
    ['peer', 'fin', fin | ack, ENDS.remote.port],
    ['us', 'rst', rst | ack, ENDS.local.port],
    ['peer', 'rst', rst | ack, ENDS.remote.port],
  ] as const)(
    'an end by %s with %s is sent by that side, and is the last segment',
    (by, kind, flags, port) => {
      const segments = segmentsOf(
        capture((connection) => {
          connection.closed(1001, { by, kind })
          connection.data(1002, 'local', BYTES)
          connection.closed(1003, { by: 'us', kind: 'rst' })
        }),
      )
      expect(segments).toHaveLength(4)
      expect(segments.at(-1)).toMatchObject({ flags, sourcePort: port, packet: { at: 1001 } })
    },
  )

  test.each([
    ['network', null],
    ['us', null],
  ] as const)('an end by %s that nobody sent writes nothing', (by, kind) => {
    expect(segmentsOf(capture((connection) => connection.closed(1001, { by, kind })))).toHaveLength(3)
  })
})

describe('uTP', () => {
  test.each(['local', 'remote'] as const)(
    'ids and numbers of a connection that the %s side opens',
    (initiator) => {
      const other = initiator === 'local' ? 'remote' : 'local'
      const packets = utpPacketsOf(
        capture(
          (connection) => {
            connection.data(1001, initiator, BYTES.subarray(0, 68))
            connection.data(1002, other, BYTES.subarray(0, 1401))
            connection.closed(1003, { by: 'peer', kind: 'fin' })
          },
          { transport: 'utp', initiator },
        ),
      )
      const isTheirs = (sourcePort: number) =>
        sourcePort === ENDS[initiator].port ? 'initiator' : 'acceptor'
      expect(
        packets.map((packet) => [
          isTheirs(packet.sourcePort),
          packet.type,
          packet.connectionId,
          packet.sequenceNumber,
          packet.acknowledged,
          packet.payload.length,
        ]),
      ).toStrictEqual([
        ['initiator', 'syn', 0, 1, 0, 0],
        ['acceptor', 'state', 0, 1, 1, 0],
        ['initiator', 'data', 1, 2, 0, 68],
        ['acceptor', 'state', 0, 1, 2, 0],
        ['acceptor', 'data', 0, 1, 2, 1400],
        ['acceptor', 'data', 0, 2, 2, 1],
        ['initiator', 'state', 1, 3, 2, 0],
        initiator === 'remote' ? ['initiator', 'fin', 1, 3, 2, 0] : ['acceptor', 'fin', 0, 3, 2, 0],
      ])
    },
  )
})

test('connections of one file have ids of their own', () => {
  const blocks: Uint8Array[] = []
  const writer = new CaptureWriter((block) => blocks.push(block))
  for (let i = 0; i < 3; i++) writer.open(1000, { transport: 'utp', ends: ENDS, initiator: 'remote' })
  const syns = utpPacketsOf(blocks).filter(({ type }) => type === 'syn')
  expect(syns.map(({ connectionId }) => connectionId)).toStrictEqual([0, 2, 4])
})

describe('remarks', () => {
  /** The comments of the packets that have any, with the payload of each. */
  const commented = (act: (connection: ConnectionWriter) => void, transport: 'tcp' | 'utp') => {
    const blocks = capture(act, { transport })
    const payloads = (transport === 'tcp' ? segmentsOf : utpPacketsOf)(blocks).map(({ payload }) => payload)
    return readCapture(blocks).flatMap(({ comments = [] }, i) =>
      comments.length === 0 ? [] : [[payloads[i]?.length, ...comments]],
    )
  }
  const HAVE: Message = { type: 'have', piece: 0 }
  const have = (count: number) => encodeMessages(Array.from({ length: count }, () => HAVE))

  test.each(['tcp', 'utp'] as const)('each is on the packet with its byte over %s', (transport) => {
    const written = commented((connection) => {
      // announced before the bytes
      connection.remark('remote', 9 * 100 + 3, 'the 101st')
      connection.remark('remote', 9 * 200, 'in the second packet')
      connection.remark('remote', 9 * 200, 'as well')
      connection.data(1001, 'remote', have(202))
      connection.remark('remote', 5, 'too late')
      connection.data(1002, 'local', have(1))
      connection.remark('local', undefined, 'on no byte')
      connection.closed(1003, { by: 'peer', kind: 'fin' })
    }, transport)
    const most = transport === 'tcp' ? 1458 : 1395
    expect(written).toStrictEqual([
      [most, 'the 101st'],
      [9 * 202 - most, 'in the second packet', 'as well'],
      [9, 'too late'],
      [0, 'on no byte'],
    ])
  })

  test.each([{ by: 'network', kind: null } as const, { by: 'us', kind: null } as const])(
    'what was found at an end without a packet is on a packet of its own: %o',
    (end) => {
      const written = commented((connection) => {
        connection.data(1001, 'remote', have(1))
        connection.remark('remote', 99, 'for bytes that never came')
        connection.closed(1002, end)
        connection.remark('remote', undefined, 'after the end')
      }, 'tcp')
      expect(written).toStrictEqual([[0, 'for bytes that never came']])
    },
  )

  test('a packet has eight at most, and the number of the others', () => {
    const [[, ...comments] = []] = commented((connection) => {
      for (let i = 0; i < 100; i++) connection.remark('remote', 0, `remark ${i}`)
      connection.data(1001, 'remote', have(1))
    }, 'tcp')
    expect(comments).toHaveLength(9)
    expect(comments.at(-1)).toBe('and 92 more')
  })

  test.each([
    ['rc4', 'encrypted with RC4 on the wire'],
    ['mse-plaintext', 'in plaintext on the wire'],
  ] as const)('%s is on the first packet of clear text', (encryption, text) => {
    const blocks = capture((connection) => {
      connection.encrypted(encryption)
      connection.data(1001, 'local', BYTES.subarray(0, 68))
    })
    expect(blocks.map((block) => textOf([block]).includes(text)).indexOf(true)).toBe(5)
    expect(blocks.filter((block) => textOf([block]).includes(text))).toHaveLength(1)
  })

  test('a connection that ends in the encryption handshake says so', () => {
    const blocks = capture((connection) => connection.notEncrypted(1001, { by: 'peer', kind: 'rst' }))
    expect(textOf(blocks.slice(-1))).toContain('it ended in the encryption handshake')
  })
})

test.each([
  ['::1', '::1', '::1', '::1'],
  ['fe80::1%eth0', 'fe80::2', 'fe80::1', 'fe80::2'],
  ['127.0.0.1', '2001:db8::1', '::ffff:127.0.0.1', '2001:db8::1'],
  ['127.0.0.1', 'seed.example', '127.0.0.1', '0.0.0.0'],
  ['::1', 'seed.example', '::1', '::'],
])('between %s and %s', (local, remote, source, destination) => {
  const ends = { local: { ...ENDS.local, address: local }, remote: { ...ENDS.remote, address: remote } }
  const blocks = capture(() => undefined, { ends })
  const [first] = segmentsOf(blocks)
  expect([first?.ip.source, first?.ip.destination].map((ip) => renderIpAddress(ip ?? BYTES))).toStrictEqual([
    source,
    destination,
  ])
  expect(textOf(blocks).includes('known only to the proxy')).toBe(remote === 'seed.example')
})

test('the file can be read, and its times do not go back', () => {
  const blocks = capture((connection) => {
    connection.data(1001, 'local', BYTES)
    connection.closed(1002, { by: 'us', kind: 'fin' })
  })
  const times = readCapture(blocks).map(({ at }) => at ?? 0)
  expect(times).toStrictEqual(times.toSorted((a, b) => a - b))
})
