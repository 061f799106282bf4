import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromByteString, toByteString, toHex } from '../../../../src/base/bytes.ts'
import { type BencodeInput, encodeBencode } from '../../../../src/wire/bencode.ts'
import { decodeInfo, decodeMetainfo, type Metainfo } from '../../../../src/wire/torrent/metainfo.ts'

/** What is odd about torrents that real clients load: each is read, and the oddity is a note. */

const MANY: Readonly<Record<string, BencodeInput>> = {
  name: 'n',
  'piece length': 32_768,
  pieces: new Uint8Array(60),
}
const ONE: Readonly<Record<string, BencodeInput>> = { ...MANY, length: 70_000 }
const ROOT = new Uint8Array(32).fill(1)
const V2 = { name: 'n', 'piece length': 32_768, 'meta version': 2 }
const withFiles = (...files: BencodeInput[]): BencodeInput => ({ ...MANY, files })
const tree = (files: BencodeInput): BencodeInput => ({ ...V2, 'file tree': files })
const FILE = { length: 70_000, path: ['x'] }

function decode(info: BencodeInput): Metainfo {
  return decodeInfo(encodeBencode(info))
}

function paths({ files }: Metainfo): readonly string[] {
  return files.map(({ path }) => path.map(toByteString).join('|'))
}

describe('names and paths come as they are', () => {
  test.each<readonly [string, BencodeInput, readonly string[], readonly string[]]>([
    ['no name', { ...ONE, name: undefined }, [''], ['missing-name']],
    ['an empty name', { ...ONE, name: '' }, [''], ['missing-name']],
    ['a name that is a number', { ...ONE, name: 7 }, [''], ['wrong-type', 'missing-name']],
    ['an absolute name', { ...ONE, name: '/etc/passwd' }, ['/etc/passwd'], ['unsafe-name']],
    ['a name of dots', { ...ONE, name: '..' }, ['..'], ['unsafe-name']],
    ['no path', withFiles({ length: 70_000 }), ['n|'], ['missing-name']],
    ['an empty path', withFiles({ length: 70_000, path: [] }), ['n|'], ['missing-name']],
    ['an empty element', withFiles({ length: 70_000, path: ['d', '', 'x'] }), ['n|d||x'], ['unsafe-name']],
    ['. and ..', withFiles({ length: 70_000, path: ['.', '..', 'x'] }), ['n|.|..|x'], ['unsafe-name']],
    ['a slash', withFiles({ length: 70_000, path: ['a/../b'] }), ['n|a/../b'], ['unsafe-name']],
    ['a zero byte', withFiles({ length: 70_000, path: ['a\0b'] }), ['n|a\0b'], ['unsafe-name']],
    ['an element that is a number', withFiles({ length: 70_000, path: [1, 'x'] }), ['n||x'], ['wrong-type']],
    ['bytes that are not text', { ...ONE, name: Uint8Array.of(0xff) }, ['\xff'], ['name-not-utf-8']],
    ['.. in a tree', tree({ '..': { '': { length: 5, 'pieces root': ROOT } } }), ['..'], ['unsafe-name']],
  ])('%s', (_, info, expected, notes) => {
    const metainfo = decode(info)
    expect(paths(metainfo)).toStrictEqual(expected)
    expect(metainfo.notes.map(({ id }) => id)).toStrictEqual(notes)
  })

  test.each<readonly [string, BencodeInput, string]>([
    ['name.utf-8', { ...ONE, name: Uint8Array.of(0xcf, 0xc2), 'name.utf-8': '下' }, '下'],
    ['an empty name.utf-8 does not count', { ...ONE, 'name.utf-8': '' }, 'n'],
    ['a name.utf-8 of another type does not count', { ...ONE, 'name.utf-8': 1 }, 'n'],
    ['path.utf-8', withFiles({ ...FILE, 'path.utf-8': ['下', '载'] }), 'n/下/载'],
    ['an empty path.utf-8 does not count', withFiles({ ...FILE, 'path.utf-8': [] }), 'n/x'],
    ['a path.utf-8 of another type does not count', withFiles({ ...FILE, 'path.utf-8': 'y' }), 'n/x'],
  ])('UTF-8 is read first: %s', (_, info, expected) => {
    const { files } = decode(info)
    expect(files[0]?.path.map((element) => Buffer.from(element).toString()).join('/')).toBe(expected)
  })
})

