import { describe, expect, test } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import { LONGEST_ANSWER, ScriptedProbe } from '../../../../src/session/probe/script.ts'
import { type ScriptedHow, scriptOf } from '../../../../src/session/probe/scripts.ts'
import { waitsFor } from '../../../../src/session/probe/waits.ts'

const MATERIAL = {
  handshake: Uint8Array.from({ length: 68 }, (_, i) => i),
  publicKey: Uint8Array.from({ length: 96 }, (_, i) => 255 - i),
  random: (length: number) => new Uint8Array(length).fill(7),
}

/** When each part is sent, with its length, if nothing comes; and when the probe is over. */
function silentRun(how: ScriptedHow, roundTripMs = 0) {
  const probe = new ScriptedProbe(scriptOf(how, MATERIAL, waitsFor(roundTripMs)))
  const sent: [at: number, length: number][] = []
  const parts: Uint8Array[] = []
  let output = probe.step({ type: 'connected', at: 0 })
  let at = 0
  while (output.wakeAt !== undefined) {
    at = output.wakeAt
    output = probe.step({ type: 'tick', at })
    if (output.send === undefined) continue
    sent.push([at, output.send.length])
    parts.push(output.send)
  }
  expect(output.isOver).toBe(true)
  return { sent, parts, overAt: at }
}

type Row = readonly [
  how: ScriptedHow,
  sent: readonly (readonly [at: number, length: number])[],
  overAt: number,
]

// prettier-ignore
const RUNS: readonly Row[] = [
  ['steps', [[250, 20], [950, 8], [1650, 20], [3650, 20]], 5650],
  ['steps-control', [[250, 20], [950, 8], [1650, 20], [3650, 20]], 5650],
  ['key', [[250, 48], [750, 48]], 3750],
  ['http', [[250, 18]], 2250],
  ['tls', [[250, 193]], 2250],
  ['socks', [[250, 3]], 2250],
  ['silence', [], 10_000],
]

test.each(RUNS)('%s sends its parts at these times while nothing comes', (how, sent, overAt) => {
  expect(silentRun(how)).toMatchObject({ sent, overAt })
})

test('the waits grow with the round trip, up to a bound', () => {
  expect(silentRun('key', 100).sent).toStrictEqual([
    [450, 48],
    [1150, 48],
  ])
  expect(waitsFor(60_000)).toStrictEqual(waitsFor(2000))
  expect(waitsFor(-1)).toStrictEqual(waitsFor(0))
})

test('the parts of a handshake are the handshake, and the control differs in the name alone', () => {
  const parts = silentRun('steps').parts.map(toHex).join('')
  const control = silentRun('steps-control').parts.map(toHex).join('')
  expect(parts).toBe(toHex(MATERIAL.handshake))
  expect(control.slice(0, 2)).toBe(parts.slice(0, 2))
  expect(control.slice(40)).toBe(parts.slice(40))
  expect(control.slice(2, 40)).not.toBe(parts.slice(2, 40))
  expect(silentRun('key').parts.map(toHex).join('')).toBe(toHex(MATERIAL.publicKey))
})

describe('at the first byte that comes', () => {
  const started = () => {
    const probe = new ScriptedProbe(scriptOf('key', MATERIAL, waitsFor(0)))
    probe.step({ type: 'connected', at: 1000 })
    probe.step({ type: 'tick', at: 1250 })
    return probe
  }

  test('it sends no more, and is over when the rest has come', () => {
    const probe = started()
    expect(probe.step({ type: 'bytes', at: 1300, length: 1 })).toMatchObject({ wakeAt: 1450, isOver: false })
    expect(probe.step({ type: 'bytes', at: 1400, length: 1 })).toMatchObject({ wakeAt: 1550, isOver: false })
    expect(probe.step({ type: 'tick', at: 1550 })).toStrictEqual({
      send: undefined,
      wakeAt: undefined,
      isOver: true,
    })
  })

  test('a tick that comes early changes nothing', () => {
    const probe = started()
    expect(probe.step({ type: 'tick', at: 1749 })).toMatchObject({ send: undefined, wakeAt: 1750 })
  })

  test('it is over at once when the answer is longer than any that matters', () => {
    const probe = started()
    expect(probe.step({ type: 'bytes', at: 1300, length: LONGEST_ANSWER })).toMatchObject({ isOver: true })
    expect(probe.step({ type: 'bytes', at: 1301, length: 1 })).toMatchObject({
      isOver: true,
      send: undefined,
    })
  })
})
