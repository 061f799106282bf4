import { afterAll, expect, test } from 'vitest'
import { describeInNamespace, NAMESPACE_ADDRESS } from '../peers/describe-in-namespace.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { connectionsOf, downloadAll } from '../support/peers/strict-download.ts'

// Transmission never dials a loopback address, so the seeder has another one, of a network that has nothing but it
describeInNamespace('transmission', import.meta.url, () => {
  const made = makeTorrent({ length: 5 * 262_144 + 4321 })

  afterAll(async () => (await made).remove())

  const ROWS = [
    { client: {}, serve: {}, connection: 'tcp plaintext' },
    { client: { encryption: 'require' }, serve: { encryption: 'require' }, connection: 'tcp rc4' },
    { client: { transport: 'both' }, serve: { transport: 'utp' }, connection: 'utp plaintext' },
    {
      client: { encryption: 'require', transport: 'both' },
      serve: { encryption: 'require', transport: 'utp' },
      connection: 'utp rc4',
    },
  ] as const

  // all at once, for it waits ten seconds before it is interested
  test.concurrent.each(ROWS)(
    'dials and downloads everything over $connection',
    async ({ connection, ...how }) => {
      const report = await downloadAll(['transmission'], await made, { ...how, address: NAMESPACE_ADDRESS })
      expect(connectionsOf(report)).toStrictEqual([connection])
    },
  )
})
