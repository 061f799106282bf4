import { expect, test } from 'vitest'
import type { ErrorCode } from '../../../../src/base/errors.ts'
import { connectionError, type ConnectionEnd } from '../../../../src/net/connection/connection-end.ts'

interface Row {
  readonly end: Pick<ConnectionEnd, 'by' | 'kind' | 'failure' | 'reason'>
  readonly open: boolean
  readonly code: ErrorCode
  readonly message: string
}

const failure = (type: 'lost' | 'unanswered' | 'blocked' | 'bug') => ({ type, detail: 'why' })
const REASON = { code: 3, name: 'no-memory' }

/** Who ended a connection, how, after how many bytes: the code and the sentence say the same. */
const ROWS: readonly Row[] = [
  {
    end: { by: 'peer', kind: 'fin' },
    open: false,
    code: 'E_HANDSHAKE_CLOSED',
    message: 'the peer closed the connection after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'peer', kind: 'fin' },
    open: true,
    code: 'E_SESSION_CLOSED',
    message: 'the peer closed the connection after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'peer', kind: 'rst' },
    open: false,
    code: 'E_HANDSHAKE_RESET',
    message: 'the connection was reset after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'peer', kind: 'rst' },
    open: true,
    code: 'E_SESSION_RESET',
    message: 'the connection was reset after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'us', kind: 'fin' },
    open: true,
    code: 'E_SESSION_CLOSED',
    message: 'we closed the connection after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'us', kind: 'rst' },
    open: true,
    code: 'E_SESSION_RESET',
    message: 'we reset the connection after 11 bytes in and 68 bytes out',
  },
  {
    end: { by: 'peer', kind: 'rst', reason: REASON },
    open: true,
    code: 'E_SESSION_RESET',
    message:
      'the connection was reset after 11 bytes in and 68 bytes out, giving its reason as no-memory (3)',
  },
  {
    end: { by: 'network', kind: null, failure: failure('lost') },
    open: false,
    code: 'E_HANDSHAKE_LOST',
    message: 'the connection was lost after 11 bytes in and 68 bytes out: why',
  },
  {
    end: { by: 'network', kind: null, failure: failure('lost') },
    open: true,
    code: 'E_SESSION_LOST',
    message: 'the connection was lost after 11 bytes in and 68 bytes out: why',
  },
  {
    end: { by: 'us', kind: null, failure: failure('unanswered') },
    open: true,
    code: 'E_SESSION_TIMEOUT',
    message: 'the connection timed out after 11 bytes in and 68 bytes out: why',
  },
  {
    end: { by: 'us', kind: null, failure: failure('unanswered') },
    open: false,
    code: 'E_HANDSHAKE_TIMEOUT',
    message: 'the connection timed out after 11 bytes in and 68 bytes out: why',
  },
  {
    end: { by: 'us', kind: null, failure: failure('blocked') },
    open: true,
    code: 'E_LOCAL_FIREWALL',
    message: 'this machine blocked the connection after 11 bytes in and 68 bytes out: why',
  },
  {
    end: { by: 'us', kind: null, failure: failure('bug') },
    open: true,
    code: 'E_INTERNAL',
    message: 'the connection failed on this side after 11 bytes in and 68 bytes out: why',
  },
]

test.each(ROWS)('$end.by, $end.kind, open $open: $code', ({ end, open, code, message }) => {
  const phase = open ? 'transfer' : 'handshake'
  const error = connectionError({ ...end, phase, bytesSent: 68, bytesReceived: 11 }, open)
  expect(error).toMatchObject({ code, message, phase, offset: 11 })
})

test.each([
  [19, false],
  [20, true],
  [47, true],
  [48, false],
])(
  '%i bytes of a handshake, then FIN: that it may not have the torrent is said: %j',
  (bytesReceived, isSaid) => {
    const end = { by: 'peer', kind: 'fin', phase: 'handshake', bytesSent: 68, bytesReceived } as const
    const { hint } = connectionError(end, false)
    expect(hint?.includes('closed before it sent an info hash') ?? false).toBe(isSaid)
    // after the handshake, or when we closed, it says nothing of the kind
    expect(connectionError(end, true).hint).toBeUndefined()
    expect(connectionError({ ...end, by: 'us' }, false).hint).toBeUndefined()
  },
)
