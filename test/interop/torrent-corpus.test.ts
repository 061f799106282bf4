import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeUtf8, toByteString, toHex } from '../../src/base/bytes.ts'
import { PeerError } from '../../src/base/errors.ts'
import { parseIpAddress } from '../../src/wire/address.ts'
import { parseMagnet } from '../../src/wire/torrent/magnet.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { describePeer } from '../peers/describe-peer.ts'
import { type NotRead, type ReadMagnet, type ReadTorrent, TorrentReader } from '../peers/torrent-reader.ts'
import { oddMagnets } from '../support/odd-torrents/magnets.ts'
import { type OddTorrent, oddTorrents } from '../support/odd-torrents/corpus.ts'

/**
 * Hundreds of odd torrents, read by libtorrent and by us, and compared field by field. Where the two differ, a row below says
 * why; a difference without a reason is a failure.
 */

const HASHES = {
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
}

/** As `ReadTorrent`, with our notes. */
interface OurReading extends ReadTorrent {
  readonly notes: readonly string[]
}

interface Compared {
  readonly torrent: OddTorrent
  readonly ours: OurReading | NotRead
  readonly theirs: ReadTorrent | NotRead
}

type Field = 'loadable' | 'hashes' | 'pieces' | 'private' | 'layout' | 'name' | 'paths' | 'links'

interface Reason {
  readonly why: string
  readonly field: Field
  readonly holds: (ours: OurReading, theirs: ReadTorrent, torrent: OddTorrent) => boolean
}

/** Torrents that libtorrent refuses and we read, by its error. */
const ONLY_WE_READ: readonly (readonly [why: string, error: RegExp, holds: (ours: OurReading) => boolean])[] =
  [
    ['what a link leads to does not count', /possible exploit/, hasNote('link')],
    [
      'a pad at the end of a hybrid may have any length within its piece',
      /does not match/,
      ({ files }) => files.at(-1)?.pad === true,
    ],
    [
      'a torrent needs no name to be worked with',
      /missing name/,
      hasNote('missing-name', 'unsafe-name', 'wrong-type'),
    ],
    ['an empty name.utf-8 or path.utf-8 does not count', /missing name/, () => true],
    ['an integer may be longer than 64 bits where its value does not count', /integer overflow/, () => true],
    [
      'an info dictionary of v2 may be written in another way than the canonical one',
      /invalid bencoding/,
      hasNote('unsorted-keys', 'duplicate-key', 'leading-zero'),
    ],
    ['a v1 torrent may have a file tree', /does not specify meta version 2/, hasNote('tree-without-version')],
    [
      'a piece layer that is wrong is as good as none',
      /piece layer is invalid/,
      hasNote('bad-layer', 'surplus-layer'),
    ],
    ['a pieces root of zeros is a root like any other', /no root hash/, ({ v2 }) => v2 !== null],
    ['the pad attribute means nothing in v2', /pad attribute/, ({ v2 }) => v2 !== null],
    ['a name that is not a string is an empty name', /possible exploit/, hasNote('wrong-type')],
    [
      'without v1 piece hashes the torrent is v2, whatever v1 keys it has',
      /invalid length|does not match|Success|number of piece hashes/,
      ({ v1, v2 }) => v1 === null && v2 !== null,
    ],
  ]

const REASONS: readonly Reason[] = [
  {
    why: 'without v1 piece hashes the torrent is v2, whatever v1 keys it has',
    field: 'hashes',
    holds: (ours, theirs) => ours.v1 === null && theirs.v1 !== null && ours.v2 === theirs.v2,
  },
  {
    why: 'without v1 piece hashes the torrent is v2, whatever v1 keys it has',
    field: 'layout',
    holds: (ours, theirs) => ours.v1 === null && theirs.v1 !== null,
  },
  {
    why: 'the name of a v2 torrent of one file is the one that it has, and not that of the file',
    field: 'name',
    holds: isSingleV2,
  },
  {
    why: 'libtorrent changes names that some system does not allow; we do so when we write',
    field: 'name',
    holds: (ours) => isChanged(ours.name) || hasNote('unsafe-name')(ours),
  },
  {
    why: 'an empty name.utf-8 or path.utf-8 does not count',
    field: 'name',
    holds: (_, { name }) => name === '_',
  },
  {
    why: 'libtorrent changes names that some system does not allow; we do so when we write',
    field: 'paths',
    holds: (ours) => pathsOf(ours).some(isChangedPath) || hasNote('unsafe-name')(ours),
  },
  {
    why: 'libtorrent renames files that would be in one place, in any case of letters',
    field: 'paths',
    holds: (_, theirs) => pathsOf(theirs).some((path) => path.endsWith('.1')),
  },
  {
    why: 'an empty name.utf-8 or path.utf-8 does not count',
    field: 'paths',
    holds: (_, theirs) => theirs.name === '_',
  },
  {
    why: 'without v1 piece hashes the torrent is v2, whatever v1 keys it has',
    field: 'paths',
    holds: (ours, theirs) => ours.v1 === null && theirs.v1 !== null,
  },
]

