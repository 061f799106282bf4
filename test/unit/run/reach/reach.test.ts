import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import type { PathState, ReachProof } from '../../../../src/diagnose/reach/judge.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { renderReachText } from '../../../../src/report/text/probing/reach.ts'
import { PLAIN_PAPER } from '../../../../src/report/text/page/paper.ts'
import { bigintDiffieHellman } from '../../../../src/wire/mse/keys.ts'
import {
  type Behind,
  type Machine,
  reachMachine,
  REFUSED,
  TURNED_AWAY,
  UNANSWERED,
} from '../../../support/peers/reach-lab.ts'
import { reacting } from '../../../support/services/service.ts'
import { SERVICES } from '../../../support/services/services.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

const key = () => bigintDiffieHellman.publicKey(new Uint8Array(randomBytes(20)))

/** Calls back once, when this many bytes have come. */
function after(length: number, then: (socket: Socket, received: Buffer) => void): Behind {
  const talk = (socket: Socket, later: Parameters<(typeof SERVICES)['discard']['talk']>[1]) => {
    let isDone = false
    reacting(undefined, (one, received) => {
      if (isDone || received.length < length) return
      isDone = true
      then(one, received)
    }).talk(socket, later)
  }
  return talk
}

/** Connection by connection, the last one for all that follow. */
function inTurn(...talks: readonly Exclude<Behind, PeerError>[]): Behind {
  let next = 0
  return (socket, later) => talks[Math.min(next++, talks.length - 1)]?.(socket, later)
}

const isName = (received: Buffer) => received.toString('latin1', 1, 20) === 'BitTorrent protocol'

/** A client that reads a handshake like most of them: its name first, then up to the info hash. */
const withoutMse: Behind = (socket, later) =>
  reacting(undefined, (one, received) => {
    if (received.length >= 20 && !isName(received)) one.end()
    else if (received.length >= 48) one.end()
  }).talk(socket, later)

const encrypted: Behind = after(96, (socket) => socket.write(Buffer.concat([key(), randomBytes(137)])))
const onAccept: Behind = (socket) => socket.resume().write(theirHandshake())
const open: Behind = SERVICES.discard.talk
const closesAtOnce = SERVICES['closes-at-once'].talk

type Row = readonly [what: string, tcp: Behind, expected: ReachProof | PathState]

const SAME_KEY = Buffer.concat([key(), randomBytes(50)])

const CLIENTS: readonly Row[] = [
  ['a client with encryption', encrypted, 'key'],
  [
    'one that refuses every second connection',
    inTurn(closesAtOnce, encrypted as typeof closesAtOnce, closesAtOnce, encrypted as typeof closesAtOnce),
    'key',
  ],
  ['one without encryption', withoutMse, 'steps'],
  ['one that sends its handshake on accept', onAccept, 'handshake'],
  ['one that answers any info hash', after(48, (socket) => socket.write(theirHandshake())), 'handshake'],
]

const IMPOSTORS: readonly Row[] = [
  ['the same key each time', after(96, (socket) => socket.write(SAME_KEY)), 'unknown-service'],
  ['a key after half of ours', after(48, (socket) => socket.write(key())), 'unknown-service'],
  [
    'a key and a pad that is too long',
    after(96, (socket) => socket.write(randomBytes(700))),
    'unknown-service',
  ],
  ['our key', after(96, (socket, received) => socket.write(received)), 'other-service'],
  ['a close after 48 bytes of anything', after(48, (socket) => socket.end()), 'closes'],
  ['a close after 68 bytes of anything', after(68, (socket) => socket.end()), 'closes'],
  [
    'a close at the first line feed',
    reacting(undefined, (socket, received) => received.includes('\n') && socket.end()).talk,
    'closes',
  ],
  [
    'a close after a time that varies',
    inTurn(
      ...[1700, 1700, 1500, 1700].map((ms): typeof closesAtOnce => (socket, later) => {
        socket.resume()
        later(ms, () => socket.end())
      }),
    ),
    'closes',
  ],
]

