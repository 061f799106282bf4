import { expect, test } from 'vitest'
import { acceptEncrypted } from '../../../../src/net/mse/listen.ts'
import type { SeederEvent } from '../../../../src/net/seeder/options.ts'
import { startSeeder } from '../../../../src/net/seeder/seeder.ts'
import { MemoryListener } from '../../../support/transports/memory-listener.ts'
import { nextCrash } from '../../../support/processes/next-crash.ts'
import { Leecher, request, settle, TORRENT } from '../../../support/peers/seeder.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

/** What a handler of ours throws is a bug of ours: it ends the process, and no peer gets the blame. */

const AT = { address: '127.0.0.1', port: 6881, family: 4 } as const

test('a handler that throws at an accepted peer', async () => {
  const listener = new MemoryListener()
  const failed: unknown[] = []
  const listen = acceptEncrypted(listener.listen, {
    clock: new VirtualClock(),
    random: (length) => new Uint8Array(length).fill(3),
    stepTimeoutMs: 1000,
    findTorrent: () => undefined,
    plaintext: 'accept',
    onFailed: (_, error) => failed.push(error),
  })
  await listen(AT, () => {
    throw new Error('a bug in the handler')
  })
  const crash = nextCrash()
  new Leecher(listener.connect()).handshake()
  await expect(crash).resolves.toMatchObject({ message: 'a bug in the handler' })
  expect(failed).toStrictEqual([])
})

test('a handler that throws while blocks that were read are served', async () => {
  const listener = new MemoryListener()
  const events: SeederEvent[] = []
  const { metainfo, store } = TORRENT
  const isBlock = (event: SeederEvent) =>
    event.type === 'session' &&
    event.event.type === 'sent' &&
    event.event.messages.some(({ type }) => type === 'piece')
  await startSeeder({
    listen: AT,
    torrent: {
      metainfo,
      store: { read: async (...range) => store.read(...range), close: () => Promise.resolve() },
      have: 'all',
    },
    transports: [listener.listen],
    peerId: new TextEncoder().encode('-PW0100-abcdefghijkl'),
    random: () => 0,
    clock: new VirtualClock(),
    onEvent: (event) => {
      events.push(event)
      if (isBlock(event)) throw new Error('a bug in the handler')
    },
  })
  const crash = nextCrash()
  const leecher = new Leecher(listener.connect()).greet()
  await settle()
  leecher.send(request(0))
  await expect(crash).resolves.toMatchObject({ message: 'a bug in the handler' })
  await settle()
  const errors = events.flatMap((event) => (event.type === 'closed' ? [event.error] : []))
  expect(errors).toStrictEqual([])
})
