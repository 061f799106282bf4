import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../src/base/bytes.ts'
import { PeerSession } from '../../src/session/peer/session.ts'
import type { SessionEvent } from '../../src/session/peer/step.ts'
import { encodeMessages } from '../../src/wire/message/message.ts'
import { cutBytes } from '../support/wire/decode-chunks.ts'
import {
  EXTENSION_HANDSHAKE,
  initiator,
  outline,
  theirHandshake,
  TORRENT,
} from '../support/sessions/session.ts'
import { readableMessage } from '../support/wire/wire-arbitraries.ts'

const stream = fc
  .record({
    features: fc.subarray(['extension-protocol', 'fast', 'dht'] as const),
    messages: fc.array(fc.oneof(readableMessage, fc.constant(EXTENSION_HANDSHAKE)), { maxLength: 12 }),
    end: fc.constantFrom('', '000000', '80000000', 'ffffffff07', '0000ffff'),
  })
  .map(({ features, messages, end }) =>
    concat([theirHandshake(features), encodeMessages(messages), fromHex(end)]),
  )

test('how the peer cuts its stream changes neither what is said nor what is known', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(stream, sizes, fc.boolean(), (bytes, cuts, accepts) => {
      const whole = run([bytes], accepts)
      expect(run(cutBytes(bytes, cuts), accepts)).toStrictEqual(whole)
      expect(run(cutBytes(bytes, [1]), accepts)).toStrictEqual(whole)
    }),
    { numRuns: 150 },
  )
})

function run(chunks: readonly Uint8Array[], accepts: boolean): unknown {
  const role = accepts ? ({ type: 'acceptor', find: () => TORRENT } as const) : initiator().role
  const session = new PeerSession({ ...initiator(), role })
  const outputs = [session.step({ type: 'connected', at: 0 })]
  for (const bytes of chunks) outputs.push(session.step({ type: 'bytes', at: 0, bytes }))
  const events = outputs.flatMap((output) => output.events)
  const { state, open, pendingLength } = session
  return {
    sent: toHex(concat(outputs.flatMap(({ send }) => send))),
    said: outline(events.filter(({ type }) => type === 'sent' || type === 'handshake-sent')),
    received: events.flatMap(received),
    failure: events.flatMap((event) =>
      event.type === 'failed' ? [event.error.message, event.error.offset] : [],
    ),
    open,
    pendingLength,
    counts: [...state.receivedCounts],
    choking: { ...pick(state.choking) },
    have: state.availability.bitfield?.renderRanges(),
    fast: [state.fast.allowedByPeer, state.fast.suggested],
    client: state.extensionHandshake?.client,
    dhtPort: state.dhtPort,
  }
}

function received(event: SessionEvent): unknown[] {
  if (event.type !== 'received') return []
  return event.messages.map((message, i) => [event.offsets[i], toHex(encodeMessages([message]))])
}

function pick({
  peerChoking,
  peerInterested,
  amChoking,
  amInterested,
}: PeerSession['state']['choking']): object {
  return { peerChoking, peerInterested, amChoking, amInterested }
}
