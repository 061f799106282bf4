import { expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { type SentEvent, SentStream } from '../../../../src/session/faults/sent-stream.ts'
import { encodeMessages } from '../../../../src/wire/message/message.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

const messages = encodeMessages([{ type: 'unchoke' }, { type: 'have', piece: 7 }])
// longer than any frame may be
const BROKEN = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7)

/** Where each event begins, and how long it is. */
function places(events: readonly SentEvent[]): readonly (readonly [string, number, number])[] {
  return events.map((event) => {
    if (event.type === 'unframed-sent') return [event.type, event.offset, event.length]
    if (event.type === 'sent') return [event.type, event.start, event.end - event.start]
    return [event.type, 0, 68]
  })
}

function streamOf(chunks: readonly Uint8Array[]): readonly SentEvent[] {
  const stream = new SentStream()
  for (const [at, bytes] of chunks.entries()) stream.push(at, bytes)
  stream.end(chunks.length)
  return stream.take()
}

test('whole handshakes and messages are read, however they are written', () => {
  const bytes = concat([theirHandshake(), messages])
  expect(places(streamOf([bytes]))).toStrictEqual([
    ['handshake-sent', 0, 68],
    ['sent', 68, 14],
  ])
  expect(places(streamOf(Array.from(bytes, (byte) => Uint8Array.of(byte))))).toStrictEqual([
    ['handshake-sent', 0, 68],
    ['sent', 68, 5],
    ['sent', 73, 9],
  ])
})

test('what is cut off counts at the end', () => {
  const cut = concat([theirHandshake(), messages]).subarray(0, 76)
  expect(streamOf([cut]).at(-1)).toStrictEqual({
    at: 1,
    type: 'unframed-sent',
    offset: 73,
    length: 3,
    first: Uint8Array.of(0, 0, 0),
  })
  expect(places(streamOf([theirHandshake().subarray(0, 28)]))).toStrictEqual([['unframed-sent', 0, 28]])
})

test('what cannot be framed is there when it is sent, with its first 256 bytes', () => {
  const more = new Uint8Array(200).fill(1)
  const events = streamOf([theirHandshake(), concat([messages, BROKEN]), more, more, more])
  expect(places(events)).toStrictEqual([
    ['handshake-sent', 0, 68],
    ['sent', 68, 14],
    ['unframed-sent', 82, 5],
    ['unframed-sent', 87, 200],
    ['unframed-sent', 287, 200],
    ['unframed-sent', 487, 200],
  ])
  const kept = events.flatMap((event) => (event.type === 'unframed-sent' ? [event.first.length] : []))
  expect(kept).toStrictEqual([5, 200, 51, 0])
})

test('a stream of another protocol', () => {
  const events = streamOf([new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')])
  expect(places(events)).toStrictEqual([['unframed-sent', 0, 28]])
})

test('each event is taken once', () => {
  const stream = new SentStream()
  stream.push(0, theirHandshake())
  expect(stream.take()).toHaveLength(1)
  expect(stream.take()).toStrictEqual([])
})
