import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../../src/trace/lines.ts'
import type { Probe } from '../../../../src/trace/probe.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import * as peer from '../../../support/sessions/imagined-peer.ts'
import { USUAL_PROBE } from '../../../support/sessions/probe-context.ts'

/** The trace of an investigation: what `why` concluded, whatever its last connection was. */

type Made = readonly [probe: Partial<Probe>, treatment: peer.Treatment]

function decoded(...made: readonly Made[]) {
  const lines = [encodeTraceHeader({ version: '0', startedAt: '' })]
  for (const [i, [probe, treatment]] of made.entries())
    for (const event of treatment({ ...USUAL_PROBE, ...probe }, i + 1))
      lines.push(encodeTraceEvent(event, lines.length))
  return decodeBytes(encodeUtf8(lines.join('')))
}

test('damaged metadata, and a control that is refused', async () => {
  const report = await decoded(
    [{}, peer.servesMetadata({ outcome: 'hash-wrong' })],
    [{ hash: 'random' }, peer.closes()],
  )
  expect(report).toMatchObject({
    exitCode: 7,
    error: { code: 'E_METADATA_HASH', hint: 'check the data in that client' },
    report: { causes: [{ code: 'bad-data', confidence: 'certain' }] },
  })
})

test('a way that works, and a control that is refused', async () => {
  const report = await decoded(
    [{}, peer.closes()],
    [{ variant: 'mse' }, peer.asksForEncryption],
    [{}, peer.closes()],
  )
  expect(report).toMatchObject({
    ok: true,
    exitCode: 0,
    error: null,
    verdict: 'It requires encryption.',
    report: { causes: [{ code: 'encryption-required', confidence: 'certain' }] },
  })
})

test('a way that works at once', async () => {
  expect(await decoded([{}, peer.serves])).toMatchObject({
    exitCode: 0,
    verdict: 'libtorrent 2.0.8, has all pieces, unchoked',
    report: { causes: [{ code: 'works' }] },
  })
})

test('a probe that was stopped from outside says that it was stopped', async () => {
  const report = await decoded(
    [{}, peer.closes()],
    [{ variant: 'mse' }, peer.session({ code: 'E_INTERRUPTED' })],
  )
  expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' } })
})

test('probes of reach are not about a torrent: the last of them says how it ended', async () => {
  const report = await decoded([{ how: 'key', hash: 'random' }, peer.closes()])
  expect(report).toMatchObject({ exitCode: 4, error: { code: 'E_HANDSHAKE_CLOSED' } })
})
