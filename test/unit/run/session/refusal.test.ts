import { expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { explained, refusal } from '../../../../src/run/session/refusal.ts'
import type { Attempt } from '../../../../src/run/session/log.ts'
import { NO_MSE_FACTS, type MseFacts } from '../../../../src/session/mse/facts.ts'
import { utpCloseReasonName } from '../../../../src/wire/utp/close-reason.ts'

const TO = { address: '192.0.2.7', port: 6881, family: 4 } as const

/** An attempt as it is recorded: its error has been explained. */
function attempt(error: PeerError, changes: Partial<Attempt>): Attempt {
  const made: Attempt = {
    to: TO,
    transportKind: 'tcp',
    variant: 'plaintext',
    phase: 'handshake',
    error: undefined,
    end: undefined,
    mse: NO_MSE_FACTS,
    pending: 0,
    transport: undefined,
    state: undefined,
    ...changes,
  }
  made.error = explained(error, made)
  return made
}

const unreached = (code: 'E_CONNECT_REFUSED' | 'E_CONNECT_TIMEOUT', transportKind: 'tcp' | 'utp'): Attempt =>
  attempt(
    new PeerError(
      code,
      code === 'E_CONNECT_REFUSED' ? '192.0.2.7:6881 refused the connection' : 'no answer',
      {
        hint: `hint of ${transportKind}`,
      },
    ),
    { transportKind, phase: 'connect' },
  )

const ended = { by: 'peer', kind: 'fin', phase: 'handshake', bytesSent: 68, bytesReceived: 0 } as const

const closed = (transportKind: 'tcp' | 'utp', code?: number): Attempt =>
  attempt(new PeerError('E_HANDSHAKE_CLOSED', 'the peer closed'), {
    transportKind,
    end: {
      ...ended,
      ...(code === undefined ? {} : { reason: { code, name: utpCloseReasonName(code) } }),
    },
  })

const mseClosed = (facts: Partial<MseFacts> = {}, code?: number): Attempt => ({
  ...attempt(new PeerError('E_ENCRYPTION_FAILED', 'MSE was closed', { hint: 'hint of MSE' }), {
    variant: 'mse',
    transportKind: code === undefined ? 'tcp' : 'utp',
    mse: { ...NO_MSE_FACTS, failure: 'closed', ...facts },
    end: {
      ...ended,
      ...(code === undefined ? {} : { reason: { code, name: utpCloseReasonName(code) } }),
    },
  }),
})

const silent = (offset: number, transportKind: 'tcp' | 'utp' = 'tcp'): Attempt =>
  attempt(new PeerError('E_HANDSHAKE_TIMEOUT', `${offset} bytes in 10000 ms`, { offset }), {
    transportKind,
    end: { ...ended, by: 'us' },
  })

const KEY = { secretBeginsWithZero: false } as const
const VC = { ...KEY, knowsTorrent: true } as const
const MANY =
  'an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address'

const ROWS: readonly {
  readonly name: string
  readonly attempts: readonly Attempt[]
  readonly code: string
  /** In the message, and what must not be in it. */
  readonly says: string
  readonly unsaid?: string
  readonly hint: string | undefined
}[] = [
  {
    name: 'one attempt keeps its own words',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp')],
    code: 'E_CONNECT_REFUSED',
    says: '192.0.2.7:6881 refused the connection',
    unsaid: 'listens',
    hint: 'hint of tcp',
  },
  {
    name: 'refused over both',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), unreached('E_CONNECT_REFUSED', 'utp')],
    code: 'E_CONNECT_REFUSED',
    says: '192.0.2.7:6881 refused the connection, over TCP and over uTP',
    hint: 'on this port and for this address family? a firewall that rejects looks the same',
  },
  {
    name: 'refused over both on this machine: no firewall between',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), unreached('E_CONNECT_REFUSED', 'utp')].map((one) => ({
      ...one,
      to: { ...TO, address: '127.0.0.1' },
    })),
    code: 'E_CONNECT_REFUSED',
    says: 'refused the connection, over TCP and over uTP',
    hint: 'on this port? one that listens on another address of this machine looks the same',
  },
  {
    name: 'filtered, and the UDP port is closed',
    attempts: [unreached('E_CONNECT_TIMEOUT', 'tcp'), unreached('E_CONNECT_REFUSED', 'utp')],
    code: 'E_CONNECT_TIMEOUT',
    says: 'over TCP, no answer; over uTP, 192.0.2.7:6881 refused the connection',
    hint: 'UDP of this port is not in use or is rejected, and TCP is not answered',
  },
  {
    name: 'refused, and silent over uTP: no claim that it is down',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), unreached('E_CONNECT_TIMEOUT', 'utp')],
    code: 'E_CONNECT_REFUSED',
    says: 'over TCP, 192.0.2.7:6881 refused the connection; over uTP, no answer',
    unsaid: 'down',
    hint: 'hint of tcp',
  },
  {
    name: 'silent in plaintext: MSE may be answered',
    attempts: [silent(0)],
    code: 'E_HANDSHAKE_TIMEOUT',
    says: '0 bytes',
    hint: 'a path that drops plaintext look alike: check the port, or try --encryption require',
  },
  {
    name: 'refused over TCP, and silent in plaintext over uTP',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), silent(0, 'utp')],
    code: 'E_HANDSHAKE_TIMEOUT',
    says: 'over uTP in plaintext, 0 bytes',
    hint: 'a path that drops plaintext look alike: check the port, or try --encryption require',
  },
  {
    name: 'silent after a part of a handshake: plaintext came through',
    attempts: [silent(20)],
    code: 'E_HANDSHAKE_TIMEOUT',
    says: '20 bytes',
    hint: 'none',
  },
  {
    name: 'silent with MSE, and then in plaintext',
    attempts: [mseClosed({ failure: 'timeout' }), silent(0)],
    code: 'E_HANDSHAKE_TIMEOUT',
    says: 'in plaintext, 0 bytes',
    hint: 'try a longer --handshake-timeout',
  },
  {
    name: 'closed without a byte: no claim about the torrent',
    attempts: [closed('tcp'), mseClosed(), unreached('E_CONNECT_TIMEOUT', 'utp')],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'over TCP in plaintext, the peer closed; over TCP with MSE, MSE was closed; over uTP, no answer',
    unsaid: 'torrent',
    hint: `${MANY}, a filter on the path and another service look alike`,
  },
  {
    name: 'closed without a byte, uTP not tried: it may accept only uTP',
    attempts: [closed('tcp'), mseClosed()],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'in plaintext, the peer closed; with MSE, MSE was closed',
    hint: `${MANY}, a client that accepts only uTP, a filter on the path and another service look alike`,
  },
  {
    name: 'MSE alone was tried, and closed without a byte: it may be a client without MSE',
    attempts: [mseClosed(), unreached('E_CONNECT_REFUSED', 'utp')],
    code: 'E_ENCRYPTION_FAILED',
    says: 'over TCP with MSE, MSE was closed; over uTP, 192.0.2.7:6881 refused the connection',
    hint: 'hint of MSE',
  },
  {
    name: 'bytes that are not MSE after a possible key: no claim of another service',
    attempts: [closed('tcp'), mseClosed({ ...KEY, failure: 'not-synchronised' })],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'in plaintext, the peer closed; with MSE, MSE was closed',
    unsaid: 'service',
    hint: 'check the port, or try --encryption off',
  },
  {
    name: 'text where the key belongs: another service',
    attempts: [closed('tcp'), mseClosed({ failure: 'not-a-public-key' })],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'in plaintext, the peer closed; with MSE, MSE was closed',
    hint: 'another service looks like this',
  },
  {
    name: 'a public key and a close: many causes',
    attempts: [closed('tcp'), mseClosed(KEY)],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'in plaintext, the peer closed; with MSE, MSE was closed',
    hint: 'hint of MSE',
  },
  {
    name: 'VC outranks a close without a byte',
    attempts: [closed('tcp'), mseClosed(VC), closed('utp')],
    code: 'E_ENCRYPTION_FAILED',
    says: 'VC proves that it knows the torrent',
    hint: 'a limit, a stopped torrent, a ban of this address or this client, another connection from this address, a defect of its MSE and a filter on the path look alike',
  },
  ...(
    [
      [257, 'it does not have this torrent', 'check the info hash'],
      [2, 'it has this torrent, and the torrent is not active', 'look at the torrent in that client'],
      [1, 'it has another connection from this address', 'close the other connection'],
      [15, 'its connection limit is reached', 'try again later'],
    ] as const
  ).map(([reason, says, hint]) => ({
    name: `reason ${reason} outranks what TCP did`,
    attempts: [closed('tcp'), mseClosed(KEY), closed('utp', reason)],
    code: 'E_HANDSHAKE_CLOSED',
    says,
    hint,
  })),
  {
    name: 'the reason behind 13 outranks it',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), closed('utp', 13), mseClosed(KEY, 257)],
    code: 'E_ENCRYPTION_FAILED',
    says: 'giving its reason as invalid_info_hash (257): it does not have this torrent',
    hint: 'check the info hash',
  },
  {
    name: '13, and nothing behind it',
    attempts: [unreached('E_CONNECT_REFUSED', 'tcp'), closed('utp', 13)],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'it does not accept such a connection for this torrent',
    hint: 'it may require encryption (--encryption require), or this is an SSL torrent',
  },
  {
    name: '257 with a secret that begins with zero says nothing of the torrent',
    attempts: [mseClosed({ secretBeginsWithZero: true }, 257)],
    code: 'E_ENCRYPTION_FAILED',
    says: 'this says nothing of the torrent',
    unsaid: 'does not have this torrent',
    hint: 'try again: the next connection has another secret',
  },
  {
    name: 'a reason whose cause is not known has its name only',
    attempts: [closed('tcp'), mseClosed({}), closed('utp', 6)],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'over uTP in plaintext, the peer closed',
    unsaid: 'does not have',
    hint: MANY,
  },
  {
    name: 'the peer that was reached is the one to report on',
    attempts: [
      { ...unreached('E_CONNECT_TIMEOUT', 'tcp'), to: { ...TO, address: '192.0.2.8' } },
      closed('tcp'),
      mseClosed(KEY),
    ],
    code: 'E_HANDSHAKE_CLOSED',
    says: 'in plaintext, the peer closed; with MSE, MSE was closed',
    unsaid: 'no answer',
    hint: 'hint of MSE',
  },
]

test.each(ROWS)('$name', ({ attempts, code, says, unsaid, hint }) => {
  const error = refusal(attempts)
  expect(error?.code).toBe(code)
  expect(error?.message).toContain(says)
  if (unsaid !== undefined) expect(error?.message).not.toContain(unsaid)
  expect(error?.hint ?? 'none').toContain(hint)
})
