import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { toByteString, toHex } from '../../../src/base/bytes.ts'
import { targetOfHash } from '../../../src/run/target.ts'
import { targetOfTorrent } from '../../../src/run/torrent-target.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import type { SessionOptions } from '../../../src/run/options.ts'
import { renderConnectText } from '../../../src/report/text/connect.ts'
import { decodeInfo, decodeMetainfo } from '../../../src/wire/torrent/metainfo.ts'
import { sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { type FetchFolder, makeFetchFolder } from '../../support/torrents/fetch-folder.ts'
import { makeV1Torrent, type MadeTorrent } from '../../support/torrents/made-torrent.ts'
import { startSeeder, type RunningSeeder } from '../../support/peers/scripted-seeder.ts'
import { connect, fetchBlock, fetch, metadata } from '../../support/verdicts/commands.ts'

/** Torrents that are odd, and peers that serve them as they should: nobody is refused, and nobody is blamed. */

const open: RunningSeeder[] = []
let folder: FetchFolder
beforeEach(async () => {
  folder = await makeFetchFolder()
})
afterEach(async () => {
  for (const seeder of open.splice(0)) await seeder.stop()
  await folder.remove()
})

/** The torrent of one file with its info dictionary written another way. */
function rewritten(change: (info: string) => string): MadeTorrent {
  const { metainfo, content } = makeV1Torrent()
  const info = change(toByteString(metainfo.infoBytes))
  return { content, metainfo: decodeInfo(Uint8Array.from(info, (byte) => byte.charCodeAt(0))) }
}

const ODD: readonly (readonly [string, MadeTorrent, string])[] = [
  [
    'unsorted keys',
    rewritten((info) => `d4:name7:content${info.slice(1).replace('4:name7:content', '')}`),
    'unsorted-keys',
  ],
  [
    'a name that leads out',
    rewritten((info) => info.replace('4:name7:content', '4:name7:../../c')),
    'unsafe-name',
  ],
  ['no name', rewritten((info) => info.replace('4:name7:content', '')), 'missing-name'],
  ['leading zeros', rewritten((info) => info.replace('4:name7:', '04:name007:')), 'leading-zero'],
]

function torrentFile({ metainfo }: MadeTorrent): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('d4:info'), metainfo.infoBytes, Buffer.from('e')]))
}

function connectOptions(options: SessionOptions) {
  return { ...options, interested: true, settleMs: 50, waitMs: 2000 }
}

describe.each(ODD)('%s', (_, made, note) => {
  async function start(): Promise<{ readonly byFile: SessionOptions; readonly byHash: SessionOptions }> {
    const seeder = await startSeeder(made)
    open.push(seeder)
    const { torrent } = targetOfTorrent(torrentFile(made))
    const plain = sessionOptions(seeder, { infoHashes: made.metainfo.infoHashes })
    return { byFile: { ...plain, torrent }, byHash: plain }
  }

  test('connect -t', async () => {
    const { byFile } = await start()
    const report = await connect(connectOptions(byFile), testPorts())
    expect(report).toMatchObject({
      ok: true,
      exitCode: 0,
      torrent: { pieceCount: 11, notes: [{ id: note }] },
    })
    expect(renderConnectText(report, { ...PLAIN_PAPER, verbose: false })).toContain(`${note}: `)
  })

  test.each(['byFile', 'byHash'] as const)('fetch %s: the same bytes, inside the folder', async (how) => {
    const options = (await start())[how]
    const output = join(folder.path, 'a', 'b')
    const fetched = await fetch(
      { ...options, pieces: undefined, sample: undefined, output, blockTimeoutMs: 5000 },
      testPorts(),
    )
    expect(fetched).toMatchObject({ ok: true, torrent: { notes: [{ id: note }] }, fetch: { complete: true } })
    expect(await readdir(folder.path)).toStrictEqual(['a'])
    expect(await readdir(join(folder.path, 'a'))).toStrictEqual(['b'])
    const names = await readdir(output)
    expect(names).toHaveLength(1)
    expect(new Uint8Array(await readFile(join(output, names[0] ?? '')))).toStrictEqual(made.content)
  })

  test.each(['byFile', 'byHash'] as const)('fetch-block %s, verified', async (how) => {
    const options = (await start())[how]
    const block = {
      piece: 1,
      offset: 0,
      length: 16_384,
      output: join(folder.path, 'block'),
      force: false,
      verify: true,
      repeat: 1,
      metadata: true,
    }
    const report = await fetchBlock({ ...options, ...block }, testPorts())
    expect(report).toMatchObject({
      ok: true,
      block: { verified: 'piece-sha1' },
      torrent: { notes: [{ id: note }] },
    })
  })

  test('metadata writes a .torrent with the same hash', async () => {
    const { byHash } = await start()
    const output = join(folder.path, 'x.torrent')
    const report = await metadata({ ...byHash, output, force: false }, testPorts())
    expect(report).toMatchObject({ ok: true, torrent: { notes: [{ id: note }] } })
    const written = decodeMetainfo(new Uint8Array(await readFile(output)))
    expect(written.infoHashes).toStrictEqual(made.metainfo.infoHashes)
    const sha1 = createHash('sha1').update(made.metainfo.infoBytes).digest('hex')
    expect(report.torrent.infoHashV1).toBe(sha1)
  })
})

describe('magnet links', () => {
  /** A port where nothing listens any more. */
  async function deadPort(): Promise<number> {
    const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, () => undefined)
    const { port } = listener.address
    await listener.close()
    return port
  }

  test('the peers are tried in order; one that cannot be read is noted', async () => {
    const made = makeV1Torrent()
    const seeder = await startSeeder(made)
    open.push(seeder)
    const dead = [await deadPort(), await deadPort()]
    const hash = toHex(made.metainfo.infoHashes.v1 ?? new Uint8Array())
    const addresses = [...dead, 'nope', seeder.port].map((port) => `&x.pe=127.0.0.1:${port}`).join('')
    const target = targetOfHash(`magnet:?dn=a#b&xt=urn:btih:${hash}${addresses}`)
    const [peer, ...otherPeers] = target.peers
    if (peer === undefined) return expect.fail('no peer')
    const options = { ...sessionOptions(seeder, made.metainfo), torrent: target.torrent, peer, otherPeers }
    const report = await connect(connectOptions(options), testPorts())
    expect(report).toMatchObject({
      ok: true,
      target: { port: seeder.port, input: `127.0.0.1:${seeder.port}` },
      attempts: [{ outcome: 'refused' }, { outcome: 'refused' }, { outcome: 'ok' }],
      torrent: { name: 'a#b', notes: [{ id: 'unreadable-peer', count: 1, offset: null }] },
    })
    return undefined
  })

  test('when none can be reached, the last is the target, and its failure the error', async () => {
    const first = await deadPort()
    const second = await deadPort()
    const options = sessionOptions({ host: '127.0.0.1', port: first }, makeV1Torrent().metainfo)
    const other = { input: `127.0.0.1:${second}`, host: '127.0.0.1', port: second }
    const report = await connect(connectOptions({ ...options, otherPeers: [other] }), testPorts())
    expect(report).toMatchObject({ exitCode: 3, error: { code: 'E_CONNECT_REFUSED' } })
    expect(report.attempts).toHaveLength(2)
    expect(report.error?.message).toContain(`${second}`)
    expect(report.target.port).toBe(second)
  })
})
