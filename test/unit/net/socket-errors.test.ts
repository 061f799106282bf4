import { describe, expect, test } from 'vitest'
import { connectionError } from '../../../src/net/connection/connection-end.ts'
import { connectionFailure, dialError } from '../../../src/net/socket-errors.ts'

const PEER = '192.0.2.7:1'

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code })
}

describe('a failed attempt to connect', () => {
  test.each<[string, { elapsedMs?: number; source?: string }, string, number, string]>([
    ['ECONNREFUSED', {}, 'E_CONNECT_REFUSED', 3, 'refused the connection'],
    ['ETIMEDOUT', {}, 'E_CONNECT_TIMEOUT', 3, 'did not answer'],
    ['ENETUNREACH', {}, 'E_CONNECT_UNREACHABLE', 3, 'there is no route'],
    ['EHOSTUNREACH', { elapsedMs: 4 }, 'E_CONNECT_UNREACHABLE', 3, 'was rejected at once'],
    ['EHOSTUNREACH', { elapsedMs: 3060 }, 'E_CONNECT_UNREACHABLE', 3, 'no machine was found'],
    ['ENETDOWN', {}, 'E_CONNECT_UNREACHABLE', 3, 'network interface'],
    ['EPERM', {}, 'E_LOCAL_FIREWALL', 9, 'this machine blocks'],
    ['EACCES', {}, 'E_LOCAL_FIREWALL', 9, 'this machine blocks'],
    ['EADDRNOTAVAIL', { source: '192.0.2.1' }, 'E_BIND', 9, 'from 192.0.2.1'],
    ['EADDRNOTAVAIL', {}, 'E_BIND', 9, 'this machine cannot connect'],
    ['EMFILE', {}, 'E_BIND', 9, 'cannot open a socket'],
    ['EWHATEVER', {}, 'E_CONNECT_UNREACHABLE', 3, 'failed (EWHATEVER)'],
  ])('%s %o is %s', (code, how, wanted, exitCode, says) => {
    const error = dialError(systemError(code), {
      address: PEER,
      source: undefined,
      elapsedMs: 0,
      ...how,
    })
    expect(error).toMatchObject({ code: wanted, exitCode })
    expect(error.message).toContain(says)
    if (code !== 'ECONNREFUSED' && code !== 'ETIMEDOUT') expect(error.message).toContain(code)
  })

  test.each([
    new TypeError('a is not a constructor'),
    Object.assign(new RangeError('port'), { code: 'ERR_SOCKET_BAD_PORT' }),
  ])('what the system did not report is a bug: %s', (cause) => {
    const error = dialError(cause, { address: PEER, source: undefined, elapsedMs: 0 })
    expect(error).toMatchObject({ code: 'E_INTERNAL', exitCode: 70, blame: 'local' })
    const end = connectionFailure(cause)
    expect(end).toMatchObject({ by: 'us', kind: null })
    const bytes = { phase: 'transfer', bytesSent: 1, bytesReceived: 2 } as const
    expect(connectionError({ ...end, ...bytes }, true)).toMatchObject({ code: 'E_INTERNAL', exitCode: 70 })
  })

  test('only an address that was asked for is blamed on --source', () => {
    const hint = (source: string | undefined) =>
      dialError(systemError('EADDRNOTAVAIL'), { address: PEER, source, elapsedMs: 0 }).hint
    expect(hint('192.0.2.1')).toContain('--source')
    expect(hint(undefined)).not.toContain('--source')
  })
})

test('an interface that this machine does not have is named as the place to look', () => {
  const hint = (address: string) =>
    dialError(systemError('EINVAL'), { address, source: undefined, elapsedMs: 0 }).hint
  expect(hint('[fe80::1%nope]:1')).toContain('interface that the address names')
  expect(hint('[2001:db8::1]:1')).not.toContain('interface')
})

describe('on a loopback address, where nothing is in between', () => {
  test.each(['ECONNREFUSED', 'ETIMEDOUT'])('the hint of %s names no path', (code) => {
    const hint = (address: string) =>
      dialError(systemError(code), { address, source: undefined, elapsedMs: 0 }).hint
    for (const address of ['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', '[::ffff:127.0.0.1]:1'])
      expect(hint(address)).not.toMatch(/firewall(?! on this machine)|router|machine that is down/)
    for (const address of ['192.0.2.7:1', '[2001:db8::1]:1', '10.0.0.1:1'])
      expect(hint(address)).toContain('a firewall')
  })
})

describe('an error on an open connection', () => {
  const bytes = { phase: 'transfer', bytesSent: 100, bytesReceived: 200 } as const

  test.each<[string, 'us' | 'peer' | 'network', 'rst' | null, string, string, number, number]>([
    ['ECONNRESET', 'peer', 'rst', 'E_HANDSHAKE_RESET', 'E_SESSION_RESET', 4, 5],
    ['EPIPE', 'peer', 'rst', 'E_HANDSHAKE_RESET', 'E_SESSION_RESET', 4, 5],
    ['ETIMEDOUT', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['EHOSTUNREACH', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['ENETUNREACH', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['ENETDOWN', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['ECONNABORTED', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['EWHATEVER', 'network', null, 'E_HANDSHAKE_LOST', 'E_SESSION_LOST', 4, 6],
    ['EPERM', 'us', null, 'E_LOCAL_FIREWALL', 'E_LOCAL_FIREWALL', 9, 9],
  ])('%s is by %s', (code, by, kind, before, after, exitBefore, exitAfter) => {
    const end = connectionFailure(systemError(code))
    expect(end).toMatchObject({ by, kind })
    expect(connectionError({ ...end, ...bytes }, false)).toMatchObject({ code: before, exitCode: exitBefore })
    const error = connectionError({ ...end, ...bytes }, true)
    expect(error).toMatchObject({ code: after, exitCode: exitAfter })
    if (by === 'peer') return
    expect(error.message).toContain(code)
    expect(error.message).not.toMatch(/the peer (closed|reset)/)
  })
})
