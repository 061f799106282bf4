import { describe, expect, test } from 'vitest'
import { connect, type ConnectReport } from '../../../../src/report/model/connect.ts'
import { serveEvent } from '../../../../src/report/model/serve-event.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import { connectReport, failedReport, failure } from '../../../support/reports/reports.ts'
import { schemaErrors } from '../../../support/reports/schema.ts'

const redactor = () => new Redactor(new Uint8Array(32), [connect])

describe('a document', () => {
  test('keeps its schema and its words, and says that it is redacted', () => {
    const report = connectReport()
    const redacted = redactor().report(connect, report)
    expect(schemaErrors('connect', JSON.parse(JSON.stringify(redacted)))).toBeNull()
    expect(redacted.redacted).toContain('hashes')
    expect(redacted.availability).toStrictEqual(report.availability)
    expect(redacted.client).toBe(report.client)
    expect(redacted.handshake?.peerId.client).toBe(report.handshake?.peerId.client)
    expect(redacted.handshake?.infoHash).not.toBe(report.handshake?.infoHash)
    expect(redacted.torrent.infoHashV1).toBe(redacted.handshake?.infoHash)
    expect(redacted.target.host).toBe('192.0.2.1')
  })

  test.each([
    ['81.2.69.142 refused the connection', '192.0.2.2 refused the connection'],
    ['the connection to [2a00:1::7]:6881 was reset', 'the connection to [2001:db8::1]:6881 was reset'],
    ['special: 10.1.2.3:80', 'special: 192.0.2.2:80'],
    ['libtorrent 2.0.8.0 and qBittorrent/4.5.2.1 stay', 'libtorrent 2.0.8.0 and qBittorrent/4.5.2.1 stay'],
    ['`yourip`: 3 bytes, expected 4 or 16: 510245', '`yourip`: 3 bytes, expected 4 or 16: 780078'],
  ])('a sentence names what nothing else names: %s', (message, replaced) => {
    const { error } = redactor().report<ConnectReport>(
      connect,
      failedReport(failure('E_TIMEOUT', 'connect', message), {}),
    )
    expect(error?.message).toBe(replaced)
  })

  test('a hash in a sentence is a hash', () => {
    const hash = '0123456789abcdef0123456789abcdef01234567'
    const one = redactor()
    const failed = failedReport(failure('E_WRONG_INFO_HASH', 'handshake', `another info hash, ${hash}`), {})
    const { error } = one.report<ConnectReport>(connect, failed)
    expect(error?.message).toBe(`another info hash, ${one.pseudonyms.hexHash(hash)}`)
  })
})

test('an event of serve', () => {
  const one = redactor()
  const event = { type: 'refused', atMs: 1, peer: 1, remote: '81.2.69.142:5000', reason: 'banned' } as const
  const redacted = one.document(serveEvent, event)
  expect(redacted).toStrictEqual({ ...event, remote: '192.0.2.1:5000' })
  expect(schemaErrors('serve-event', redacted)).toBeNull()
})
