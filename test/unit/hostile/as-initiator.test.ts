import { describe, expect, test } from 'vitest'
import { dialHostile } from '../../support/hostile/dialled.ts'
import { TARGET } from '../../support/hostile/row.ts'
import { HOSTILE_ROWS } from '../../support/hostile/rows.ts'
import { connect } from '../../support/verdicts/commands.ts'

/** Inputs that broke other clients, from a peer that we dial over loopback. An error that nobody caught fails the run by itself. */

describe.each(HOSTILE_ROWS)('$name', (row) => {
  const { code = 'E_SESSION_CLOSED', finds = [] } = row.seed

  test.each(['off', 'require'] as const)(
    'is a typed error or a finding, with encryption %s',
    async (encryption) => {
      const report = await dialHostile(row, { encryption }, connect)
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
    const report = await dialHostile(row, { encryption: 'off', target }, connect)
    expect(report).toMatchObject({ ok: false, error: { code } })
  })
})
