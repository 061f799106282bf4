import { describe, expect, test } from 'vitest'
import { renderReport } from '../../../../src/report/render.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { withoutPackets } from '../../../support/captures/capture-files.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { captureOf } from '../../../support/sessions/observed.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

// SYN, SYN and ACK, ACK, then what each side sends and its acknowledgement
const OPENING = 3

const requests: readonly Message[] = [0, 1, 2].map((piece) => ({
  type: 'request',
  piece,
  begin: 0,
  length: 16_384,
}))

function capture(by: 'us' | 'peer'): Uint8Array {
  return captureOf((open) => {
    const connection = open()
    connection.data(1010, 'local', theirHandshake())
    connection.data(1020, 'remote', theirHandshake())
    connection.data(1030, 'remote', encodeMessages([{ type: 'have-all' }, { type: 'unchoke' }]))
    connection.data(1040, 'local', encodeMessages(requests))
    connection.closed(1050, { by, kind: 'fin' })
  })
}

describe.each(['us', 'peer'] as const)('closed by %s', (by) => {
  const whole = capture(by)

  test('a capture without the handshakes claims nothing about what came before it', async () => {
    const { report, ...document } = await decodeBytes(withoutPackets(whole, (index) => index < OPENING + 4))
    expect(document).toMatchObject({ ok: true, exitCode: 0, error: null, client: null })
    expect(document.verdict).toBe('an unknown client: its handshake is not in the capture')
    expect(report).toMatchObject({
      attempts: [{ encryption: null, outcome: 'ok', phase: 'done', closedBy: by, error: null }],
      session: { transport: 'tcp', encryption: null },
      handshake: null,
      availability: null,
      choking: null,
      fast: null,
      messages: { received: { 'have-all': 1, unchoke: 1 }, sent: { request: 3 } },
      causes: [],
      findings: [],
    })
    const known = Object.entries(report?.timing ?? {}).filter(([, time]) => time !== null)
    expect(known.map(([moment]) => moment)).toStrictEqual(['startedMs', 'totalMs'])
  })

  test('a handshake that is in the capture counts, and so does what follows it', async () => {
    // the answer is the first packet
    const decoded = await decodeBytes(withoutPackets(whole, (index) => index < OPENING + 2))
    expect(decoded).toMatchObject({ exitCode: 0, error: null })
    expect(decoded.report).toMatchObject({
      attempts: [{ encryption: null }],
      handshake: { protocol: 'BitTorrent protocol' },
      availability: { source: 'have-all', percent: 100 },
      choking: { peerChoking: false },
      timing: { connectMs: null, handshakeMs: null, unchokeMs: null },
    })
  })

  test('the text says that the encryption and who opened it are not known', async () => {
    const text = renderReport(await decodeBytes(withoutPackets(whole, (index) => index < OPENING + 4)), {
      verbose: true,
      width: 120,
    })
    expect(text).toContain('encryption unknown (the capture begins later)')
    expect(text).toContain('begins before the capture, so who opened it is a guess')
    expect(text).not.toMatch(/plaintext|null/)
  })
})

test('the trace says that the connection began before', async () => {
  const variants: unknown[] = []
  await decodeBytes(
    withoutPackets(capture('us'), (index) => index < OPENING + 4),
    { trace: (event) => event.type === 'attempt' && variants.push(event.variant) },
  )
  expect(variants).toStrictEqual([null])
})
