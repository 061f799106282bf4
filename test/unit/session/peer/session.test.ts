import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { PeerSession, type SessionTorrent } from '../../../../src/session/peer/session.ts'
import type { SessionOutput } from '../../../../src/session/peer/step.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import { decodeHandshake, HANDSHAKE_LENGTH } from '../../../../src/wire/handshake/handshake.ts'
import { MessageDecoder } from '../../../../src/wire/message/decoder.ts'
import { encodeMessage, encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import type { NamedFeature } from '../../../../src/wire/handshake/reserved-bits.ts'
import { cutBytes } from '../../../support/wire/decode-chunks.ts'
import {
  ALL_FEATURES,
  EXTENSION_HANDSHAKE,
  INFO_HASH,
  initiator,
  OUR_ID,
  outline,
  theirHandshake,
  theirStart,
  TORRENT,
} from '../../../support/sessions/session.ts'

const HAVE_ALL: Message = { type: 'have-all' }

function connected(session: PeerSession, at = 0): SessionOutput {
  return session.step({ type: 'connected', at })
}

function feed(session: PeerSession, bytes: Uint8Array, at = 1): SessionOutput {
  return session.step({ type: 'bytes', at, bytes })
}

function opened(torrent: Partial<SessionTorrent> = {}, theirs: readonly NamedFeature[] = ALL_FEATURES) {
  const session = new PeerSession(initiator(torrent))
  connected(session)
  const output = feed(session, theirHandshake(theirs))
  return { session, output }
}

function acceptor(known = true): PeerSession {
  const find = () => (known ? TORRENT : undefined)
  return new PeerSession({ ...initiator(), role: { type: 'acceptor', find } })
}

function sentMessages(output: SessionOutput): Message[] {
  const decoder = new MessageDecoder({ from: 'messages' })
  return output.send.flatMap((bytes) => decoder.pushBatch(bytes).messages)
}

describe('our handshake', () => {
  test('an initiator sends all 68 bytes in one write, at once, and nothing else', () => {
    const { send, events, wakeAt } = connected(new PeerSession(initiator()), 50)
    expect(send.map(({ length }) => length)).toStrictEqual([HANDSHAKE_LENGTH])
    expect(decodeHandshake(send[0] as Uint8Array)).toMatchObject({ infoHash: INFO_HASH, peerId: OUR_ID })
    expect(outline(events)).toStrictEqual(['handshake-sent'])
    expect(wakeAt).toBe(1050)
  })

  test('an acceptor says nothing until it knows the torrent, after 48 bytes', () => {
    const session = acceptor()
    expect(connected(session).send).toStrictEqual([])
    const theirs = theirHandshake()
    expect(feed(session, theirs.subarray(0, 47)).send).toStrictEqual([])
    const answer = feed(session, theirs.subarray(47, 48))
    expect(answer.send.map(({ length }) => length)).toStrictEqual([HANDSHAKE_LENGTH])
    expect(session.open).toBe(false)
    const greeting = feed(session, theirs.subarray(48))
    expect(outline(greeting.events)).toStrictEqual(['handshake-received', 'sent extended', 'sent have-none'])
    expect(session.open).toBe(true)
  })

  test('an acceptor that is sent everything at once answers before it greets', () => {
    const session = acceptor()
    connected(session)
    const { send, events } = feed(session, theirStart([EXTENSION_HANDSHAKE, HAVE_ALL]))
    expect(send[0]).toHaveLength(HANDSHAKE_LENGTH)
    expect(outline(events)).toStrictEqual([
      'handshake-sent',
      'handshake-received',
      'sent extended',
      'sent have-none',
      'received extended',
      'received have-all',
    ])
  })

  test('an acceptor does not answer for a torrent that it does not have', () => {
    const session = acceptor(false)
    connected(session)
    const { send, events, wakeAt } = feed(session, theirHandshake())
    expect(send).toStrictEqual([])
    expect(outline(events)).toStrictEqual(['failed E_WRONG_INFO_HASH'])
    expect(wakeAt).toBeUndefined()
  })
})

describe('the greeting', () => {
  const half = Bitfield.fromBytes(fromHex('f00000'), 20)
  const rows: readonly {
    readonly name: string
    readonly theirs: readonly NamedFeature[]
    readonly have: 'none' | 'all' | Bitfield
    readonly sent: readonly Message[]
  }[] = [
    { name: 'nothing, with fast', theirs: ['fast'], have: 'none', sent: [{ type: 'have-none' }] },
    { name: 'nothing, without', theirs: [], have: 'none', sent: [] },
    { name: 'an empty bitfield, without', theirs: [], have: new Bitfield(20), sent: [] },
    { name: 'all, with fast', theirs: ['fast'], have: 'all', sent: [HAVE_ALL] },
    { name: 'a full bitfield, with fast', theirs: ['fast'], have: Bitfield.full(20), sent: [HAVE_ALL] },
    { name: 'all, without', theirs: [], have: 'all', sent: [{ type: 'bitfield', bits: fromHex('fffff0') }] },
    {
      name: 'some, with fast',
      theirs: ['fast'],
      have: half,
      sent: [{ type: 'bitfield', bits: half.toBytes() }],
    },
  ]

  test.each(rows)('$name', ({ theirs, have, sent }) => {
    const { output } = opened({ have }, theirs)
    expect(sentMessages(output)).toStrictEqual(sent)
    expect(output.send.length).toBeLessThanOrEqual(1)
  })

  test('begins with the extension handshake when both set the bit, in one write', () => {
    const { output } = opened()
    expect(output.send).toHaveLength(1)
    expect(sentMessages(output).map(({ type }) => type)).toStrictEqual(['extended', 'have-none'])
  })

  test('is not sent before their whole handshake', () => {
    const session = new PeerSession(initiator())
    connected(session)
    expect(feed(session, theirHandshake().subarray(0, 67)).send).toStrictEqual([])
  })
})

describe('refused handshakes', () => {
  const other = new Uint8Array(20).fill(0xbb)
  const rows = [
    {
      name: 'another info hash',
      bytes: theirHandshake([], { infoHash: other }),
      code: 'E_WRONG_INFO_HASH',
      offset: 28,
    },
    {
      name: 'our own peer id',
      bytes: theirHandshake([], { peerId: OUR_ID }),
      code: 'E_SELF_CONNECTION',
      offset: 48,
    },
    {
      name: 'HTTP',
      bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n'),
      code: 'E_NOT_BITTORRENT_HTTP',
      offset: 0,
    },
    { name: 'SSH', bytes: Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), code: 'E_NOT_BITTORRENT_SSH', offset: 0 },
    { name: 'TLS', bytes: fromHex('15030300020246'), code: 'E_NOT_BITTORRENT_TLS', offset: 0 },
    { name: 'noise', bytes: new Uint8Array(68).fill(0x99), code: 'E_NOT_BITTORRENT', offset: 0 },
    {
      name: 'another protocol name',
      bytes: concat([theirHandshake().subarray(0, 10), new Uint8Array(58)]),
      code: 'E_NOT_BITTORRENT',
      offset: 10,
    },
  ]

  test.each(rows)('$name', ({ bytes, code, offset }) => {
    for (const size of [bytes.length, 1]) {
      const session = new PeerSession(initiator())
      connected(session)
      const events = cutBytes(bytes, [size]).flatMap((chunk) => feed(session, chunk).events)
      const last = events.at(-1)
      expect(last).toMatchObject({ type: 'failed', error: { code, offset, phase: 'handshake' } })
      expect(session.open).toBe(false)
      // nothing is taken, sent or waited for any more
      expect(feed(session, theirHandshake())).toStrictEqual({ send: [], events: [], wakeAt: undefined })
    }
  })

  test('the v2 hash of a hybrid makes a v2 session, whether we set the bit or not', () => {
    for (const features of [['v2'], []] as const) {
      const session = new PeerSession(initiator({ v2InfoHash: other }, { features }))
      connected(session)
      feed(session, theirHandshake(['v2'], { infoHash: other }))
      expect(session.open).toBe(true)
      expect(session.state.pieceSpace).toBe('v2')
    }
  })

  test('where one hash of a hybrid is not known, another hash may be that', () => {
    const rows = [
      { torrent: {}, hint: expect.stringContaining('the v2 hash of the same hybrid') },
      { torrent: { isV2: true }, hint: expect.stringContaining('the v1 hash of the same hybrid') },
      { torrent: { v2InfoHash: new Uint8Array(20).fill(3) }, hint: undefined },
    ]
    for (const { torrent, hint } of rows) {
      const session = new PeerSession(initiator(torrent))
      connected(session)
      const last = feed(session, theirHandshake([], { infoHash: other })).events.at(-1)
      expect(last).toMatchObject({ type: 'failed', error: { code: 'E_WRONG_INFO_HASH', hint } })
    }
  })
})

