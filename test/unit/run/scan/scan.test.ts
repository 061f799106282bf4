import type { Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { type Clock, systemClock } from '../../../../src/net/clock.ts'
import { dialTcp } from '../../../../src/net/tcp/tcp.ts'
import type { Dial } from '../../../../src/net/transport.ts'
import type { ScannedPeer, ScanReport } from '../../../../src/report/model/scan.ts'
import { scanOutcome } from '../../../../src/report/outcome.ts'
import type { BadLine, ListedPeer, ScanOptions } from '../../../../src/run/scan/options.ts'
import { scan, type ScanPorts } from '../../../../src/run/scan/scan.ts'
import { testPorts } from '../../../support/sessions/fetch-setup.ts'
import { type Crowd, startCrowd, type Talk } from '../../../support/peers/scan-crowd.ts'

const SESSION: ScanOptions['session'] = {
  features: { fast: true, extensions: true, dht: false },
  encryption: 'off',
  transport: 'tcp',
  peerId: undefined,
  family: undefined,
  source: undefined,
  connectTimeoutMs: 20_000,
  handshakeTimeoutMs: 20_000,
  unchokeTimeoutMs: 20_000,
  interested: false,
  settleMs: 20,
  waitMs: 5000,
}

async function* listOf(peers: Iterable<ListedPeer | BadLine>): AsyncGenerator<ListedPeer | BadLine, void> {
  for (const peer of peers) yield peer
}

interface Ran {
  readonly report: ScanReport
  readonly peers: readonly ScannedPeer[]
}

async function run(
  peers: Iterable<ListedPeer | BadLine> | AsyncIterable<ListedPeer | BadLine>,
  options: Partial<ScanOptions> = {},
  ports: Partial<ScanPorts> = {},
): Promise<Ran> {
  const scanned: ScannedPeer[] = []
  const list = Symbol.asyncIterator in peers ? peers : listOf(peers)
  const report = await scan(
    {
      peers: list,
      session: SESSION,
      concurrency: 256,
      rate: undefined,
      totalTimeoutMs: undefined,
      ...options,
      onPeer: async (peer) => {
        scanned.push(peer)
        await options.onPeer?.(peer)
      },
    },
    { ...testPorts(), ...ports },
  )
  return { report, peers: scanned }
}

async function crowd(onTalk?: (talk: Talk, socket: Socket) => void): Promise<Crowd> {
  const started = await startCrowd(onTalk)
  onTestFinished(() => started.stop())
  return started
}

/** How each kind of peer ends. */
const ENDS = {
  good: 'ok',
  dead: 'refused',
  silent: 'timeout',
  slow: 'timeout',
  http: 'not-bittorrent',
  closing: 'closed',
  resetting: 'reset',
  flooding: 'protocol-error',
} as const

/** Real time, but for long deadlines: these come all at once, when `skip` is called. */
function skippingClock(): { readonly clock: Clock; readonly skip: () => void } {
  const held = new Set<() => void>()
  let skippedMs = 0
  return {
    clock: {
      now: () => systemClock.now() + skippedMs,
      schedule: (at, callback) => {
        if (at - systemClock.now() - skippedMs < 10_000) return systemClock.schedule(at - skippedMs, callback)
        held.add(callback)
        return () => held.delete(callback)
      },
    },
    skip: () => {
      skippedMs += 60_000
      for (const callback of held) callback()
    },
  }
}

test(
  'of a thousand peers, most of them broken, each has exactly one result, and its own',
  { timeout: 240_000 },
  async () => {
    const { peer } = await crowd()
    const kinds = Object.keys(ENDS) as (keyof typeof ENDS)[]
    const list = Array.from({ length: 1000 }, (_, i) => peer(i + 1, kinds[i % kinds.length] ?? 'good'))
    const { clock, skip } = skippingClock()
    let done = 0
    const onPeer = () => {
      done++
      // those that hang delay no other
      if (done === 750) skip()
    }
    const { report, peers } = await run(list, { concurrency: 300, onPeer }, { clock })
    const lines = peers.map(({ line }) => line).sort((a, b) => a - b)
    expect(lines).toStrictEqual(list.map(({ line }) => line))
    const wrong = peers.filter((one) => scanOutcome(one) !== ENDS[(one.label ?? 'good') as keyof typeof ENDS])
    expect(wrong.map(({ label, verdict }) => [label, verdict])).toStrictEqual([])
    expect(report).toMatchObject({
      complete: true,
      peers: 1000,
      unfinished: 0,
      reached: 875,
      exitCode: 3,
      outcomes: { ok: 125, refused: 125, timeout: 250 },
      transports: { tcp: 250 },
      clients: [{ name: 'Transmission', versions: { '3.00': 250 } }],
    })
  },
)

test('peers that hang delay no other: all others are done before the first of them ends', async () => {
  const hanging: Socket[] = []
  let good = 0
  const { peer } = await crowd((talk, socket) => {
    if (talk === 'silent') hanging.push(socket)
  })
  const list = Array.from({ length: 300 }, (_, i) => peer(i + 1, i < 100 ? 'silent' : 'good'))
  const { report } = await run(list, {
    concurrency: 120,
    // they would wait for ten minutes
    session: { ...SESSION, handshakeTimeoutMs: 600_000 },
    onPeer: ({ ok }) => {
      if (ok) good++
      if (good === 200) for (const socket of hanging.splice(0)) socket.destroy()
    },
  })
  expect(report.outcomes).toMatchObject({ ok: 200, closed: 100 })
})

test('never two connections at once to one address and port, whatever name it has in the list', async () => {
  const { peer, most, port } = await crowd()
  const first = peer(1, 'good')
  const named = (line: number, host: string): ListedPeer => ({
    ...first,
    line,
    peer: { input: `${host}:${port}`, host, port },
  })
  const list = [first, named(2, 'a.test'), named(3, `::ffff:${first.peer.host}`), peer(4, 'good')]
  let lookups = 0
  const { report } = await run(
    list,
    {},
    {
      resolve: (host) => {
        if (host === 'a.test') lookups++
        const address = host === 'a.test' ? first.peer.host : host
        return Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }])
      },
    },
  )
  expect(report.outcomes).toStrictEqual({ ok: 4 })
  expect(Math.max(...most.values())).toBe(1)
  expect(lookups).toBe(1)
})

