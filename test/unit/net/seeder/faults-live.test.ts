import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { dialPeer } from '../../../../src/net/dial.ts'
import { systemClock } from '../../../../src/net/clock.ts'
import { listenTcp } from '../../../../src/net/tcp/tcp.ts'
import { listenUtp } from '../../../../src/net/utp/utp.ts'
import type { SessionReport } from '../../../../src/report/model/session.ts'
import { connect } from '../../../../src/run/connect.ts'
import { fetchBlock } from '../../../../src/run/fetch-block/fetch-block.ts'
import type { Ports } from '../../../../src/run/ports.ts'
import { serve } from '../../../../src/run/serve/serve.ts'
import { FAULTS, parseFault } from '../../../../src/session/faults/table.ts'
import { type FaultRow, isWhole, REQUESTS, type Told } from '../../../support/faults/fault-row.ts'
import { FAULT_ROWS } from '../../../support/faults/fault-rows.ts'
import {
  FAULT_HASH,
  FAULT_TORRENT,
  type FaultTorrent,
  V2_TORRENT,
} from '../../../support/faults/fault-torrents.ts'
import { sessionOptions, testPorts, withMetainfo } from '../../../support/fetch-setup.ts'
import { type RawMse, visitEncrypted } from '../../../support/raw/raw-mse.ts'
import { rawTcp, visitOver } from '../../../support/raw/raw-peer.ts'
import { type RawUtp, rawUtp } from '../../../support/raw/raw-utp.ts'

/*
 * Every fault of `serve`, over loopback: what a client sees that shares no code with it, and what peerwire says of it.
 */
interface Server {
  readonly port: number
  readonly torrent: FaultTorrent
  readonly stop: () => Promise<unknown>
}

/** `serve` on a free port, over TCP and uTP. */
async function startServer(torrent: FaultTorrent, faults: readonly string[]): Promise<Server> {
  const abort = new AbortController()
  let report: Promise<unknown> = Promise.resolve()
  const port = await new Promise<number>((resolve, reject) => {
    report = serveOn(torrent, faults, abort.signal, resolve)
    report.catch(reject)
  })
  return {
    port,
    torrent,
    stop: () => {
      abort.abort()
      return report
    },
  }
}

function serveOn(
  torrent: FaultTorrent,
  faults: readonly string[],
  signal: AbortSignal,
  listening: (port: number) => void,
): Promise<unknown> {
  return serve(
    {
      source: { type: 'files', metainfo: torrent.metainfo, dataPath: '.' },
      have: undefined,
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      once: false,
      strict: false,
      faults: faults.map((text) => parseFault(text)),
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onNews: (news) => {
        if (news.type === 'listening') listening(Number(news.address.split(':')[1]))
      },
    },
    {
      listen: { tcp: listenTcp, utp: listenUtp },
      dial: dialPeer,
      resolve: (address) => Promise.resolve([{ address, family: 4 }]),
      clock: systemClock,
      random: (length) => randomBytes(length),
      openStore: () => Promise.resolve(torrent.store),
      writeTorrent: () => Promise.resolve(),
      signal,
    },
  )
}

/** Looks at the wire as the row says. */
async function look(row: FaultRow, { port }: Server): Promise<void> {
  if (row.over === 'mse') return row.see(await visitEncrypted(port, FAULT_HASH, row))
  const visit = { infoHash: FAULT_HASH, requests: REQUESTS, until: isWhole, ...row.visit }
  if (row.over !== 'utp') return row.see(await visitOver(await rawTcp(port), visit))
  const line = await rawUtp(port)
  await visitOver(line, { ...visit, until: (seen) => row.until?.(line) ?? visit.until(seen) })
  row.see(line)
}

const PORTS: Ports = {
  ...testPorts(),
  dial: dialPeer,
  files: {
    create: () =>
      Promise.resolve({
        write: () => Promise.resolve(),
        commit: () => Promise.resolve(),
        discard: () => Promise.resolve(),
      }),
  },
}