describe('attr', () => {
  const targets = ({ files }: Metainfo) => files.map(({ linkTarget }) => linkTarget?.map(toByteString))

  test.each([
    ['without length', {}],
    ['with a length', { length: 5 }],
    ['with a negative length', { length: -5 }],
  ])('a link %s has 0 bytes, and says where it leads', (_, length) => {
    const link = { attr: 'l', path: ['l'], 'symlink path': ['d', 'x'], ...length }
    const metainfo = decode(withFiles(link, FILE))
    expect(metainfo.files.map((file) => file.length)).toStrictEqual([0, 70_000])
    expect(targets(metainfo)).toStrictEqual([['d', 'x'], undefined])
    expect(metainfo.notes).toMatchObject([{ id: 'link', count: 1 }])
  })

  test('a link of v2, and one that leads nowhere', () => {
    const file = { length: 70_000, 'pieces root': ROOT }
    const metainfo = decode(
      tree({ a: { '': file }, l: { '': { attr: 'l', 'symlink path': ['a'] } }, m: { '': { attr: 'lx' } } }),
    )
    expect(targets(metainfo)).toStrictEqual([undefined, ['a'], []])
    expect(metainfo.files.map(({ attributes }) => attributes)).toStrictEqual(['', 'l', 'lx'])
    expect(metainfo.notes).toMatchObject([{ id: 'link', count: 2 }])
  })

  test('of another type it does not count', () => {
    const metainfo = decode(withFiles({ ...FILE, attr: 4 }))
    expect(metainfo.files[0]).toMatchObject({ attributes: '', pad: false })
    expect(metainfo.notes).toMatchObject([{ id: 'wrong-type' }])
  })
})

describe('structure', () => {
  const raw = (info: string): Uint8Array => fromByteString(`d4:info${info}e`)
  const pieces = `6:pieces60:${'\0'.repeat(60)}`
  const sorted = `6:lengthi70000e4:name1:n12:piece lengthi32768e${pieces}`

  test.each([
    ['keys out of order', `d4:name1:n6:lengthi70000e12:piece lengthi32768e${pieces}e`, 'unsorted-keys', 17],
    [
      'a key twice: the first counts',
      `d6:lengthi70000e6:lengthi9e4:name1:n12:piece lengthi32768e${pieces}e`,
      'duplicate-key',
      23,
    ],
    ['leading zeros', `d6:lengthi0070000e4:name01:n12:piece lengthi32768e${pieces}e`, 'leading-zero', 17],
    ['minus zero', `d${sorted}1:xi-0ee`, 'leading-zero', 7 + 1 + sorted.length + 3],
    [
      'keys out of order deep down',
      `d${sorted}1:xd1:bi1e1:ai1eee`,
      'unsorted-keys',
      7 + 1 + sorted.length + 3 + 1 + 6,
    ],
  ])('%s; the hash is over the bytes', (_, info, id, offset) => {
    const metainfo = decodeMetainfo(raw(info))
    expect(metainfo).toMatchObject({ totalLength: 70_000, pieceCount: 3, notes: [{ id, offset }] })
    const sha1 = createHash('sha1').update(info, 'latin1').digest('hex')
    expect(toHex(metainfo.infoHashes.v1 ?? new Uint8Array())).toBe(sha1)
    expect(decodeInfo(fromByteString(info)).infoHashes).toStrictEqual(metainfo.infoHashes)
  })

  test('both length and files', () => {
    const metainfo = decode({ ...ONE, length: 1, files: [FILE] })
    expect(paths(metainfo)).toStrictEqual(['n|x'])
    expect(metainfo.notes).toMatchObject([{ id: 'length-and-files' }])
  })

  test.each([
    ['a meta version that is text', { ...ONE, 'meta version': 'x' }, 'wrong-type'],
    ['"files" that is not a list', { ...ONE, files: {} }, 'wrong-type'],
    ['a file tree in v1', { ...ONE, 'file tree': {} }, 'tree-without-version'],
  ])('%s', (_, info, id) => {
    expect(decode(info)).toMatchObject({ version: 'v1', notes: [{ id }] })
  })

  test.each([0, -1, 1])('meta version %d is v1', (version) => {
    expect(decode({ ...ONE, 'meta version': version })).toMatchObject({ version: 'v1', notes: [] })
  })

  test('v1 piece hashes without v1 files do not make a hybrid', () => {
    const info = {
      ...V2,
      pieces: new Uint8Array(60),
      'file tree': { n: { '': { length: 5, 'pieces root': ROOT } } },
    }
    expect(decode(info)).toMatchObject({ version: 'v2', infoHashes: { v1: undefined } })
  })

  test('an empty file with a pieces root', () => {
    const files = {
      a: { '': { length: 5, 'pieces root': ROOT } },
      e: { '': { length: 0, 'pieces root': new Uint8Array(32) } },
    }
    const metainfo = decode(tree(files))
    expect(metainfo.files.map(({ piecesRoot }) => piecesRoot)).toStrictEqual([ROOT, undefined])
    expect(metainfo.notes).toMatchObject([{ id: 'empty-file-root' }])
  })

  test('a tree of one file under another name than the torrent is that file', () => {
    expect(paths(decode(tree({ x: { '': { length: 5, 'pieces root': ROOT } } })))).toStrictEqual(['x'])
    expect(paths(decode(tree({ x: { y: { '': { length: 5, 'pieces root': ROOT } } } })))).toStrictEqual([
      'n|x|y',
    ])
  })

  test('nested as deep as libtorrent reads it', () => {
    const deep = (levels: number) => raw(`d${sorted}1:x${'l'.repeat(levels)}${'e'.repeat(levels)}e`)
    expect(decodeMetainfo(deep(98)).pieceCount).toBe(3)
    expect(() => decodeMetainfo(deep(99))).toThrow('nested deeper than 100')
  })
})