function hasNote(...ids: readonly string[]): (ours: OurReading) => boolean {
  return ({ notes }) => notes.some((id) => ids.includes(id))
}

function isSingleV2(ours: OurReading): boolean {
  return ours.v1 === null && pathsOf(ours).length === 1
}

/** Whether libtorrent replaces or leaves out something in the name. */
function isChanged(name: string): boolean {
  return /^\.*$|[\p{Cc}/\\\u200e\u200f\u202a-\u202e\u0080-\u00ff]/u.test(name) || name.length > 240
}

function isChangedPath(path: string): boolean {
  return path.split('/').some(isChanged)
}

/** Why the two differ in a field; undefined when nothing says so. */
function reasonFor(field: Field, { torrent, ours, theirs }: Compared): string | undefined {
  if (ours.ok && theirs.ok)
    return REASONS.find((row) => row.field === field && row.holds(ours, theirs, torrent))?.why
  if (ours.ok && !theirs.ok)
    return ONLY_WE_READ.find(([, error, holds]) => error.test(theirs.error) && holds(ours))?.[0]
  if (!ours.ok && ours.error.includes('not 1 to 536870912'))
    return 'a piece of more than 512 MiB is refused: it is held in memory until it is hashed'
  if (
    !ours.ok &&
    theirs.ok &&
    theirs.v1 !== null &&
    theirs.v2 !== null &&
    ours.error.includes('lists no files')
  )
    return 'v1 piece hashes are of no use without v1 files'
  return undefined
}

