import { expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import { renderReport } from '../../src/report/render.ts'
import { encodeMessages } from '../../src/wire/message/message.ts'
import { withoutPackets } from '../support/captures/capture-files.ts'
import { capturedSessions } from '../support/captures/captured-session.ts'
import { decodeBytes } from '../support/captures/decoded.ts'
import { theirHandshake } from '../support/sessions/session.ts'

const stream = concat([
  theirHandshake(),
  encodeMessages([
    { type: 'have', piece: 7 },
    { type: 'unknown', id: 99, payload: new Uint8Array(3) },
  ]),
  // a choke with a payload
  Uint8Array.of(0, 0, 0, 2, 0, 9),
  Uint8Array.of(0, 0, 0, 5, 4, 0),
])

test.each([
  ['decode-connections', capturedSessions(), {}],
  ['decode-connection', capturedSessions(), { connection: 1 }],
  ['decode-later', withoutPackets(capturedSessions([{}]), (index) => index < 8), {}],
  ['decode-stream', stream, {}],
  ['decode-cut', capturedSessions([{}]).subarray(0, -10), {}],
])('%s', async (name, bytes, options) => {
  const report = await decodeBytes(bytes, options)
  await expect(renderReport(report)).toMatchFileSnapshot(`expected/${name}.txt`)
  await expect(renderReport(report, { width: 40 })).toMatchFileSnapshot(`expected/${name}-40.txt`)
})
