import { expect, test } from 'vitest'
import type { ErrorCode } from '../../../../src/base/errors.ts'
import type { ProbeReport } from '../../../../src/report/model/why.ts'
import { describeProbeEnd } from '../../../../src/report/text/probing/probe-end.ts'
import { WHY_WORKS } from '../../../support/reports/why-reports.ts'

/** A probe that ended so. */
function probe(changes: Partial<ProbeReport>, code?: ErrorCode): ProbeReport {
  const [usual] = WHY_WORKS.probes
  if (usual === undefined) throw new Error('the report has no probe')
  const error = code === undefined ? null : { code, phase: null, message: code, hint: null }
  return { ...usual, blocks: null, bytesSent: 68, bytesReceived: 0, error, ...changes }
}

const BY_PEER = { closedBy: 'peer', closeKind: 'fin' } as const
const NOT_CONNECTED = { closedBy: null, closeKind: null } as const

// who ended it, how, and after how many bytes each way: nothing else is claimed
const ROWS: readonly (readonly [string, ProbeReport])[] = [
  ['FIN after our 68 bytes, nothing came', probe(BY_PEER)],
  ['RST after our 68 bytes, 1 byte came', probe({ ...BY_PEER, closeKind: 'rst', bytesReceived: 1 })],
  ['FIN before our first byte', probe({ ...BY_PEER, bytesSent: 0 })],
  ['FIN before our first byte, 24 bytes came', probe({ ...BY_PEER, bytesSent: 0, bytesReceived: 24 })],
  [
    'FIN after our 68 bytes, reason 257, nothing came',
    probe({ ...BY_PEER, transport: 'utp', closeReason: { code: 257, name: 'invalid_info_hash' } }),
  ],
  [
    'lost by the network after our 68 bytes, 90 bytes came',
    probe({ closedBy: 'network', closeKind: null, bytesReceived: 90 }),
  ],
  ['4 blocks came', probe({ blocks: 4, bytesReceived: 70_000 })],
  ['68 bytes came, and we closed', probe({ blocks: 0, bytesReceived: 68 })],
  ['no handshake in time, nothing came', probe({}, 'E_HANDSHAKE_TIMEOUT')],
  ['never unchoked, 4 blocks came', probe({ blocks: 4, bytesReceived: 70_000 }, 'E_UNCHOKE_TIMEOUT')],
  ['no block in time, 200 bytes came', probe({ blocks: 0, bytesReceived: 200 }, 'E_BLOCK_TIMEOUT')],
  ['200 bytes came for our 68 bytes, and we closed', probe({ bytesReceived: 200 }, 'E_MALFORMED_MESSAGE')],
  ['refused', probe({ ...NOT_CONNECTED, outcome: 'refused' }, 'E_CONNECT_REFUSED')],
  [
    'port unreachable',
    probe({ ...NOT_CONNECTED, transport: 'utp', outcome: 'refused' }, 'E_CONNECT_REFUSED'),
  ],
  ['no answer', probe({ ...NOT_CONNECTED, outcome: 'timeout' }, 'E_CONNECT_TIMEOUT')],
  ['unreachable', probe({ ...NOT_CONNECTED, outcome: 'unreachable' }, 'E_CONNECT_UNREACHABLE')],
  ['no connection', probe({ ...NOT_CONNECTED, outcome: 'local-error' }, 'E_BIND')],
]

test.each(ROWS)('%s', (words, report) => {
  expect(describeProbeEnd(report)).toBe(words)
})
