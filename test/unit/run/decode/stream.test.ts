import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8, toHex } from '../../../../src/base/bytes.ts'
import { MAX_DECODED_ITEMS } from '../../../../src/base/limits.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

const MESSAGES: readonly Message[] = [{ type: 'have', piece: 7 }, { type: 'unchoke' }, { type: 'keep-alive' }]
const stream = concat([theirHandshake(), encodeMessages(MESSAGES)])

test('a stream from its handshake on', async () => {
  const report = await decodeBytes(stream, {}, 10)
  expect(report).toMatchObject({
    ok: true,
    input: { name: 'input', format: 'stream', bytes: stream.length },
    capture: null,
    report: null,
    verdict: '4 items',
    stream: { leftOut: 0, pending: 0 },
  })
  expect(report.stream?.items).toStrictEqual([
    {
      offset: 0,
      length: 68,
      type: 'handshake',
      text: expect.stringContaining(`info hash ${'aa'.repeat(20)}`),
      issue: null,
    },
    { offset: 68, length: 9, type: 'have', text: 'have 7', issue: null },
    { offset: 77, length: 5, type: 'unchoke', text: 'unchoke', issue: null },
    { offset: 82, length: 4, type: 'keep-alive', text: 'keep-alive', issue: null },
  ])
})

test('a stream from a message on, and cut', async () => {
  const bytes = encodeMessages([...MESSAGES, { type: 'have', piece: 1 }])
  const { stream: found } = await decodeBytes(bytes.subarray(0, -3))
  expect(found).toMatchObject({ pending: 6 })
  expect(found?.items).toHaveLength(3)
})

describe('hex', () => {
  test.each([
    ['plain', toHex(stream)],
    ['with line breaks', toHex(stream).replace(/(.{32})/g, '$1\n')],
    [
      'with separators',
      toHex(stream)
        .toUpperCase()
        .replace(/(..)(?!$)/g, '$1:'),
    ],
    ['as numbers', toHex(stream).replace(/(..)(?!$)/g, '0x$1, ')],
  ])('%s', async (_, text) => {
    const report = await decodeBytes(encodeUtf8(text), { hex: true }, 7)
    expect(report).toMatchObject({ ok: true, input: { format: 'hex' } })
    expect(report.stream?.items).toHaveLength(4)
  })

  test.each([
    ['another letter', '0000000g', 7],
    ['half a byte', '00000', 5],
    ['an x without its zero', 'x00', 0],
  ])('%s is refused at its place', async (_, text, offset) => {
    const { error, exitCode } = await decodeBytes(encodeUtf8(text), { hex: true })
    expect(exitCode).toBe(2)
    expect(error).toMatchObject({
      code: 'E_BAD_CAPTURE',
      message: expect.stringContaining(`at byte ${offset} of`),
    })
  })
})

describe('what is wrong has its BEP', () => {
  test.each([
    ['0000000304 0000', 'malformed', /\(BEP 3\)$/, 1],
    ['0000000363 0102', 'unknown', /no BEP defines message 99/, 0],
  ])('%s', async (hex, type, issue, exitCode) => {
    const report = await decodeBytes(encodeUtf8(hex), { hex: true })
    expect(report.exitCode).toBe(exitCode)
    expect(report.stream?.items).toMatchObject([{ offset: 0, type, issue: expect.stringMatching(issue) }])
  })

  test('a stream that cannot be framed ends there', async () => {
    const report = await decodeBytes(concat([stream, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 7)]))
    expect(report).toMatchObject({ exitCode: 5, error: { code: 'E_FRAME_TOO_LARGE' } })
    expect(report.stream?.items).toHaveLength(4)
  })
})

test('items have a bound, and the rest is counted', async () => {
  const many = Array.from({ length: MAX_DECODED_ITEMS + 5 }, (): Message => ({ type: 'unchoke' }))
  const { stream: found } = await decodeBytes(encodeMessages(many), {}, 65_536)
  expect(found).toMatchObject({ leftOut: 5 })
  expect(found?.items).toHaveLength(MAX_DECODED_ITEMS)
})

test.each([
  ['nothing', '', 'the input is empty'],
  ['text', 'Hello there, this is not a capture at all', 'not a capture, a trace or a stream'],
  ['hex without the flag', '00000005 04 00000007', 'not a capture'],
  ['gzip', '\u001f\u008b\u0008', 'not a capture'],
])('%s is refused', async (_, text, message) => {
  const report = await decodeBytes(encodeUtf8(text))
  expect(report).toMatchObject({
    exitCode: 2,
    error: { code: 'E_BAD_CAPTURE', message: expect.stringContaining(message) },
  })
  if (text.startsWith('0000')) expect(report.error?.hint).toContain('--hex')
})