test('a note is counted, with its first place', () => {
  const files = Array.from({ length: 3 }, () => ({ length: 70_000 / 2, path: ['..'] }))
  const metainfo = decode({ ...MANY, pieces: new Uint8Array(80), files })
  expect(metainfo.notes).toStrictEqual([
    { id: 'unsafe-name', text: expect.any(String), count: 3, offset: expect.any(Number) },
  ])
})

describe('what is not a .torrent is named', () => {
  test.each<readonly [string, string | Uint8Array, string]>([
    ['a page', '\n<!DOCTYPE html><html>', 'a web page'],
    ['a page with a byte order mark', '\xef\xbb\xbf<html lang="en">', 'a web page'],
    ['XML', '<?xml version="1.0"?><rss>', 'XML or HTML'],
    ['gzip', '\x1f\x8b\x08\0', 'gzip data'],
    ['zip', 'PK\x03\x04', 'a zip archive'],
    ['a magnet link', 'magnet:?xt=urn:btih:0123\n', 'a magnet link'],
    ['a hash', `${'0123456789'.repeat(4)}\n`, 'an info hash'],
    ['an address', 'https://example.org/x.torrent', 'a web address'],
    ['JSON', '{"error":"login"}', 'JSON'],
    ['nothing', '', 'an empty file'],
    ['an info dictionary', encodeBencode(ONE), 'an info dictionary without the .torrent around it'],
    [
      'resume data',
      encodeBencode({ 'file-format': 'libtorrent resume file' }),
      'the resume data of a client',
    ],
    ['a tracker', encodeBencode({ 'failure reason': 'x' }), 'the answer of a tracker'],
  ])('%s', (_, file, what) => {
    const bytes = typeof file === 'string' ? fromByteString(file) : file
    expect(() => decodeMetainfo(bytes)).toThrow(`this is not a .torrent but ${what}`)
    expect(() => decodeMetainfo(bytes)).toThrow(expect.objectContaining({ code: 'E_BAD_TORRENT' }))
  })
})