test('the v2 bit of a peer alone makes no v2 session, whoever began and whatever bits we set', () => {
  const theirs = theirHandshake([...ALL_FEATURES, 'v2'])
  const request: Message = {
    type: 'hash-request',
    request: { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
  }
  const asInitiator = new PeerSession(initiator())
  const asInitiatorWithBit = new PeerSession(initiator({}, { features: [...ALL_FEATURES, 'v2'] }))
  for (const session of [asInitiator, asInitiatorWithBit, acceptor()]) {
    connected(session)
    feed(session, theirs)
    expect(session.open).toBe(true)
    expect(session.state).toMatchObject({ pieceSpace: 'v1' })
    expect(session.state.negotiated('v2')).toBe(false)
    expect(() => session.checkSend([request])).toThrow('hash-request needs v2, which was not negotiated')
  }
})

describe('time', () => {
  test('a handshake is late at its deadline, not before, and says how much of it came', () => {
    const session = new PeerSession(initiator())
    connected(session, 100)
    feed(session, theirHandshake().subarray(0, 30), 200)
    expect(session.step({ type: 'tick', at: 1099.9 }).events).toStrictEqual([])
    const { events } = session.step({ type: 'tick', at: 1100 })
    expect(events).toMatchObject([
      { type: 'failed', error: { code: 'E_HANDSHAKE_TIMEOUT', offset: 30, phase: 'handshake' } },
    ])
    expect((events[0] as { error: Error }).error.message).toContain('30 of 68')
  })

  test('a keep-alive goes out after silence of ours, counted from what was sent last', () => {
    const session = new PeerSession(initiator({}, { keepAliveAfterMs: 500 }))
    connected(session, 0)
    expect(feed(session, theirHandshake(), 10).wakeAt).toBe(510)
    expect(session.step({ type: 'send', at: 300, messages: [{ type: 'interested' }] }).wakeAt).toBe(800)
    expect(session.step({ type: 'tick', at: 799 }).send).toStrictEqual([])
    const { send, wakeAt } = session.step({ type: 'tick', at: 800 })
    expect(send).toStrictEqual([new Uint8Array(4)])
    expect(wakeAt).toBe(1300)
    // what the peer sends does not count
    expect(feed(session, new Uint8Array(4), 1200).wakeAt).toBe(1300)
  })
})

describe('sending', () => {
  test('nothing before the handshakes', () => {
    const session = new PeerSession(initiator())
    connected(session)
    expect(() => session.step({ type: 'send', at: 1, messages: [{ type: 'interested' }] })).toThrow(
      expect.objectContaining({ code: 'E_NOT_NEGOTIATED', phase: 'handshake' }),
    )
  })

  const needs: readonly { readonly message: Message; readonly feature: NamedFeature }[] = [
    { message: HAVE_ALL, feature: 'fast' },
    { message: { type: 'have-none' }, feature: 'fast' },
    { message: { type: 'suggest', piece: 0 }, feature: 'fast' },
    { message: { type: 'allowed-fast', piece: 0 }, feature: 'fast' },
    { message: { type: 'reject', piece: 0, begin: 0, length: 1 }, feature: 'fast' },
    { message: EXTENSION_HANDSHAKE, feature: 'extension-protocol' },
    { message: { type: 'port', port: 1 }, feature: 'dht' },
  ]

  test.each(needs)('$message.type needs $feature on both sides', ({ message, feature }) => {
    const { session } = opened(
      {},
      ALL_FEATURES.filter((name) => name !== feature),
    )
    const before = session.state.sentCounts.get('interested')
    const messages: readonly Message[] = [{ type: 'interested' }, message]
    expect(() => session.step({ type: 'send', at: 2, messages })).toThrow(
      expect.objectContaining({ code: 'E_NOT_NEGOTIATED' }),
    )
    expect(session.state.sentCounts.get('interested')).toBe(before)
    const willing = opened({}, ALL_FEATURES).session
    expect(willing.step({ type: 'send', at: 2, messages }).send).toStrictEqual([encodeMessages(messages)])
  })
})

describe('places in the streams', () => {
  test('offsets count from connect, each way', () => {
    const { session, output } = opened()
    const greeting = output.events.find(({ type }) => type === 'sent')
    const extension = encodeMessage(sentMessages(output)[0] as Message).length
    expect(greeting).toMatchObject({ offsets: [68, 68 + extension], end: 68 + extension + 5 })
    const bytes = encodeMessages([HAVE_ALL, { type: 'have', piece: 3 }, { type: 'unchoke' }])
    const first = feed(session, bytes.subarray(0, 16)).events
    const rest = feed(session, bytes.subarray(16)).events
    expect(first).toMatchObject([{ type: 'received', offsets: [68, 73], start: 68, end: 82 }])
    expect(rest).toMatchObject([{ type: 'received', offsets: [82], start: 82, end: 87 }])
    expect(session.pendingLength).toBe(0)
  })

  test('they cost nothing until they are read', () => {
    const { session } = opened()
    const [event] = feed(session, encodeMessages([HAVE_ALL])).events
    // with a getter of its own, every event would get a hidden class of its own
    expect(Object.getOwnPropertyNames(event)).toStrictEqual(['at', 'type', 'messages', 'start', 'end'])
  })

  test('a frame too long fails with its place and phase, after what came before it', () => {
    const { session } = opened()
    const { events } = feed(session, concat([encodeMessage(EXTENSION_HANDSHAKE), fromHex('80000000 07')]))
    const offset = 68 + encodeMessage(EXTENSION_HANDSHAKE).length
    expect(outline(events)).toStrictEqual(['received extended', 'failed E_FRAME_TOO_LARGE'])
    expect(events[1]).toMatchObject({ error: { offset, phase: 'availability' } })
  })

  test('what was kept of a handshake survives the reuse of the memory that it came in', () => {
    const session = new PeerSession(initiator())
    connected(session)
    const buffer = Buffer.from(
      theirStart([EXTENSION_HANDSHAKE, { type: 'bitfield', bits: fromHex('f00000') }]),
    )
    feed(session, buffer)
    buffer.fill(0xee)
    expect(session.state.handshake?.infoHash).toStrictEqual(INFO_HASH)
    expect(session.state.availability.bitfield?.renderRanges()).toBe('0-3')
    expect(session.state.extensionHandshake?.client).toBe('peer 1')
  })
})