function read(bytes: Uint8Array): OurReading | NotRead {
  try {
    const { infoHashes, name, pieceCount, pieceLength, files, notes, ...metainfo } = decodeMetainfo(
      bytes,
      HASHES,
    )
    return {
      ok: true,
      v1: infoHashes.v1 === undefined ? null : toHex(infoHashes.v1),
      v2: infoHashes.v2 === undefined ? null : toHex(infoHashes.v2),
      name: textOf(name),
      private: metainfo.private,
      pieceCount,
      pieceLength,
      files: files.map(({ path, length, offset, pad, linkTarget }) => ({
        path: path.map(textOf).join('/'),
        length,
        offset,
        pad,
        link: linkTarget !== undefined && linkTarget.length > 0,
      })),
      notes: notes.map(({ id }) => id),
    }
  } catch (error) {
    if (error instanceof PeerError && error.code === 'E_BAD_TORRENT')
      return { ok: false, error: error.message }
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? toByteString(bytes)
}

/** The places of bytes. libtorrent lists the gaps of v2 as pad files. */
function layoutOf({ v1, files }: ReadTorrent): readonly (readonly [number, number, boolean])[] {
  return files
    .filter(({ pad, length }) => length > 0 && (v1 !== null || !pad))
    .map(({ length, offset, pad }) => [offset, length, pad])
}

/** Without those of pads, which are never written. */
function pathsOf({ files }: ReadTorrent): readonly string[] {
  return files.filter(({ pad }) => !pad).map(({ path }) => path)
}

const FIELDS: Readonly<Record<Exclude<Field, 'loadable'>, (reading: ReadTorrent) => unknown>> = {
  hashes: ({ v1, v2 }) => [v1, v2],
  pieces: ({ pieceCount, pieceLength }) => [pieceCount, pieceLength],
  private: (reading) => reading.private,
  layout: layoutOf,
  name: ({ name }) => name,
  paths: pathsOf,
  links: ({ files }) => files.filter(({ pad }) => !pad).map(({ link }) => link),
}

/** The fields that the two read differently. */
function differences({ ours, theirs }: Compared): readonly Field[] {
  if (!ours.ok || !theirs.ok) return ours.ok === theirs.ok ? [] : ['loadable']
  return (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter(
    (field) => JSON.stringify(FIELDS[field](ours)) !== JSON.stringify(FIELDS[field](theirs)),
  )
}

describePeer('libtorrent', () => {
  let reader: TorrentReader
  beforeAll(async () => {
    reader = await TorrentReader.start()
  })
  afterAll(() => reader.stop())

  test('torrents: every difference has a reason', async () => {
    const corpus = oddTorrents({ seed: 1, mixed: 300 })
    const counts = new Map<string, number>()
    const unexplained: string[] = []
    let agreed = 0
    for (const torrent of corpus) {
      const compared = { torrent, ours: read(torrent.bytes), theirs: await reader.torrent(torrent.bytes) }
      const fields = differences(compared)
      if (fields.length === 0) agreed++
      for (const field of fields) {
        const why = reasonFor(field, compared)
        if (why === undefined) unexplained.push(describeDifference(field, compared))
        else counts.set(why, (counts.get(why) ?? 0) + 1)
      }
    }
    process.stdout.write(
      summary(`torrents read by libtorrent ${reader.version} and by us`, corpus.length, agreed, counts),
    )
    expect(unexplained).toStrictEqual([])
    const reasons = new Set([...ONLY_WE_READ.map(([why]) => why), ...REASONS.map(({ why }) => why)])
    expect([...reasons].filter((why) => !counts.has(why))).toStrictEqual([])
  }, 120_000)

  test('magnet links: every difference has a reason', async () => {
    const links = oddMagnets()
    const counts = new Map<string, number>()
    const unexplained: string[] = []
    for (const uri of links) {
      const ours = readMagnet(uri)
      const theirs = await reader.magnet(uri)
      if (sameMagnet(ours, theirs)) continue
      const why = MAGNET_REASONS.find(([, holds]) => holds(uri, ours, theirs))?.[0]
      if (why === undefined)
        unexplained.push(`${uri}: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`)
      else counts.set(why, (counts.get(why) ?? 0) + 1)
    }
    const differing = unexplained.length + [...counts.values()].reduce((sum, count) => sum + count, 0)
    process.stdout.write(
      summary(
        `magnet links read by libtorrent ${reader.version} and by us`,
        links.length,
        links.length - differing,
        counts,
      ),
    )
    expect(unexplained).toStrictEqual([])
    expect(MAGNET_REASONS.filter(([why]) => !counts.has(why))).toStrictEqual([])
  })
})

/** A reason why a link is read in another way, and whether it holds. */
type MagnetReason = readonly [
  why: string,
  holds: (uri: string, ours: MagnetReading, theirs: MagnetReading) => boolean,
]

const MAGNET_REASONS: readonly MagnetReason[] = [
  [
    'a hash with a character that is not of its alphabet names no torrent',
    (_, ours, theirs) => !ours.ok && theirs.ok && ours.error.includes('of the info hash'),
  ],
  [
    'a # after the hash begins the fragment of the link',
    (uri, ours, theirs) => ours.ok && !theirs.ok && uri.includes('#'),
  ],
  [
    '64 digits after urn:btih: are a v2 hash',
    (uri, ours, theirs) => ours.ok && !theirs.ok && /btih:[0-9a-f]{64}/i.test(uri),
  ],
  [
    'two different hashes leave open which torrent is meant',
    (uri, ours, theirs) => !ours.ok && theirs.ok && (uri.match(/xt/gi)?.length ?? 0) > 1,
  ],
]

/** As `ReadMagnet`, of either. */
type MagnetReading = ReadMagnet | NotRead

function readMagnet(uri: string): MagnetReading {
  try {
    const { infoHashes, name, trackers, webSeeds, peers } = parseMagnet(uri)
    return {
      ok: true,
      v1: infoHashes.v1 === undefined ? null : toHex(infoHashes.v1),
      v2: infoHashes.v2 === undefined ? null : toHex(infoHashes.v2),
      name: name ?? '',
      trackers,
      webSeeds,
      // libtorrent keeps addresses only, and no names
      peers: peers
        .filter(({ host }) => parseIpAddress(host) !== undefined)
        .map(({ host, port }) => `${host}:${port}`),
    }
  } catch (error) {
    if (error instanceof PeerError && error.code === 'E_BAD_HASH') return { ok: false, error: error.message }
    throw error
  }
}

function sameMagnet(ours: MagnetReading, theirs: MagnetReading): boolean {
  return ours.ok && theirs.ok ? JSON.stringify(ours) === JSON.stringify(theirs) : ours.ok === theirs.ok
}

function describeDifference(field: Field, { torrent, ours, theirs }: Compared): string {
  const show = (reading: ReadTorrent | NotRead): unknown =>
    field !== 'loadable' && reading.ok ? FIELDS[field](reading) : reading.ok ? 'read' : reading.error
  return `${torrent.name}: ${field}: ours ${JSON.stringify(show(ours))}, theirs ${JSON.stringify(show(theirs))}`.slice(
    0,
    400,
  )
}

function summary(what: string, total: number, agreed: number, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([why, count]) => `  ${String(count).padStart(5)}  ${why}\n`)
  return `${total} ${what}: ${agreed} alike, ${total - agreed} in some way not:\n${rows.join('')}`
}
