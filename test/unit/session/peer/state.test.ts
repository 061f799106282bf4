import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../../src/base/bytes.ts'
import { SessionState } from '../../../../src/session/peer/state.ts'
import { encodeDonthaveMessage } from '../../../../src/wire/extension/donthave.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { decodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import type { NamedFeature } from '../../../../src/wire/handshake/reserved-bits.ts'
import { ALL_FEATURES, theirHandshake } from '../../../support/sessions/session.ts'

function stateOf(
  theirs: readonly NamedFeature[] = ALL_FEATURES,
  pieceCount: number | undefined = 20,
): SessionState {
  const state = new SessionState(ALL_FEATURES, pieceCount, new Map([['lt_donthave', 7]]))
  state.handshakeReceived(decodeHandshake(theirHandshake(theirs)))
  return state
}

function extensionHandshake(extensions: Record<string, number>): Message {
  const payload = encodeExtensionHandshake({ extensions: new Map(Object.entries(extensions)) })
  return { type: 'extended', id: 0, payload }
}

describe('what was not negotiated changes nothing but the counts', () => {
  const messages: readonly Message[] = [
    { type: 'have-all' },
    { type: 'have-none' },
    { type: 'allowed-fast', piece: 1 },
    { type: 'suggest', piece: 1 },
    extensionHandshake({ ut_pex: 1 }),
    { type: 'extended', id: 7, payload: encodeDonthaveMessage({ piece: 1 }) },
  ]
  test.each(messages)('$type', (message) => {
    const state = stateOf([])
    state.received(message)
    expect(state.receivedCounts.get(message.type)).toBe(1)
    expect(state.availability.source).toBe('none')
    expect([state.fast.allowedByPeer, state.fast.suggested]).toStrictEqual([[], []])
    expect(state.extensionHandshake).toBeUndefined()
  })
})

test('the phase follows what came', () => {
  const state = new SessionState(ALL_FEATURES, 20)
  const phases = [state.phase]
  state.handshakeReceived(decodeHandshake(theirHandshake()))
  phases.push(state.phase)
  for (const message of [
    extensionHandshake({}),
    { type: 'have-all' },
    { type: 'unchoke' },
    { type: 'choke' },
  ] as const) {
    state.received(message)
    phases.push(state.phase)
  }
  expect(phases).toStrictEqual([
    'handshake',
    'extension-handshake',
    'availability',
    'choking',
    'transfer',
    'choking',
  ])
})

test('extension handshakes add up', () => {
  const state = stateOf()
  state.received(extensionHandshake({ ut_pex: 1, ut_metadata: 2 }))
  state.received(extensionHandshake({ ut_pex: 0, lt_donthave: 3 }))
  expect(Object.fromEntries(state.extensionHandshake?.extensions ?? [])).toMatchObject({
    ut_metadata: 2,
    lt_donthave: 3,
  })
})

test('an extension handshake that cannot be read leaves the one before', () => {
  const state = stateOf()
  state.received(extensionHandshake({ ut_pex: 1 }))
  state.received({ type: 'extended', id: 0, payload: fromHex('6c6c6c') })
  expect(state.extensionHandshake?.extensions.get('ut_pex')).toBe(1)
})

describe('lt_donthave', () => {
  test('a seed that lost a piece has all others', () => {
    const state = stateOf()
    state.received({ type: 'have-all' })
    state.received({ type: 'extended', id: 7, payload: encodeDonthaveMessage({ piece: 4 }) })
    expect(state.availability.bitfield?.renderRanges()).toBe('0-3,5-19')
    expect([state.availability.has(4), state.availability.has(5)]).toStrictEqual([false, true])
  })

  test.each(['', '000000', '00000014', 'ffffffff'])('a payload of %s changes nothing', (payload) => {
    const state = stateOf()
    state.received({ type: 'have-all' })
    state.received({ type: 'extended', id: 7, payload: fromHex(payload) })
    expect(state.availability.bitfield?.count).toBe(20)
  })
})

test('both sides of choking and interest, and the port', () => {
  const state = stateOf()
  state.sent({ type: 'interested' })
  state.sent({ type: 'unchoke' })
  state.received({ type: 'interested' })
  state.received({ type: 'unchoke' })
  state.received({ type: 'port', port: 6881 })
  const { amInterested, amChoking, peerInterested, peerChoking } = state.choking
  expect([amInterested, amChoking, peerInterested, peerChoking]).toStrictEqual([true, false, true, false])
  expect(state.dhtPort).toBe(6881)
  expect([...state.sentCounts, ...state.receivedCounts]).toHaveLength(5)
})
