import { describe, expect, test } from 'vitest'
import { fromHex } from '../../../../src/base/bytes.ts'
import { copyMessage } from '../../../../src/wire/message/copy.ts'
import { decodeMessage } from '../../../../src/wire/message/message.ts'
import { MESSAGE_ROWS } from '../../../support/wire/message-rows.ts'

describe.each(MESSAGE_ROWS)('$name', ({ wire, message }) => {
  test('a copy shares nothing with the frame', () => {
    const frame = fromHex(wire).subarray(4)
    const copy = copyMessage(decodeMessage(frame))
    frame.fill(0xee)
    expect(copy).toStrictEqual(message)
  })
})
