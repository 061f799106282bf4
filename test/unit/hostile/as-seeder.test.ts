import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../src/base/bytes.ts'
import type { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import {
  beginsHandshake,
  misstatesNameLength,
  NAME_SIGN_LENGTH,
} from '../../../src/wire/handshake/handshake.ts'
import { afterGreeting, type HostileOutcome } from '../../support/hostile/row.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'
import { fetchBlock, StrictServe, type Told } from '../../support/hostile/serving.ts'

/** Inputs that broke other clients, to a strict seeder over loopback. An error that nobody caught fails the run by itself. */

const seeder = new StrictServe()
const running: { other?: PeerConnection } = {}

beforeAll(async () => {
  await seeder.start()
  running.other = await seeder.unchoked()
})
afterAll(async () => {
  await running.other?.close()
  await seeder.stop()
})

/** Those who were there before, and those who come after, are served as if nothing had been. */
async function serveOthers(): Promise<void> {
  if (running.other === undefined) throw new Error('nobody else is there')
  await fetchBlock(running.other, 1)
  const next = await seeder.unchoked()
  await fetchBlock(next, 37)
  await next.close()
}

function expectOutcome(told: Told, { code, finds = [] }: HostileOutcome): void {
  if (told.type !== 'peer') throw new Error(told.reason)
  expect(told.report.error?.code).toBe(code)
  const ids = told.report.violations.map(({ id }) => id)
  expect(ids).toStrictEqual(expect.arrayContaining([...finds]))
}

describe.each(HOSTILE_ROWS)('$name', ({ bytes, cutInto, leecher }) => {
  test('in plaintext is a typed error or a violation, and others are served on', async () => {
    const told = await seeder.take(bytes, 'plain', cutInto)
    const sign = bytes.subarray(0, NAME_SIGN_LENGTH)
    const shows = beginsHandshake(sign) || misstatesNameLength(sign)
    if (shows && sign.length === NAME_SIGN_LENGTH) expectOutcome(told, leecher)
    else expect(told).toMatchObject({ type: 'no-peer', reason: expect.stringContaining('public key') })
    await serveOthers()
  })

  test('inside MSE is the same', async () => {
    expectOutcome(await seeder.take(bytes, 'mse', cutInto), leecher)
  })
})

test('H12 fifty connections drip behind a length prefix, and others are served on', async () => {
  const drip = afterGreeting(concat([fromHex('7fffffff07'), new Uint8Array(9000)]))
  const all = await Promise.all(Array.from({ length: 50 }, () => seeder.take(drip, 'plain', 500)))
  for (const told of all) expectOutcome(told, { code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] })
  await serveOthers()
})
