import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { TORRENT_NOTES } from '../../../src/wire/torrent/notes.ts'
import { runPeerwire } from '../../support/processes/cli.ts'

const PEER = '127.0.0.1:6881'
const HASH = '0123456789abcdef0123456789abcdef01234567'
const MAGNET = `magnet:?xt=urn:btih:${HASH}`

test.each<readonly [string, Uint8Array, string]>([
  ['a web page', encodeUtf8('<!DOCTYPE html>\n<title>Log in</title>'), 'download the .torrent again'],
  ['gzip data', new Uint8Array(gzipSync('d4:infode')), 'gunzip'],
  ['a magnet link', encodeUtf8(`${MAGNET}\n`), '-i'],
  ['an info hash', encodeUtf8(`${HASH}\n`), '-i'],
  ['an empty file', new Uint8Array(), 'download the .torrent again'],
])('%s in place of a .torrent is named, with what to do', async (what, bytes, hint) => {
  const run = await runPeerwire(['connect', PEER, '-t', 'x.torrent'], { files: { 'x.torrent': bytes } })
  expect(run.exitCode).toBe(2)
  expect(run.stderr).toContain(`this is not a .torrent but ${what}`)
  expect(run.stderr).toContain(hint)
  expect(run.connect).toBeUndefined()
})

test('64 digits after urn:btih: are taken as a v2 hash, with a note', async () => {
  const { connect } = await runPeerwire(['connect', PEER, '-i', `magnet:?xt=urn:btih:${'ab'.repeat(32)}`])
  expect(connect?.torrent.infoHashes).toStrictEqual({ v1: undefined, v2: new Uint8Array(32).fill(0xab) })
  expect(connect?.torrent.notes?.map(({ id }) => id)).toStrictEqual(['v2-hash-in-btih'])
})

test('without a peer, those of the magnet link are tried in order', async () => {
  const link = `magnet:?dn=a#b&xt=urn:btih:${HASH}&x.pe=h:1&x.pe=nope&x.pe=[::1]:2`
  const { connect } = await runPeerwire(['connect', '-i', link])
  expect(connect?.peer.input).toBe('h:1')
  expect(connect?.otherPeers?.map(({ input }) => input)).toStrictEqual(['[::1]:2'])
  expect(connect?.torrent.notes?.map(({ id }) => id)).toStrictEqual(['unreadable-peer'])
  const named = await runPeerwire(['connect', PEER, '-i', link])
  expect(named.connect).toMatchObject({ peer: { input: PEER }, otherPeers: [] })
})

test.each(Object.keys(TORRENT_NOTES))('explain knows the note %s', async (id) => {
  const run = await runPeerwire(['explain', id, '--json'])
  expect(JSON.parse(run.stdout)).toMatchObject({ ok: true, topics: [{ kind: 'torrent-note', id }] })
})