const PATIENCE_MS = 30_000

function diagnose({ by = 'connect', options }: Told, { port, torrent }: Server) {
  const { metainfo } = torrent
  const target = by === 'metadata' ? { infoHashes: metainfo.infoHashes } : withMetainfo(metainfo)
  const session = {
    ...sessionOptions({ host: '127.0.0.1', port }, target),
    encryption: 'off',
    connectTimeoutMs: PATIENCE_MS,
    handshakeTimeoutMs: PATIENCE_MS,
    unchokeTimeoutMs: PATIENCE_MS,
  } as const
  if (by === 'connect' || by === 'interested')
    return connect(
      { ...session, interested: by === 'interested', settleMs: 100, waitMs: PATIENCE_MS, ...options },
      PORTS,
    )
  const range = { piece: 0, offset: 0, length: 32_768 }
  const how = { output: '-', force: true, verify: true, metadata: true, repeat: 1 }
  return fetchBlock({ ...session, ...range, ...how, blockTimeoutMs: PATIENCE_MS, ...options }, PORTS)
}

/** What says nothing about a fault; a busy machine loses time and datagrams. */
const EVERYWHERE = new Set<string>(['allowed-fast-dialect', 'utp-path-trouble'])

function findingsOf({ findings }: SessionReport, expected: readonly string[]): readonly string[] {
  return findings.map(({ id }) => id).filter((id) => expected.includes(id) || !EVERYWHERE.has(id))
}

const torrentOf = ({ fault }: FaultRow): FaultTorrent =>
  fault.startsWith('hashes-') ? V2_TORRENT : FAULT_TORRENT

/** The same row for a seeder that never does what the row waits for. */
function patiently(row: FaultRow): FaultRow {
  if (row.over === 'mse') return { ...row, until: ({ stream }: RawMse) => stream.length >= 68 }
  const { visit } = row
  if (row.over === 'utp') return { ...row, until: ({ seen }: RawUtp) => isWhole(seen) }
  // who opens in a way of his own gets another answer
  return visit?.opening === undefined
    ? { ...row, visit: { ...visit, requests: REQUESTS, until: isWhole } }
    : row
}

const honest = Promise.all([FAULT_TORRENT, V2_TORRENT].map((torrent) => startServer(torrent, [])))
afterAll(async () => Promise.all((await honest).map(({ stop }) => stop())))

describe.concurrent('over sockets', () => {
  test.each(FAULT_ROWS)('$fault', async (row) => {
    const server = await startServer(torrentOf(row), [row.fault])
    try {
      await look(row, server)
      const report = await diagnose(row.told, server)
      const { exitCode, code, says = '', finds = [], shows = {} } = row.told
      expect({
        exitCode: report.exitCode,
        code: report.error?.code,
        finds: findingsOf(report, finds),
      }).toStrictEqual({
        exitCode,
        code: code ?? report.error?.code,
        finds,
      })
      expect(report.error?.message ?? '').toContain(says)
      expect(report).toMatchObject(shows)
    } finally {
      await server.stop()
    }
  })

  test.each(FAULT_ROWS.filter(({ honestMayLookAlike }) => honestMayLookAlike !== true))(
    'an honest seeder does not do $fault',
    async (row) => {
      const server = (await honest).find(({ torrent }) => torrent === torrentOf(row))
      if (server === undefined) throw new Error('no server')
      await expect(look(patiently(row), server)).rejects.toThrow()
    },
  )
})

test('every fault of the table is seen, under a name of its own', () => {
  const seen = new Set(FAULT_ROWS.map(({ fault }) => parseFault(fault).fault.name))
  const names = FAULTS.map(({ name }) => name)
  expect([...seen].sort()).toStrictEqual([...names].sort())
  expect(names.length).toBeGreaterThanOrEqual(90)
})
