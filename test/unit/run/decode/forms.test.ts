import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import type { DecodeReport } from '../../../../src/report/model/decode.ts'
import { capturedSessions } from '../../../support/captures/captured-session.ts'
import { ORDERS, pcapFile, readCapture } from '../../../support/captures/capture-files.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import type { WrittenConnection } from '../../../support/sessions/observed.ts'

/** The same session in every form in which packets are captured gives the same messages. */

type Order = (typeof ORDERS)[keyof typeof ORDERS]

const LITTLE = ORDERS['little-endian']
const BIG = ORDERS['big-endian']

const ETHERNET_LENGTH = 14
const V6_ENDS = {
  local: { address: '2001:db8::1', port: 50_000 },
  remote: { address: '2001:db8::9', port: 6881 },
}

/** The IP packets of one session, and of connections that are not BitTorrent. */
function ipPackets(way: WrittenConnection = {}): readonly Uint8Array[] {
  return readCapture([capturedSessions([way])]).map(({ bytes }) => bytes.slice(ETHERNET_LENGTH))
}

function file(
  linkType: number,
  packets: readonly Uint8Array[],
  { order = LITTLE, originals = [] }: { readonly order?: Order; readonly originals?: readonly number[] } = {},
): Uint8Array {
  return pcapFile(
    order,
    { linkType },
    packets.map((bytes, i) => ({
      seconds: 1000 + i,
      fraction: 0,
      bytes,
      originalLength: originals[i] ?? bytes.length,
    })),
  )
}

const behind = (head: string, packets: readonly Uint8Array[]) =>
  packets.map((packet) => concat([fromHex(head.replaceAll(' ', '')), packet]))

/** An IPv4 packet in two fragments, the second first. */
function fragments(packet: Uint8Array, id: number): readonly Uint8Array[] {
  const payload = packet.subarray(20)
  const cut = Math.max(8, (payload.length >> 1) & ~7)
  if (payload.length <= cut) return [packet]
  return [
    { from: cut, to: payload.length, more: 0 },
    { from: 0, to: cut, more: 0x20 },
  ].map(({ from, to, more }) => {
    const head = packet.slice(0, 20)
    head.set(
      [
        (20 + to - from) >> 8,
        (20 + to - from) & 0xff,
        id >> 8,
        id & 0xff,
        more | (from >> 11),
        (from >> 3) & 0xff,
      ],
      2,
    )
    return concat([head, payload.subarray(from, to)])
  })
}

/** An IPv6 packet with hop-by-hop and destination options. */
function extended(packet: Uint8Array): Uint8Array {
  const head = packet.slice(0, 40)
  const next = (packet[6] ?? 0).toString(16).padStart(2, '0')
  const headers = fromHex(`3c00010400000000${next}00010400000000`)
  const length = packet.length - 40 + headers.length
  head.set([length >> 8, length & 0xff, 0], 4)
  return concat([head, headers, packet.subarray(40)])
}

const MACS = '020000000001 020000000002'
const COOKED = '0004 0001 0006 020000000001 0000'

const session = ({ capture }: DecodeReport) =>
  capture?.connections.find(({ protocol }) => protocol === 'bittorrent')

const WHOLE = {
  whole: true,
  losses: 0,
  messages: {
    sent: { extended: 1, interested: 1, request: 1 },
    received: { extended: 1, 'have-all': 1, unchoke: 1, piece: 1 },
  },
}

describe.each(['tcp', 'utp'] as const)('%s', (transport) => {
  const v4 = ipPackets({ transport })
  const v6 = ipPackets({ transport, ends: V6_ENDS }).filter((packet) => (packet[0] ?? 0) >> 4 === 6)

  test.each<readonly [string, Uint8Array]>([
    ['Ethernet', file(1, behind(`${MACS} 0800`, v4))],
    ['a VLAN', file(1, behind(`${MACS} 8100 0064 0800`, v4))],
    ['QinQ, IPv6', file(1, behind(`${MACS} 88a8 0001 8100 0002 86dd`, v6))],
    ['Linux cooked', file(113, behind(`${COOKED} 0800`, v4))],
    ['Linux cooked v2, IPv6', file(276, behind('86dd 0000 00000002 0001 00 06 0200000000010000', v6))],
    ['raw IP', file(101, v4)],
    ['the loopback of BSD', file(0, behind('02000000', v4))],
    ['the loopback of a big-endian machine', file(0, behind('00000002', v4), { order: BIG })],
    ['the loopback of OpenBSD', file(108, behind('00000018', v6))],
    ['extension headers of IPv6', file(229, v6.map(extended))],
    ['fragments, the second first', file(228, v4.flatMap(fragments))],
    [
      'packets twice',
      file(
        101,
        v4.flatMap((packet) => [packet, packet]),
      ),
    ],
  ])('%s', async (_, bytes) => {
    expect(session(await decodeBytes(bytes))).toMatchObject({ ...WHOLE, transport })
  })

  test('packets that are cut by the snap length lose no block', async () => {
    const cut = v4.map((packet) => packet.slice(0, 400))
    const report = await decodeBytes(file(101, cut, { originals: v4.map(({ length }) => length) }))
    expect(session(report)).toMatchObject({ whole: true, messages: WHOLE.messages })
  })

  test('a capture of one side', async () => {
    const isFromInitiator = (packet: Uint8Array) => packet[15] === 1
    const sent = session(await decodeBytes(file(101, v4.filter(isFromInitiator))))
    expect(sent).toMatchObject({ messages: { sent: WHOLE.messages.sent, received: {} } })
    const received = session(
      await decodeBytes(
        file(
          101,
          v4.filter((packet) => !isFromInitiator(packet)),
        ),
      ),
    )
    expect(received).toMatchObject({ messages: { sent: {}, received: WHOLE.messages.received } })
  })

  test('a start in the middle is told from the begin', async () => {
    const report = await decodeBytes(file(101, v4.slice(transport === 'tcp' ? 8 : 6)))
    expect(session(report)).toMatchObject({ whole: false, messages: { received: { piece: 1 } } })
    expect(report.report?.findings).toStrictEqual([])
  })
})

test.each([{}, { transport: 'utp' }] as const)(
  'ends that are used again are another connection (%o)',
  async (way) => {
    const twice = await decodeBytes(capturedSessions([way, way]))
    expect(twice.capture?.connections.filter(({ protocol }) => protocol === 'bittorrent')).toHaveLength(2)
  },
)
