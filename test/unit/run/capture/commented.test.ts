import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8 } from '../../../../src/base/bytes.ts'
import type { CaptureRecorder } from '../../../../src/net/capture/recorder.ts'
import { redactedCapture } from '../../../../src/cli/redaction/capture.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import { commentedCapture } from '../../../../src/run/capture/commented.ts'
import type { TorrentTarget } from '../../../../src/run/options.ts'
import { torrentTarget } from '../../../../src/run/serve/log.ts'
import { servedView } from '../../../../src/run/serve/served-view.ts'
import { encodeMessages, type Message, PIECE_HEAD_LENGTH } from '../../../../src/wire/message/message.ts'
import { segmentsOf } from '../../../support/captures/captured.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { leaks } from '../../../support/wire/forms-of.ts'
import { memoryTransports } from '../../../support/transports/memory-transport.ts'
import { commentsIn, remarkedFindings } from '../../../support/captures/packet-comments.ts'
import { recordedCapture } from '../../../support/captures/recorded-capture.ts'
import { SERVED } from '../../../support/peers/library-serving.ts'
import { INFO_HASH, OUR_ID, theirHandshake } from '../../../support/sessions/session.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const TORRENT = { infoHashes: { v1: INFO_HASH, v2: undefined }, name: undefined, metainfo: undefined }
const HELLO = theirHandshake(undefined, { peerId: OUR_ID })

interface Talk {
  readonly messages: readonly Message[]
  /** Bytes in each chunk. */
  readonly cut?: number
  readonly wrap?: (recorder: CaptureRecorder) => CaptureRecorder
}

/** The capture of a session in which the peer sends these messages. */
function captureOf({ messages, cut = 65_536, wrap = (recorder) => recorder }: Talk): Uint8Array {
  const clock = new VirtualClock()
  const capture = recordedCapture(clock)
  const recorder = wrap(capture.port)
  const tap = commentedCapture(recorder, { clock, torrent: () => TORRENT }).open(memoryTransports()[0], 'us')
  tap.sent(HELLO)
  const bytes = concat([theirHandshake(), encodeMessages(messages)])
  for (let start = 0; start < bytes.length; start += cut) tap.received(bytes.subarray(start, start + cut))
  clock.advance(100)
  tap.closed({ by: 'us', kind: 'fin' })
  recorder.end()
  return capture.end()
}

const UNREQUESTED: Message = { type: 'piece', piece: 1, begin: 0, block: new Uint8Array(16_384) }
const UNKNOWN: Message = { type: 'unknown', id: 99, payload: encodeUtf8('x') }

describe.each([65_536, 100, 1])('the bytes of the peer come %i at a time', (cut) => {
  const capture = captureOf({ messages: [{ type: 'unchoke' }, UNREQUESTED, UNKNOWN, UNKNOWN], cut })

  test('the comments are the findings of the capture', async () => {
    const { report } = await decodeBytes(capture, { torrent: TORRENT })
    expect(remarkedFindings(capture)).toStrictEqual((report?.findings ?? []).map(({ id }) => id).toSorted())
  })

  test('each is on the packet with the byte that it names, or with the end of the message there', () => {
    const segments = segmentsOf([capture])
    const isFromPeer = ({ sourcePort, payload }: (typeof segments)[number]) =>
      sourcePort === 2 && payload.length > 0
    const begin = segments.find(isFromPeer)?.sequence ?? 0
    const placed = commentsIn(capture).filter(({ text }) => text.includes('(byte '))
    expect(placed.length).toBeGreaterThan(2)
    for (const { packet, text } of placed) {
      const offset = Number(/\(byte (\d+)\)/.exec(text)?.[1])
      const { sequence = 0, payload = HELLO } = segments[packet] ?? {}
      const length = text.includes('unrequested') ? PIECE_HEAD_LENGTH + 16_384 : 6
      const last = cut === 65_536 ? offset : offset + length - 1
      expect(last - (sequence - begin)).toBeGreaterThanOrEqual(0)
      expect(last - (sequence - begin)).toBeLessThan(payload.length)
    }
  })
})

test('comments are ASCII, and a redacted capture has none of the names in them', () => {
  const messages: readonly Message[] = [
    { type: 'extended', id: 0, payload: encodeUtf8('d1:mde6:yourip4:\x51\x02\x45\x0ee') },
    { type: 'extended', id: 0, payload: encodeUtf8('d1:vi7ee') },
    UNKNOWN,
  ]
  const redactor = new Redactor(new Uint8Array(32), [])
  const wrap = (recorder: CaptureRecorder) => redactedCapture(recorder, redactor)
  const plain = commentsIn(captureOf({ messages }))
  const redacted = captureOf({ messages, wrap })
  expect(commentsIn(redacted).map(({ packet }) => packet)).toStrictEqual(plain.map(({ packet }) => packet))
  expect(plain.length).toBeGreaterThan(0)
  for (const { text } of plain) expect(text).toMatch(/^[ -~]+$/)
  expect(leaks(redacted, [INFO_HASH, '81.2.69.14', Uint8Array.of(81, 2, 69, 14)])).toStrictEqual([])
})

test('the findings of a seeder are about its client, whichever side dialled', () => {
  const clock = new VirtualClock()
  const capture = recordedCapture(clock)
  const options = {
    clock,
    torrent: () => torrentTarget(SERVED.metainfo),
    served: servedView({ ...SERVED, have: 'all' }),
  }
  for (const initiator of ['us', 'peer'] as const) {
    const tap = commentedCapture(capture.port, options).open(memoryTransports()[0], initiator)
    tap.received(theirHandshake())
    tap.sent(HELLO)
    tap.received(encodeMessages([{ type: 'request', piece: 1_000_000, begin: 0, length: 16_384 }]))
    tap.closed({ by: 'peer', kind: 'fin' })
  }
  expect(remarkedFindings(capture.end()).length).toBeGreaterThan(0)
})

test('messages are judged by metadata that comes over the connection', () => {
  const clock = new VirtualClock()
  const capture = recordedCapture(clock)
  let torrent: TorrentTarget = TORRENT
  const tap = commentedCapture(capture.port, { clock, torrent: () => torrent }).open(
    memoryTransports()[0],
    'us',
  )
  tap.sent(HELLO)
  tap.received(concat([theirHandshake(), encodeMessages([{ type: 'have', piece: 1_000_000 }])]))
  torrent = { ...TORRENT, metainfo: SERVED.metainfo }
  tap.closed({ by: 'us', kind: 'fin' })
  expect(remarkedFindings(capture.end())).toContain('have-out-of-range')
})

test('a flood of findings has a bounded number of comments, and the number of the others', () => {
  const flood = captureOf({ messages: Array.from({ length: 3000 }, () => UNKNOWN) })
  const comments = commentsIn(flood)
  expect(comments.length).toBeLessThan(1200)
  expect(comments.at(-1)?.text).toMatch(/\d+ more findings are left out|and \d+ more/)
})