describe('a proof', () => {
  test.each(CLIENTS)('%s: %#', async (_, tcp, proof) => {
    const report = await reachMachine({ tcp, utp: REFUSED })
    expect(report.paths[0]).toMatchObject({ state: 'bittorrent', proof })
    expect(report).toMatchObject({ ok: true, exitCode: 0, error: null })
    expect(report.verdict).toBe('open, and a BitTorrent client answers')
  })

  test.each(IMPOSTORS)('is not %s', async (_, tcp, state) => {
    const report = await reachMachine({ tcp, utp: REFUSED })
    expect(report.paths[0]).toMatchObject({ state, proof: null })
    expect(report.exitCode).toBe(4)
  })
})

const noRoute = new PeerError('E_CONNECT_UNREACHABLE', 'there is no route to 127.0.0.1', {
  phase: 'connect',
  cause: Object.assign(new Error(), { code: 'ENETUNREACH' }),
})
const rejected = new PeerError('E_CONNECT_UNREACHABLE', 'rejected', {
  phase: 'connect',
  cause: Object.assign(new Error(), { code: 'EHOSTUNREACH' }),
})
const foreign = new PeerError('E_NOT_BITTORRENT', 'a datagram that cannot be used as uTP')

type Verdict = readonly [machine: Machine, exitCode: number, verdict: string]

// prettier-ignore
const VERDICTS: readonly Verdict[] = [
  [{ tcp: encrypted, utp: open }, 0, 'open, and a BitTorrent client answers'],
  [{ tcp: REFUSED, utp: TURNED_AWAY }, 0, 'a BitTorrent client answers over uTP, and not over TCP'],
  [{ tcp: REFUSED, utp: open }, 0, 'a BitTorrent client answers over uTP, and not over TCP'],
  [{ tcp: closesAtOnce, utp: open }, 0, 'a BitTorrent client answers over uTP, and not over TCP'],
  [{ tcp: closesAtOnce, utp: UNANSWERED }, 4, 'open, closes at once'],
  [{ tcp: SERVICES.ssh.talk, utp: REFUSED }, 4, 'open, and another service answers: SSH'],
  [{ tcp: open, utp: UNANSWERED }, 4, 'open, and silent'],
  [{ tcp: REFUSED, utp: foreign }, 4, 'open, and what answers is not known'],
  [{ tcp: REFUSED, utp: REFUSED }, 3, 'closed: nothing listens on this port'],
  [{ tcp: REFUSED, utp: UNANSWERED }, 3, 'closed: TCP is refused'],
  [{ tcp: UNANSWERED, utp: REFUSED }, 3, 'filtered: TCP is not answered, and the UDP port is not in use'],
  [{ tcp: UNANSWERED, utp: UNANSWERED }, 3, 'no answer: filtered, or the machine is down'],
  [{ tcp: rejected, utp: UNANSWERED }, 3, 'filtered: a firewall or a router rejects the connection'],
  [{ tcp: rejected, utp: rejected }, 3, 'filtered: a firewall or a router rejects the connection'],
  [{ tcp: noRoute, utp: noRoute }, 3, 'there is no route to 127.0.0.1'],
]

test.each(VERDICTS)('the verdict over all paths: %#', async (machine, exitCode, verdict) => {
  expect(await reachMachine(machine)).toMatchObject({ exitCode, verdict, ok: exitCode === 0 })
})

test('a client without an active torrent is neither called BitTorrent nor denied', async () => {
  const report = await reachMachine({ tcp: closesAtOnce, utp: UNANSWERED })
  const text = renderReachText(report, { ...PLAIN_PAPER, verbose: false }).replaceAll(/\s+/g, ' ')
  expect(text).toContain('open, closes at once')
  expect(text).toContain(
    'a BitTorrent client without an active torrent, at its limit, or one that filters us looks like this',
  )
  expect(text).not.toMatch(/not BitTorrent|no BitTorrent/i)
  expect(report.connections).toBe(3)
})

