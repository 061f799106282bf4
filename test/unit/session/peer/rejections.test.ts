import { expect, test } from 'vitest'
import { fromHex } from '../../../../src/base/bytes.ts'
import { refusal } from '../../../../src/session/peer/rejections.ts'
import { SessionState } from '../../../../src/session/peer/state.ts'
import { encodeMetadataMessage } from '../../../../src/wire/extension/metadata.ts'
import { decodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import type { NamedFeature } from '../../../../src/wire/handshake/reserved-bits.ts'
import { ALL_FEATURES, EXTENSION_HANDSHAKE, theirHandshake } from '../../../support/sessions/session.ts'

const OUR_METADATA_ID = 9
const REQUEST = { type: 'request', piece: 0xffff_ffff, begin: 0, length: 0xffff_ffff } as const
const HASHES = { piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 1 }

function stateOf(theirs: readonly NamedFeature[], extension = true): SessionState {
  const state = new SessionState(ALL_FEATURES, 20)
  state.handshakeReceived(decodeHandshake(theirHandshake(theirs)))
  if (extension) state.received(EXTENSION_HANDSHAKE)
  return state
}

function metadata(payload: Uint8Array): Message {
  return { type: 'extended', id: OUR_METADATA_ID, payload }
}

test('a request is rejected with its own numbers where the fast extension allows it', () => {
  expect(refusal(REQUEST, stateOf(['fast']), OUR_METADATA_ID)).toStrictEqual({ ...REQUEST, type: 'reject' })
  expect(refusal(REQUEST, stateOf([]), OUR_METADATA_ID)).toBeUndefined()
})

test('a hash request is always rejected', () => {
  const message = { type: 'hash-request', request: HASHES } as const
  expect(refusal(message, stateOf([]), OUR_METADATA_ID)).toStrictEqual({
    type: 'hash-reject',
    request: HASHES,
  })
})

test('a metadata request is rejected under the id of the peer', () => {
  const request = metadata(encodeMetadataMessage({ type: 'request', piece: 5 }))
  const payload = encodeMetadataMessage({ type: 'reject', piece: 5 })
  expect(refusal(request, stateOf(ALL_FEATURES), OUR_METADATA_ID)).toStrictEqual({
    type: 'extended',
    id: 3,
    payload,
  })
  expect(refusal(request, stateOf(ALL_FEATURES, false), OUR_METADATA_ID)).toBeUndefined()
})

test('a rejection, noise and other extensions get no answer', () => {
  const state = stateOf(ALL_FEATURES)
  const silent: readonly Message[] = [
    metadata(encodeMetadataMessage({ type: 'reject', piece: 5 })),
    metadata(fromHex('6c6c6c')),
    metadata(new Uint8Array()),
    { ...EXTENSION_HANDSHAKE },
    { type: 'cancel', piece: 1, begin: 2, length: 3 },
    { type: 'unknown', id: 99, payload: new Uint8Array() },
  ]
  for (const message of silent) expect(refusal(message, state, OUR_METADATA_ID)).toBeUndefined()
})
