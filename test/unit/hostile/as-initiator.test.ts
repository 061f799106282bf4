import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/net/clock.ts'
import { acceptEncryption } from '../../../src/net/mse/encryption.ts'
import { TcpTransport } from '../../../src/net/tcp/transport.ts'
import type { Transport } from '../../../src/net/transport.ts'
import { connect } from '../../../src/run/connect.ts'
import type { ConnectOptions } from '../../../src/run/options.ts'
import { indexTorrents } from '../../../src/wire/mse/keys.ts'
import { sessionOptions, testPorts, withMetainfo } from '../../support/fetch-setup.ts'
import { TARGET, TARGET_HASH, type HostileRow } from '../../support/hostile/row.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'
import { sayAll } from '../../support/hostile/serving.ts'
import { startPeer } from '../../support/scripted-peer.ts'

/** Inputs that broke other clients, from a peer that we dial over loopback. An error that nobody caught fails the run by itself. */

const NEVER = 600_000

interface Way {
  readonly encryption: 'off' | 'require'
  /** Default the .torrent. */
  readonly target?: Parameters<typeof sessionOptions>[1]
}

/** What `connect` reports of a peer that says this, closes its side, and reads on. */
async function diagnose(row: HostileRow, { encryption, target = withMetainfo(TARGET.metainfo) }: Way) {
  const peer = await startPeer((socket) => {
    // who closes in the middle is not the matter here
    say(socket, row, encryption).catch(() => undefined)
  })
  const options: ConnectOptions = {
    ...sessionOptions(peer, target),
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
    await peer.stop()
  }
}

async function say(
  socket: Socket,
  { bytes, cutInto = bytes.length }: HostileRow,
  encryption: Way['encryption'],
): Promise<void> {
  const transport = new TcpTransport(socket)
  await sayAll(encryption === 'off' ? transport : await encrypted(transport), bytes, cutInto)
  // past the transport, which would not wait long for us to close too
  socket.end()
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
      // inside MSE the peer has answered before it closes
      const wanted = finds.map((id) =>
        encryption === 'require' && id === 'closed-without-answer' ? 'closed-after-encryption' : id,
      )
      expect(ids).toStrictEqual(expect.arrayContaining(wanted))
    },
  )

  test('ends the same when only the info hash is known', async () => {
    const target = { infoHashes: TARGET.metainfo.infoHashes }
    const report = await diagnose(row, { encryption: 'off', target })
    expect(report).toMatchObject({ ok: false, error: { code } })
  })
})
