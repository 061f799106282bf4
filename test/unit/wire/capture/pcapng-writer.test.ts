import { expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import {
  encodeEnhancedPacket,
  encodeInterfaceDescription,
  encodeSectionHeader,
} from '../../../../src/wire/capture/pcapng-writer.ts'
import { readCapture } from '../../../support/captures/capture-files.ts'

const SECTION = { comment: 'häm', application: 'peerwire' }

test('the blocks have their lengths twice, and padded options', () => {
  expect(encodeSectionHeader(SECTION)).toStrictEqual(
    concat([
      fromHex('0a0d0d0a 34000000 4d3c2b1a 0100 0000 ffffffffffffffff'),
      fromHex('0100 0400 68c3a46d'),
      fromHex('0400 0800 7065657277697265'),
      fromHex('00000000 34000000'),
    ]),
  )
  expect(encodeInterfaceDescription({ linkType: 1, name: 'a', description: 'b' })).toStrictEqual(
    concat([
      fromHex('01000000 30000000 0100 0000 00000000'),
      fromHex('0200 0100 61000000 0300 0100 62000000 0900 0100 06000000 00000000 30000000'),
    ]),
  )
  expect(encodeEnhancedPacket({ at: 4_294_967_296.001, bytes: fromHex('aabbcc') })).toStrictEqual(
    concat([fromHex('06000000 24000000 00000000 e8030000 01000000 03000000 03000000 aabbcc00 24000000')]),
  )
})

test('what is written is read back, with comments on packets and without', () => {
  const bytes = [fromHex('01'), fromHex('0102030405'), new Uint8Array()]
  const at = [1_795_892_007_123.457, 1_795_892_007_123.458, 0]
  const blocks = bytes.map((one, i) =>
    encodeEnhancedPacket({ at: at[i] ?? 0, bytes: one, comments: i === 1 ? ['a remark', 'another'] : [] }),
  )
  const packets = readCapture([
    encodeSectionHeader(SECTION),
    encodeInterfaceDescription({ linkType: 1, name: 'peerwire', description: '' }),
    ...blocks,
  ])
  expect(packets.map((packet) => packet.bytes)).toStrictEqual(bytes)
  expect(packets.map(({ comments }) => comments)).toStrictEqual([[], ['a remark', 'another'], []])
  expect(packets.map((packet) => Math.round((packet.at ?? -1) * 1000) / 1000)).toStrictEqual(at)
})