test('a process without another socket works on fewer peers at once, and blames none of them', async () => {
  const { peer } = await crowd()
  let open = 0
  let most = 0
  const dial: Dial = async (to, options) => {
    if (open >= 10) {
      const cause = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' })
      throw new PeerError('E_BIND', 'cannot open a socket (EMFILE)', { phase: 'connect', cause })
    }
    open++
    most = Math.max(most, open)
    const transport = await dialTcp(to, options)
    const start = transport.start.bind(transport)
    transport.start = (sink) =>
      start({
        bytes: (chunk) => sink.bytes(chunk),
        drained: () => sink.drained(),
        closed: (end) => {
          open--
          sink.closed(end)
        },
      })
    return transport
  }
  const list = Array.from({ length: 100 }, (_, i) => peer(i + 1, 'good'))
  const { report, peers } = await run(list, { concurrency: 64 }, { dial })
  expect(report.outcomes).toStrictEqual({ ok: 100 })
  expect(peers).toHaveLength(100)
  expect(report.concurrency).toBeLessThanOrEqual(10)
  expect(most).toBe(10)
})

test('when not even one socket can be opened, that is an error of this machine', async () => {
  const { peer } = await crowd()
  const cause = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE' })
  const dial = () => Promise.reject(new PeerError('E_BIND', 'no socket', { phase: 'connect', cause }))
  const { report } = await run([peer(1, 'good'), peer(2, 'good')], {}, { dial })
  expect(report).toMatchObject({ exitCode: 9, reached: 0, outcomes: { 'local-error': 2 } })
})

test('the limit of open files is known before', async () => {
  const { peer } = await crowd()
  const { report } = await run([peer(1, 'good')], {}, { openFileLimit: () => 100 })
  expect(report.concurrency).toBe(52)
})

test.each([
  ['all well', ['good', 'good'], 0],
  ['one is refused', ['good', 'dead'], 3],
  ['the smallest code wins', ['dead', 'closing', 'flooding'], 3],
  ['one speaks HTTP', ['good', 'http'], 4],
] as const)('%s: the exit code', async (_, talks, exitCode) => {
  const { peer } = await crowd()
  const { report } = await run(talks.map((talk, i) => peer(i + 1, talk)))
  expect(report).toMatchObject({ exitCode, ok: exitCode === 0 })
})

