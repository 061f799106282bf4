import { createServer } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import { fromHex } from '../../src/base/bytes.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { badPeer, type BadPeer, filteredPort, nobody } from '../support/peers/bad-peers.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { schemaErrors } from '../support/reports/schema.ts'

/** Every way not to be a BitTorrent peer, through the process: one code each, one document, nothing else. */

const HASH = '0123456789abcdef0123456789abcdef01234567'
const cli = await buildCli()
afterAll(cli.remove)

const handshake = (infoHash: string) =>
  encodeHandshake({
    infoHash: fromHex(infoHash),
    peerId: new TextEncoder().encode('-TR3000-abcdefghijkl'),
    reserved: new Uint8Array(8),
  })

/** Only what comes from the peer can end these: their own time-outs are a day. */
const PATIENT = ['--connect-timeout', '1440m', '--handshake-timeout', '1440m', '--timeout', 'none']

interface Row {
  readonly name: string
  readonly peer: () => Promise<BadPeer>
  readonly flags?: readonly string[]
  readonly exitCode: 3 | 4
  readonly error: string
  readonly outcome: string
  readonly closedBy?: 'us' | 'peer'
  /** Left out where another program decides it. */
  readonly bytesReceived?: number
}

const ROWS: readonly Row[] = [
  {
    name: 'nobody listens',
    peer: nobody,
    exitCode: 3,
    error: 'E_CONNECT_REFUSED',
    outcome: 'refused',
    bytesReceived: 0,
  },
  {
    name: 'filtered',
    peer: filteredPort,
    flags: ['--connect-timeout', '200ms'],
    exitCode: 3,
    error: 'E_CONNECT_TIMEOUT',
    outcome: 'timeout',
    bytesReceived: 0,
  },
  {
    name: 'silent',
    peer: () => badPeer(() => undefined),
    flags: ['--handshake-timeout', '200ms'],
    exitCode: 4,
    error: 'E_HANDSHAKE_TIMEOUT',
    outcome: 'timeout',
    closedBy: 'us',
    bytesReceived: 0,
  },
  {
    name: 'an HTTP server',
    peer: httpServer,
    exitCode: 4,
    error: 'E_NOT_BITTORRENT_HTTP',
    outcome: 'not-bittorrent',
  },
  {
    name: 'an SSH banner',
    peer: () => badPeer((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')),
    exitCode: 4,
    error: 'E_NOT_BITTORRENT_SSH',
    outcome: 'not-bittorrent',
    closedBy: 'us',
    bytesReceived: 32,
  },
  {
    name: 'closes at once',
    peer: () => badPeer((socket) => socket.on('data', () => socket.end())),
    flags: PATIENT,
    exitCode: 4,
    error: 'E_HANDSHAKE_CLOSED',
    outcome: 'closed',
    closedBy: 'peer',
    bytesReceived: 0,
  },
  {
    name: 'resets',
    peer: () => badPeer((socket) => socket.on('data', () => socket.resetAndDestroy())),
    exitCode: 4,
    error: 'E_HANDSHAKE_RESET',
    outcome: 'reset',
    closedBy: 'peer',
    bytesReceived: 0,
  },
  {
    name: 'another torrent',
    peer: () => badPeer((socket) => socket.write(handshake('ff'.repeat(20)))),
    exitCode: 4,
    error: 'E_WRONG_INFO_HASH',
    outcome: 'wrong-info-hash',
    closedBy: 'us',
    bytesReceived: 68,
  },
  {
    name: 'random bytes',
    peer: () => badPeer((socket) => socket.write(fromHex('9f3c00e1'.repeat(300)))),
    exitCode: 4,
    error: 'E_NOT_BITTORRENT',
    outcome: 'not-bittorrent',
    closedBy: 'us',
    bytesReceived: 1200,
  },
]

/** A real one, which answers our handshake with 400. */
function httpServer(): Promise<BadPeer> {
  const server = createServer()
  return badPeer((socket) => server.emit('connection', socket))
}

describe.each(ROWS)(
  '$name',
  ({ peer, flags = PATIENT, exitCode, error, outcome, closedBy, bytesReceived }) => {
    test('is one document with its own error code', async () => {
      const bad = await peer()
      try {
        const run = await cli.run(['connect', bad.address, '-i', HASH, '--json', ...flags])
        expect(run).toMatchObject({ code: exitCode, stderr: '' })
        const document = JSON.parse(run.stdout.toString()) as ConnectReport
        expect(schemaErrors('connect', document)).toBeNull()
        expect(document).toMatchObject({ ok: false, exitCode, error: { code: error } })
        expect(document.attempts[0]).toMatchObject({
          outcome,
          ...(bytesReceived === undefined ? {} : { bytesReceived }),
          ...(closedBy === undefined ? {} : { closedBy }),
        })
      } finally {
        await bad.stop()
      }
    })

    test('is a page of 80 columns that names the code, and nothing on stderr', async () => {
      const bad = await peer()
      try {
        const run = await cli.run(['connect', bad.address, '-i', HASH, '-v', ...flags])
        expect(run).toMatchObject({ code: exitCode, stderr: '' })
        const lines = run.stdout.toString().split('\n')
        expect(lines.join('\n')).toContain(`error         ${error} in phase `)
        expect(lines.filter((line) => line.length > 80)).toStrictEqual([])
      } finally {
        await bad.stop()
      }
    })
  },
)

test('each has an error code of its own', () => {
  expect(new Set(ROWS.map(({ error }) => error)).size).toBe(ROWS.length)
})
