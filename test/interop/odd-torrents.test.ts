import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fromByteString, toByteString } from '../../src/base/bytes.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { startPeer } from '../peers/peer.ts'
import { makeEmptyFolder, makeTorrent } from '../peers/torrents.ts'
import { fetchOptions, testPorts } from '../support/sessions/fetch-setup.ts'
import { fetch } from '../support/verdicts/commands.ts'

/**
 * Odd torrents that libtorrent loads and serves. From the hash alone, we take them as it does. Transmission 3.00 loads those
 * with keys out of order too, and sorts the keys: it serves them under another info hash.
 */

const NAME = '4:name7:content'

const ODD: readonly (readonly [
  what: string,
  change: (torrent: string) => string,
  note: string | undefined,
])[] = [
  [
    'keys out of order',
    (text) => text.replace(NAME, '').replace('4:infod', `4:infod${NAME}`),
    'unsorted-keys',
  ],
  ['leading zeros', (text) => text.replace(/6:lengthi/, '6:lengthi00'), 'leading-zero'],
  [
    'a name in GBK and in UTF-8',
    (text) => text.replace(NAME, `4:name4:\xcf\xc2\xd4\xd810:name.utf-87:content`),
    undefined,
  ],
]

describePeer('libtorrent', () => {
  test.each(ODD)('%s', async (_, change, note) => {
    const made = await makeTorrent({ length: 10 * 32_768 + 5, pieceLength: 32_768, seed: 'odd' })
    const torrent = fromByteString(change(toByteString(made.torrentBytes)))
    const { infoHashes, notes } = decodeMetainfo(torrent)
    expect(notes.map(({ id }) => id)).toStrictEqual(note === undefined ? [] : [note])
    const folder = await makeEmptyFolder()
    const peer = await startPeer('libtorrent', { torrent, dataFolder: made.dataFolder })
    try {
      const report = await fetch(fetchOptions(peer, { infoHashes }, folder.path), testPorts())
      expect(report).toMatchObject({ error: null, ok: true, fetch: { complete: true } })
      expect(report.torrent.notes.map(({ id }) => id)).toStrictEqual(note === undefined ? [] : [note])
      expect(new Uint8Array(await readFile(join(folder.path, 'content')))).toStrictEqual(made.content)
    } finally {
      await peer.stop()
      await folder.remove()
      await made.remove()
    }
  })
})