test('a line without a peer is counted and named, and does not stop the rest', async () => {
  const { peer } = await crowd()
  const bad = { line: 1, error: new PeerError('E_BAD_ADDRESS', 'x has no port', { hint: 'type x:1' }) }
  const { report } = await run([bad, peer(2, 'good')])
  expect(report).toMatchObject({
    exitCode: 2,
    outcomes: { ok: 1 },
    badLines: { count: 1, first: [{ line: 1, message: 'x has no port' }] },
    error: { code: 'E_BAD_ADDRESS', message: 'line 1: x has no port' },
    verdict: '1 of 1 peer ok, 1 line without a valid peer',
  })
})

test('an empty list is an error', async () => {
  const { report } = await run([])
  expect(report).toMatchObject({ exitCode: 2, error: { code: 'E_USAGE' }, verdict: 'the list names no peer' })
})

/** A list that never ends. */
async function* endless(peers: readonly ListedPeer[]): AsyncGenerator<ListedPeer, void> {
  yield* peers
  await new Promise(() => undefined)
}

test('stopped with a result: it reports that, drops what was interrupted, and exits by what it found', async () => {
  const { peer } = await crowd()
  const stop = new AbortController()
  const { report, peers } = await run(
    endless([peer(1, 'silent'), peer(2, 'good')]),
    { onPeer: () => stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT')) },
    { signal: stop.signal },
  )
  expect(peers.map(({ line }) => line)).toStrictEqual([2])
  expect(report).toMatchObject({ exitCode: 0, ok: true, complete: false, peers: 1, unfinished: 1 })
  expect(report.verdict).toBe('1 of 1 peer ok; stopped with 1 unfinished')
})

test('stopped without a result: the signal is the error', async () => {
  const { peer } = await crowd(() => stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT')))
  const stop = new AbortController()
  const { report } = await run(endless([peer(1, 'silent')]), {}, { signal: stop.signal })
  expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' }, peers: 0, unfinished: 1 })
})

test('its time limit ends it, and is its error', async () => {
  const { peer } = await crowd()
  const { report } = await run([peer(1, 'silent')], { totalTimeoutMs: 200 })
  expect(report).toMatchObject({ exitCode: 6, error: { code: 'E_TIMEOUT' }, unfinished: 1 })
})

test('output that fails ends it', async () => {
  const { peer } = await crowd()
  const full = new PeerError('E_DISK_FULL', 'the disk is full')
  const list = endless([peer(1, 'silent'), peer(2, 'good')])
  await expect(run(list, { onPeer: () => Promise.reject(full) })).rejects.toBe(full)
})

test('a list that cannot be read to its end: what was read is scanned', async () => {
  const { peer } = await crowd()
  async function* broken(): AsyncGenerator<ListedPeer, void> {
    yield peer(1, 'good')
    throw new PeerError('E_FILE_READ', 'cannot read it')
  }
  const { report } = await run(broken())
  expect(report).toMatchObject({ exitCode: 9, complete: false, outcomes: { ok: 1 } })
})

test('names of clients from peers are bounded in number', async () => {
  const { Tally } = await import('../../../../src/run/scan/tally.ts')
  const { connectReport } = await import('../../../support/reports/reports.ts')
  const tally = new Tally()
  for (let i = 0; i < 3000; i++) tally.add({ ...connectReport(), client: `made-up-${i}` })
  for (let i = 0; i < 50; i++) tally.add({ ...connectReport(), client: `real 1.${i % 2}` })
  tally.add({ ...connectReport(), client: '__proto__ 1' })
  const { clients, otherClients } = tally.report()
  expect(clients).toHaveLength(100)
  expect(clients[0]).toStrictEqual({ name: 'real', count: 50, versions: { '1.0': 25, '1.1': 25 } })
  expect(clients.reduce((sum, { count }) => sum + count, otherClients)).toBe(3051)
})

test('a peer without a torrent is tried as by reach', async () => {
  const { peer } = await crowd()
  const { report, peers } = await run([{ ...peer(1, 'dead'), torrent: undefined }])
  expect(peers).toMatchObject([{ schema: 'peerwire.reach/1', line: 1, label: 'dead' }])
  expect(report.outcomes).toStrictEqual({ refused: 1 })
})