describe('the paths of a name', () => {
  const seed = { input: 'seed.example:9', host: 'seed.example', port: 9 }
  const one = { address: '192.0.2.1', family: 4 } as const
  const two = { address: '192.0.2.2', family: 4 } as const
  const six = { address: '2001:db8::1', family: 6 } as const
  const pathsOf = async (
    found: readonly (typeof one | typeof two | typeof six)[],
    options: { readonly family?: 4 | 6; readonly source?: string } = {},
  ) => {
    const resolve = (_: string, family: 4 | 6 | undefined) =>
      Promise.resolve(found.filter((address) => family === undefined || address.family === family))
    const report = await reachMachine({ tcp: REFUSED, utp: REFUSED }, { peer: seed, ...options }, { resolve })
    return report.paths.map(({ transport, family, address }) => `${transport}${family} ${address}`)
  }

  test('are its addresses, each over TCP and uTP', async () => {
    expect(await pathsOf([one, two, six])).toStrictEqual([
      'tcp4 192.0.2.1',
      'utp4 192.0.2.1',
      'tcp4 192.0.2.2',
      'utp4 192.0.2.2',
      'tcp6 2001:db8::1',
      'utp6 2001:db8::1',
    ])
  })

  test('include the family that it does not have', async () => {
    expect(await pathsOf([one])).toStrictEqual(['tcp4 192.0.2.1', 'utp4 192.0.2.1', 'tcp6 null', 'utp6 null'])
  })

  test('are those of the family that is asked for, or of the source address', async () => {
    expect(await pathsOf([one, six], { family: 6 })).toStrictEqual(['tcp6 2001:db8::1', 'utp6 2001:db8::1'])
    expect(await pathsOf([one, six], { source: '192.0.2.9' })).toStrictEqual([
      'tcp4 192.0.2.1',
      'utp4 192.0.2.1',
    ])
  })

  test('are none for a name that is not found', async () => {
    const lost = new PeerError('E_NAME_NOT_FOUND', 'seed.example does not resolve to an address')
    const resolve = () => Promise.reject(lost)
    expect(await reachMachine({ tcp: open, utp: open }, { peer: seed }, { resolve })).toMatchObject({
      exitCode: 3,
      verdict: 'seed.example does not resolve to an address',
      paths: [],
    })
  })
})

describe('when its time is over', () => {
  test('it reports what it has found by then', async () => {
    const report = await reachMachine({ tcp: open, utp: open }, { totalTimeoutMs: 9000 })
    expect(report).toMatchObject({ exitCode: 6, error: { code: 'E_TIMEOUT' } })
    expect(report.paths).toMatchObject([{ state: 'silent' }, { state: 'not-tried' }])
  })

  test('a proof stands', async () => {
    const report = await reachMachine({ tcp: encrypted, utp: open }, { totalTimeoutMs: 3500 })
    expect(report).toMatchObject({ exitCode: 0, error: null })
    expect(report.paths).toMatchObject([{ proof: 'key' }, { state: 'not-tried' }])
  })
})

test('a signal stops it, and what is known is in the report', async () => {
  const abort = new AbortController()
  const reason = new PeerError('E_INTERRUPTED', 'stopped by SIGINT')
  const tcp: Behind = (socket) => {
    socket.resume()
    abort.abort(reason)
  }
  const report = await reachMachine({ tcp, utp: open }, {}, { signal: abort.signal })
  expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' }, connections: 1 })
})

test('the handshake in steps and its control differ in the name alone, and a repetition has another hash', async () => {
  const sent: string[] = []
  let current = ''
  const trace = (event: TraceEvent) => {
    if (event.type === 'probe') current = event.how
    if (event.type === 'attempt' && current.startsWith('steps')) sent.push('')
    if (event.type !== 'raw' || event.direction !== 'sent' || !current.startsWith('steps')) return
    sent[sent.length - 1] += event.bytes
  }
  await reachMachine({ tcp: withoutMse, utp: REFUSED }, { trace })
  const [steps = '', control = '', again = ''] = sent
  expect(sent).toHaveLength(3)
  expect(steps.slice(0, 40)).toBe(again.slice(0, 40))
  expect(steps.slice(56, 96)).not.toBe(again.slice(56, 96))
  expect(control).toHaveLength(40)
  expect(control).not.toBe(steps.slice(0, 40))
})
