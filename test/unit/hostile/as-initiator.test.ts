import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/net/clock.ts'
import { acceptEncryption } from '../../../src/net/encryption.ts'
import { listenTcp } from '../../../src/net/tcp.ts'
import type { Transport } from '../../../src/net/transport.ts'
import { connect } from '../../../src/run/connect.ts'
import type { ConnectOptions } from '../../../src/run/options.ts'
import { indexTorrents } from '../../../src/wire/mse.ts'
import { sessionOptions, testPorts, withMetainfo } from '../../support/fetch-setup.ts'
import { TARGET, TARGET_HASH, type HostileRow } from '../../support/hostile/row.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'

/** Inputs that broke other clients, from a peer that we dial over loopback. An error that nobody caught fails the run by itself. */

const NEVER = 600_000

interface Way {
  readonly encryption: 'off' | 'require'
  /** Default the .torrent. */
  readonly target?: Parameters<typeof sessionOptions>[1]
}

/** What `connect` reports of a peer that says this, closes its side, and reads on. */
async function diagnose(row: HostileRow, { encryption, target = withMetainfo(TARGET.metainfo) }: Way) {
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) => {
    // who closes in the middle is not the matter here
    say(transport, row, encryption).catch(() => undefined)
  })
  const { address: host, port } = listener.address
  const options: ConnectOptions = {
    ...sessionOptions({ host, port }, target),
    encryption,
    interested: false,
    handshakeTimeoutMs: NEVER,
    settleMs: NEVER,
    // later than quiet, whenever the last of it comes
    waitMs: 2 * NEVER,
  }
  try {
    return await connect(options, testPorts())
  } finally {
    await listener.close()
  }
}

async function say(
  accepted: Transport,
  { bytes, cutInto = bytes.length }: HostileRow,
  encryption: Way['encryption'],
): Promise<void> {
  const transport = encryption === 'off' ? accepted : await encrypted(accepted)
  transport.start({ bytes: () => undefined, drained: () => undefined, closed: () => undefined })
  for (let at = 0; at < bytes.length; at += cutInto) {
    transport.write(bytes.subarray(at, at + cutInto))
    if (cutInto < bytes.length) await new Promise(setImmediate)
  }
  transport.end()
}

function encrypted(transport: Transport): Promise<Transport> {
  return acceptEncryption(transport, {
    clock: systemClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    stepTimeoutMs: NEVER,
    findTorrent: indexTorrents([TARGET_HASH]),
    plaintext: 'refuse',
  })
}

describe.each(HOSTILE_ROWS)('$name', (row) => {
  const { code = 'E_SESSION_CLOSED', finds = [] } = row.seed

  test.each(['off', 'require'] as const)(
    'is a typed error or a finding, with encryption %s',
    async (encryption) => {
      const report = await diagnose(row, { encryption })
      expect(report).toMatchObject({ ok: false, error: { code } })
      const ids = report.findings.map(({ id }) => id)
      expect(ids).toStrictEqual(expect.arrayContaining([...finds]))
    },
  )

  test('ends the same when only the info hash is known', async () => {
    const target = { infoHashes: TARGET.metainfo.infoHashes }
    const report = await diagnose(row, { encryption: 'off', target })
    expect(report).toMatchObject({ ok: false, error: { code } })
  })
})
