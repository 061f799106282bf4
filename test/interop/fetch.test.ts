import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { PYTHON } from '../peers/clients/libtorrent.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { PEER_KINDS, startPeer, type PeerKind } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent, type TestTorrentOptions } from '../peers/torrents.ts'
import { fetchOptions, sessionOptions, testPorts } from '../support/sessions/fetch-setup.ts'
import { fetch, metadata } from '../support/verdicts/commands.ts'

const V1_ONLY = new Set(['transmission', 'aria2', 'webtorrent'])

const LAYOUTS: readonly { readonly layout: string; readonly options: TestTorrentOptions }[] = [
  { layout: 'one file', options: { length: 20 * 32_768 + 4321 } },
  {
    layout: 'many files',
    options: {
      files: [
        { path: 'a/first', length: 100_000 },
        { path: 'b', length: 1 },
        { path: 'c', length: 40_000 },
        { path: 'd/e/f', length: 32_768 },
      ],
    },
  },
]

for (const kind of PEER_KINDS) {
  describePeer(kind, () => fetchesAll(kind, ['v1']))
  // only libtorrent makes these torrents
  if (!V1_ONLY.has(kind))
    describePeer([kind, 'libtorrent'], () => fetchesAll(kind, ['v2', 'hybrid']), `${kind} in v2`)
}

function fetchesAll(kind: PeerKind, versions: readonly ('v1' | 'v2' | 'hybrid')[]): void {
  const rows = versions.flatMap((version) => LAYOUTS.map((row) => ({ version, ...row })))

  test.each(rows)(
    'metadata and all pieces of $layout, $version, from the hash alone',
    async ({ version, options }) => {
      const made = await makeTorrent({
        ...options,
        version,
        pieceLength: 32_768,
        seed: `${kind} ${version}`,
      })
      const folder = await makeEmptyFolder()
      const peer = await startPeer(kind, { torrent: made.torrentBytes, dataFolder: made.dataFolder })
      try {
        const { infoHashes, infoBytes } = decodeMetainfo(made.torrentBytes)
        const output = join(folder.path, 'copy.torrent')
        const asked = { ...sessionOptions(peer, { infoHashes }), output, force: false }
        const described = await metadata(asked, testPorts())
        expect(described).toMatchObject({ error: null, metadata: { version } })
        const copy = await readFile(output)
        expect(Buffer.from(copy).includes(Buffer.from(infoBytes))).toBe(true)
        const { pieceLayers } = decodeMetainfo(made.torrentBytes)
        expect(decodeMetainfo(new Uint8Array(copy))).toMatchObject({ infoHashes, pieceLayers })
        if (kind === 'libtorrent') expect(await loadedByLibtorrent(output)).toBe('True')

        await peer.takesAnother()
        const report = await fetch(fetchOptions(peer, { infoHashes }, folder.path), testPorts())
        expect(report).toMatchObject({
          error: null,
          exitCode: 0,
          fetch: { complete: true, bad: [], duplicates: 0 },
        })
        let offset = 0
        for (const { path, length } of made.files) {
          const place = options.files === undefined ? made.name : join(made.name, path)
          const written = await readFile(join(folder.path, place))
          expect(Buffer.compare(written, made.content.subarray(offset, offset + length))).toBe(0)
          offset += length
        }
        // what is there is not fetched again
        const again = await fetch(
          fetchOptions(peer, { infoHashes, metainfo: decodeMetainfo(made.torrentBytes) }, folder.path),
          testPorts(),
        )
        expect(again).toMatchObject({ attempts: [], fetch: { complete: true, fetched: 0 } })
      } finally {
        await peer.stop()
        await folder.remove()
        await made.remove()
      }
    },
  )
}

/** What libtorrent says of a .torrent. */
async function loadedByLibtorrent(path: string): Promise<string> {
  const program = 'import libtorrent, sys; print(libtorrent.torrent_info(sys.argv[1]).is_valid())'
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', program, path])
  return stdout.trim()
}
