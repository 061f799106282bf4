import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startSeeder } from '../../../src/net/seeder/seeder.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import { SessionRecord } from '../../../src/run/session/record.ts'
import { sessionReport } from '../../../src/run/session/report.ts'
import { generatePeerId } from '../../../src/wire/peer-id/peer-id.ts'
import { sessionOptions, testPorts, withMetainfo } from '../../support/sessions/fetch-setup.ts'
import { TORRENT } from '../../support/peers/seeder.ts'
import { readTrace } from '../../support/captures/trace-file.ts'
import { connect } from '../../support/verdicts/commands.ts'

/** The seeder of this package under its own names, those of other clients, and those of clients that nothing is known of. */
test.each([
  { prefix: '-PW0100-', client: 'peerwire 0.1.0', names: ['peerwire', 'peerwire'], isForged: false },
  { prefix: '-UT355S-', client: 'µTorrent 3.5.5', names: ['µTorrent', 'µTorrent'], isForged: false },
  { prefix: '-XY0000-', client: 'Something/1', names: [null, 'Something'], isForged: false },
  {
    prefix: '-TR3000-',
    client: 'Transmission 3.00',
    names: ['Transmission', 'Transmission'],
    isForged: true,
  },
  { prefix: '-qB4520-', client: undefined, names: ['qBittorrent', null], isForged: true },
  { prefix: '-PW0100-', client: 'aria2/1.36.0', names: ['peerwire', 'aria2'], isForged: true },
])('our seeder as $prefix, $client', async ({ prefix, client, names, isForged }) => {
  const { metainfo, store } = TORRENT
  const seeder = await startSeeder({
    listen: { address: '127.0.0.1', port: 0, family: 4 },
    torrent: { metainfo, store, have: 'all' },
    transports: [listenTcp],
    peerId: generatePeerId(prefix, new Uint8Array(20).fill(7)),
    random: Math.random,
    ...(client !== undefined && { client }),
  })
  try {
    const options = sessionOptions({ host: '127.0.0.1', port: seeder.address.port }, withMetainfo(metainfo))
    const { identity, findings, verdict } = await connect(
      { ...options, interested: true, settleMs: 50, waitMs: 5000 },
      testPorts(),
    )
    const [byPeerId, byVersionString] = names
    expect(identity).toMatchObject({ byPeerId, byVersionString, conflict: isForged })
    expect(identity.byBehaviour).toMatchObject({ family: 'peerwire', confidence: 'likely' })
    expect(verdict.includes('(behaves like peerwire)')).toBe(isForged)
    expect(findings.filter(({ id }) => id === 'client-conflict')).toHaveLength(isForged ? 1 : 0)
  } finally {
    await seeder.close()
  }
})

test('the report adds up all connections to one address', () => {
  const recorded = (name: string) =>
    readTrace(readFileSync(new URL(`../diagnose/client/recorded/${name}.ndjson`, import.meta.url), 'utf8'))
  const bare = recorded('libtorrent-bare')
  const report = (events: ReturnType<typeof readTrace>) => {
    const record = new SessionRecord()
    for (const event of events) record.step(event)
    return sessionReport(record)
  }
  expect(report(bare).identity.byBehaviour).toBeNull()
  expect(report([...recorded('libtorrent-interested'), ...bare]).identity).toMatchObject({
    byPeerId: 'libtorrent',
    byVersionString: 'libtorrent',
    byBehaviour: { family: 'libtorrent' },
  })
})
