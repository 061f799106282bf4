import { expect, test } from 'vitest'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { renderTraceLine } from '../../../src/report/trace-lines.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'

const CLOSED = { at: 1, type: 'closed', phase: 'done', bytesSent: 68, bytesReceived: 11, pending: 0 } as const

const ROWS: readonly (readonly [event: TraceEvent, line: string])[] = [
  [{ ...CLOSED, by: 'peer', kind: 'fin' }, '· closed by peer (fin), sent 68, got 11 bytes'],
  [{ ...CLOSED, by: 'us', kind: 'rst' }, '· closed by us (rst), sent 68, got 11 bytes'],
  [{ ...CLOSED, by: 'network', kind: null, reason: 'no path' }, '· lost (no path), sent 68, got 11 bytes'],
  [
    { ...CLOSED, by: 'us', kind: null, reason: 'silent' },
    '· abandoned by us (silent), sent 68, got 11 bytes',
  ],
  [
    { at: 1, type: 'connected', transport: 'utp', local: '10.0.0.1:1', remote: '10.0.0.2:2' },
    '· connected to 10.0.0.2:2 from 10.0.0.1:1 over utp',
  ],
  [
    { at: 1, type: 'received', what: 'message', offset: 68, length: 9, message: { type: 'have', piece: 7 } },
    '← have 7 (byte 68, 9 long)',
  ],
  [
    { at: 1, type: 'sent', what: 'message', offset: 70, length: 5, message: { type: 'interested' } },
    '→ interested (byte 70, 5 long)',
  ],
  [
    {
      at: 1,
      type: 'attempt',
      address: '10.0.0.2',
      family: 4,
      transport: 'tcp',
      variant: 'mse-with-handshake',
    },
    '· connecting to 10.0.0.2 over tcp, with MSE that carries our handshake',
  ],
  [
    { at: 1, type: 'metadata', outcome: 'hash-wrong', size: 900, received: 1 },
    '· metadata does not match its hash',
  ],
  [{ at: 1, type: 'ended', phase: 'done', error: null }, '· attempt done'],
  [
    {
      at: 1,
      type: 'ended',
      phase: 'connect',
      error: { code: 'E_CONNECT_REFUSED', phase: 'connect', message: 'refused', hint: null },
    },
    '! attempt failed in phase connect: refused',
  ],
]

test.each(ROWS)('%j', (event, line) => {
  expect(renderTraceLine(event, 12.34, PLAIN_PAPER)).toBe(`     12.3 ms ${line}\n`)
})
