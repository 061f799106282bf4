import { afterEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { NODE_HASHES } from '../../../../src/net/node-hashes.ts'
import { dialPeer } from '../../../../src/net/dial.ts'
import type { InfoHashes } from '../../../../src/wire/torrent/info-hash.ts'
import type { WhyOptions, WhyPorts, WhyProgress } from '../../../../src/run/why/options.ts'
import { testPorts } from '../../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { startPeer } from '../../../support/peers/scripted-peer.ts'
import { type SeederScript, startSeeder } from '../../../support/peers/scripted-seeder.ts'
import { why } from '../../../support/verdicts/why.ts'

const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const TORRENT = makeV1Torrent({ pieceLength: 16_384, length: 2 * 16_384 })

function portsWith(changes: Partial<WhyPorts> = {}): WhyPorts {
  return { ...testPorts(), dial: dialPeer, otherSources: () => [], ...changes }
}

function optionsFor(host: string, port: number, changes: Partial<WhyOptions> = {}): WhyOptions {
  const { metainfo } = TORRENT
  return {
    peer: { input: `${host}:${port}`, host, port },
    torrent: { infoHashes: metainfo.infoHashes, name: undefined, metainfo },
    family: undefined,
    source: undefined,
    connectTimeoutMs: 5000,
    handshakeTimeoutMs: 5000,
    unchokeTimeoutMs: 5000,
    totalTimeoutMs: undefined,
    ...changes,
  }
}

async function seeder(script: SeederScript = {}): Promise<number> {
  const started = await startSeeder(TORRENT, script)
  cleanUps.push(() => started.stop())
  return started.port
}

/** A port of all local addresses on which nothing listens. */
async function unusedPort(): Promise<number> {
  const peer = await startPeer(() => undefined)
  await peer.stop()
  return peer.port
}

describe('the addresses of a name', () => {
  const resolveTo = (...addresses: readonly string[]) =>
    portsWith({ resolve: () => Promise.resolve(addresses.map((address) => ({ address, family: 4 }))) })

  test('are tried until one answers, and its evidence stands alone', async () => {
    const port = await seeder()
    const report = await why(optionsFor('peer.example', port), resolveTo('127.0.0.2', '127.0.0.1'))
    expect(report.probes.map(({ address, outcome }) => [address, outcome])).toStrictEqual([
      ['127.0.0.2', 'refused'],
      ['127.0.0.1', 'ok'],
    ])
    expect(report).toMatchObject({
      target: { address: '127.0.0.1' },
      works: { probe: 2, address: '127.0.0.1' },
      causes: [{ code: 'works', evidence: [{ probe: 2 }] }],
    })
  })

  test('that all refuse leave the first one to be examined', async () => {
    const port = await unusedPort()
    const report = await why(optionsFor('peer.example', port), resolveTo('127.0.0.2', '127.0.0.3'))
    expect(report.probes.map(({ address, transport }) => `${address} ${transport}`)).toStrictEqual([
      '127.0.0.2 tcp',
      '127.0.0.3 tcp',
      '127.0.0.2 utp',
    ])
    expect(report).toMatchObject({
      exitCode: 3,
      target: { address: '127.0.0.2' },
      causes: [{ code: 'nothing-listens', evidence: [{ probe: 1 }, { probe: 3 }, { probe: 1 }] }],
    })
  })

  test('may be none', async () => {
    const report = await why(optionsFor('peer.invalid', 1), resolveTo())
    expect(report).toMatchObject({
      ok: false,
      exitCode: 3,
      error: { code: 'E_NAME_NOT_FOUND' },
      target: { address: null },
      causes: [{ code: 'name-unknown', confidence: 'certain' }],
      probes: [{ number: 1, address: null }],
    })
  })
})

describe('the end', () => {
  test('comes when a way works, with exit code 0 and nothing to fix', async () => {
    const report = await why(optionsFor('127.0.0.1', await seeder()), portsWith())
    expect(report).toMatchObject({
      ok: true,
      exitCode: 0,
      error: null,
      verdict: 'It works: blocks came.',
      works: { transport: 'tcp', encryption: 'plaintext', blocks: 2, verified: true },
      client: 'scripted',
    })
    expect(report.probes).toHaveLength(1)
  })

  test('by the user leaves what is known', async () => {
    const peer = await startPeer((socket) => socket.once('data', () => socket.end()), {
      allowHalfOpen: false,
    })
    cleanUps.push(() => peer.stop())
    const stop = new AbortController()
    const progress = ({ number }: WhyProgress) => {
      if (number === 2) stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
    }
    const options = optionsFor('127.0.0.1', peer.port, { progress })
    const report = await why(options, portsWith({ signal: stop.signal }))
    expect(report).toMatchObject({ exitCode: 130, error: { code: 'E_INTERRUPTED' } })
    expect(report.probes[0]).toMatchObject({ closedBy: 'peer', closeKind: 'fin', bytesSent: 68 })
  })

  test('by the user before anything fits claims nothing', async () => {
    const peer = await startPeer(() => undefined)
    cleanUps.push(() => peer.stop())
    const stop = new AbortController()
    const progress = ({ number }: WhyProgress) => {
      if (number === 2) stop.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
    }
    const options = optionsFor('127.0.0.1', peer.port, { progress, handshakeTimeoutMs: 100 })
    const report = await why(options, portsWith({ signal: stop.signal }))
    expect(report).toMatchObject({ exitCode: 130, causes: [], verdict: 'stopped by you' })
  })

  test('comes after the time limit of the command', async () => {
    const peer = await startPeer(() => undefined)
    cleanUps.push(() => peer.stop())
    const report = await why(optionsFor('127.0.0.1', peer.port, { totalTimeoutMs: 500 }), portsWith())
    expect(report).toMatchObject({ exitCode: 6, error: { code: 'E_TIMEOUT' } })
    // a probe that we ended ourselves proves nothing
    expect(report.probes).toHaveLength(1)
    expect(report.causes).toStrictEqual([])
  })
})

describe('the info hash alone', () => {
  const { infoHashes } = TORRENT.metainfo
  const hashOnly = (port: number, hashes: InfoHashes = infoHashes) =>
    optionsFor('127.0.0.1', port, {
      torrent: { infoHashes: hashes, name: undefined, metainfo: undefined },
    })

  test('and good metadata: a piece of the peer is hashed', async () => {
    const report = await why(hashOnly(await seeder()), portsWith())
    expect(report).toMatchObject({ exitCode: 0, works: { verified: true }, torrent: { pieceCount: 2 } })
  })

  test('and damaged metadata: the peer sends wrong data, and a random hash shows that it knows this one', async () => {
    const damaged: SeederScript = {
      onMetadataRequest: (_, answer) => [
        answer.type === 'data' ? { ...answer, data: answer.data.map((byte) => byte ^ 1) } : answer,
      ],
    }
    const report = await why(hashOnly(await seeder(damaged)), portsWith())
    expect(report).toMatchObject({
      ok: false,
      exitCode: 7,
      error: { code: 'E_METADATA_HASH', phase: 'metadata' },
      works: null,
      causes: [
        { code: 'bad-data', confidence: 'certain', evidence: [{ probe: 1, fact: 'metadata-corrupt' }] },
      ],
    })
    expect(report.probes.map(({ hash }) => hash)).toStrictEqual(['target', 'random'])
  })

  test('of another torrent: a peer that answers any hash is not blamed for its metadata', async () => {
    const wrong = { v1: new Uint8Array(20).fill(7), v2: undefined }
    const report = await why(hashOnly(await seeder({ knowsAnyHash: true }), wrong), portsWith())
    expect(report).toMatchObject({ exitCode: 7, works: null, causes: [{ code: 'any-hash' }] })
    expect(report.causes).toHaveLength(1)
  })

  test('that is the beginning of a v2 hash is not the fault of the peer', async () => {
    const v1 = NODE_HASHES.sha256(TORRENT.metainfo.infoBytes).slice(0, 20)
    const port = await seeder({ knowsAnyHash: true })
    const report = await why(hashOnly(port, { v1, v2: undefined }), portsWith())
    expect(report).toMatchObject({ exitCode: 0, causes: [{ code: 'works' }] })
  })
})

test('each connection is announced with its number, and why it is made', async () => {
  const seen: WhyProgress[] = []
  const options = optionsFor('127.0.0.1', await unusedPort(), { progress: (one) => seen.push(one) })
  const report = await why(options, portsWith())
  expect(seen.map(({ number, of, reason }) => ({ number, of, reason }))).toStrictEqual(
    report.probes.map(({ number, reason }) => ({ number, of: 12, reason })),
  )
})
