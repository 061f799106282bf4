import { afterAll, describe, expect, test } from 'vitest'
import type { SessionReport } from '../../../../src/report/model/session.ts'
import { FAULTS, parseFault } from '../../../../src/session/faults/table.ts'
import { type FaultRow, isWhole, REQUESTS } from '../../../support/faults/fault-row.ts'
import { FAULT_ROWS } from '../../../support/faults/fault-rows.ts'
import { FAULT_HASH, FAULT_TORRENT, V2_TORRENT } from '../../../support/faults/fault-torrents.ts'
import { diagnoseFaulty, type FaultyServer, startFaulty, torrentOf } from '../../../support/faults/live.ts'
import { type RawMse, visitEncrypted } from '../../../support/raw/raw-mse.ts'
import { rawTcp, visitOver } from '../../../support/raw/raw-peer.ts'
import { type RawUtp, rawUtp } from '../../../support/raw/raw-utp.ts'

/*
 * Every fault of `serve`, over loopback: what a client sees that shares no code with it, and what peerwire says of it.
 */
/** Looks at the wire as the row says. */
async function look(row: FaultRow, { port }: FaultyServer): Promise<void> {
  if (row.over === 'mse') return row.see(await visitEncrypted(port, FAULT_HASH, row))
  const visit = { infoHash: FAULT_HASH, requests: REQUESTS, until: isWhole, ...row.visit }
  if (row.over !== 'utp') return row.see(await visitOver(await rawTcp(port), visit))
  const line = await rawUtp(port)
  await visitOver(line, { ...visit, until: (seen) => row.until?.(line) ?? visit.until(seen) })
  row.see(line)
}

/** What says nothing about a fault; a busy machine loses time and datagrams. */
const EVERYWHERE = new Set<string>(['allowed-fast-dialect', 'utp-path-trouble', 'process-suspended'])

function findingsOf({ findings }: SessionReport, expected: readonly string[]): readonly string[] {
  return findings.map(({ id }) => id).filter((id) => expected.includes(id) || !EVERYWHERE.has(id))
}

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

const honest = Promise.all([FAULT_TORRENT, V2_TORRENT].map((torrent) => startFaulty(torrent, [])))
afterAll(async () => Promise.all((await honest).map(({ stop }) => stop())))

async function expectSeen(row: FaultRow): Promise<void> {
  const server = await startFaulty(torrentOf(row), [row.fault])
  try {
    await look(row, server)
    const report = await diagnoseFaulty(row.told, server)
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
}

describe('over sockets, one at a time', () => {
  test.each(FAULT_ROWS.filter(({ isBusy }) => isBusy))('$fault', expectSeen)
})

describe.concurrent('over sockets', () => {
  test.each(FAULT_ROWS.filter(({ isBusy }) => !isBusy))('$fault', expectSeen)

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
