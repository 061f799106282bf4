import { once } from 'node:events'
import { connect as dial, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concat, encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import { bigintDiffieHellman, MSE_PRIME } from '../../../src/wire/mse/keys.ts'
import { Random } from '../../fuzz/random.ts'
import { fetchBlock, StrictServe } from '../../support/hostile/serving.ts'

/** What a seeder that takes plaintext and MSE on one port makes of first bytes that are neither. */

const seeder = new StrictServe()
beforeAll(() => seeder.start())
afterAll(() => seeder.stop())

const random = new Random(7)

async function serveOthers(): Promise<void> {
  const client = await seeder.unchoked()
  await fetchBlock(client, 1)
  await client.close()
}

test('random bytes of any length, cut anywhere, are no peer', async () => {
  for (let round = 0; round < 100; round++) {
    const bytes = random.bytes(random.below(900) + 1)
    const told = await seeder.take(bytes, 'plain', random.below(bytes.length) + 1)
    expect(told).toMatchObject({ type: 'no-peer' })
  }
  await serveOthers()
})

const KEY = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(5))

test.each<[string, Uint8Array, string]>([
  ['HTTP', encodeUtf8('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n'), 'public key'],
  ['a TLS hello', fromHex('16030100a5010000a10303'), 'public key'],
  ['SSH', encodeUtf8('SSH-2.0-OpenSSH_9.2\r\n'), 'public key'],
  ['a length prefix of 4 GiB', concat([fromHex('ffffffff'), new Uint8Array(1000)]), 'not valid MSE'],
  ['a key of zeros', new Uint8Array(96), 'not in the range 2 to P-2'],
  ['the key 1', new Uint8Array(96).fill(1, 95), 'not in the range 2 to P-2'],
  ['the key P', fromHex(MSE_PRIME), 'not in the range 2 to P-2'],
  ['a key of all ones', new Uint8Array(96).fill(0xff), 'not in the range 2 to P-2'],
  ['95 bytes of a key', KEY.subarray(0, 95), 'before the end of its public key'],
  ['a key and no more', KEY, 'after its public key'],
  ['a key and a megabyte that never synchronises', concat([KEY, random.bytes(1_000_000)]), 'not valid MSE'],
])('%s is no peer, and others are served', async (_, bytes, reason) => {
  expect(await seeder.take(bytes)).toMatchObject({ type: 'no-peer', reason: expect.stringContaining(reason) })
  await serveOthers()
})

test('what begins like a handshake is judged as one', async () => {
  const bytes = concat([fromHex('13'), encodeUtf8('BitTorrent'), random.bytes(300)])
  expect(await seeder.take(bytes)).toMatchObject({
    type: 'peer',
    report: { error: { code: 'E_NOT_BITTORRENT' } },
  })
})

describe('three hundred connections that say nothing', () => {
  const silent: Socket[] = []
  afterAll(() => {
    for (const socket of silent) socket.destroy()
  })

  test('are 256 at most; the others are turned away, and room is made when they go', async () => {
    let turnedAway = 0
    const enough = new Promise<void>((resolve) => {
      for (let i = 0; i < 300; i++) {
        const socket = dial(seeder.port, '127.0.0.1').on('error', () => undefined)
        socket.on('close', () => {
          if (++turnedAway === 44) resolve()
        })
        silent.push(socket)
      }
    })
    await enough
    const gone = silent.filter((socket) => !socket.destroyed).map((socket) => once(socket, 'close'))
    expect(gone).toHaveLength(256)
    for (const socket of silent) socket.destroy()
    await Promise.all(gone)
    await serveOthers()
  })
})
