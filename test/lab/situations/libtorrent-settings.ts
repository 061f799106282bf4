import { missingReason } from '../../peers/peer.ts'
import {
  ENCRYPTION_OFF,
  ENCRYPTION_REQUIRED,
  LibtorrentHost,
  TCP_ONLY,
  UTP_ONLY,
  type SessionOptions,
} from '../clients/libtorrent-host.ts'
import { station, type Made, type Situation } from '../situation.ts'
import { PLAINTEXT_REFUSED } from '../truths.ts'
import { byFile, byHash, type World } from '../world.ts'

/** A session that serves the usual torrent. */
async function serving(
  host: LibtorrentHost,
  world: World,
  options: SessionOptions,
  {
    flags = [],
    serves = [],
  }: { readonly flags?: readonly string[]; readonly serves?: readonly string[] } = {},
): Promise<Made> {
  const torrent = await world.torrent('usual')
  const session = await host.session(options)
  await session.seed(torrent)
  const { peer } = session
  return {
    peer,
    target: [...byFile(torrent), ...flags],
    serves,
    log: () => session.log(),
    cleanup: () => session.end(),
  }
}

const SITUATIONS: readonly Situation<LibtorrentHost>[] = [
  {
    name: 'libtorrent seeds over TCP and uTP',
    causes: ['works'],
    make: (host, world) => serving(host, world, {}),
  },
  {
    name: 'libtorrent seeds, and only the info hash is given',
    causes: ['works'],
    make: async (host, world) => {
      const made = await serving(host, world, {})
      return { ...made, target: byHash(await world.torrent('usual')) }
    },
  },
  {
    name: 'libtorrent takes uTP only',
    causes: ['utp-only'],
    make: (host, world) => serving(host, world, { settings: UTP_ONLY }, { serves: ['--transport', 'utp'] }),
  },
  {
    name: 'libtorrent takes TCP only',
    causes: ['works'],
    make: (host, world) => serving(host, world, { settings: TCP_ONLY }),
  },
  {
    name: 'libtorrent requires encryption, TCP and uTP',
    causes: ['encryption-required'],
    make: (host, world) =>
      serving(host, world, { settings: ENCRYPTION_REQUIRED }, { serves: ['--encryption', 'require'] }),
  },
  {
    name: 'libtorrent requires encryption, TCP only',
    causes: ['encryption-required'],
    ambiguous: PLAINTEXT_REFUSED,
    make: (host, world) =>
      serving(
        host,
        world,
        { settings: { ...ENCRYPTION_REQUIRED, ...TCP_ONLY } },
        { serves: ['--encryption', 'require'] },
      ),
  },
  {
    name: 'libtorrent requires RC4',
    causes: ['encryption-required'],
    make: (host, world) =>
      serving(
        host,
        world,
        { settings: { ...ENCRYPTION_REQUIRED, allowed_enc_level: 2 } },
        { serves: ['--encryption', 'require'] },
      ),
  },
  {
    name: 'libtorrent requires encryption of the handshake alone',
    causes: ['encryption-required'],
    make: (host, world) =>
      serving(
        host,
        world,
        { settings: { ...ENCRYPTION_REQUIRED, allowed_enc_level: 1 } },
        { serves: ['--encryption', 'require'] },
      ),
  },
  {
    name: 'libtorrent has encryption switched off',
    causes: ['works'],
    make: (host, world) => serving(host, world, { settings: ENCRYPTION_OFF }),
  },
  {
    name: 'libtorrent takes uTP only and requires encryption',
    causes: ['utp-only', 'encryption-required'],
    make: (host, world) =>
      serving(
        host,
        world,
        { settings: { ...UTP_ONLY, ...ENCRYPTION_REQUIRED } },
        { serves: ['--transport', 'utp', '--encryption', 'require'] },
      ),
  },
]

export const LIBTORRENT_SETTINGS = station({
  name: 'libtorrent, its settings',
  missing: () => missingReason('libtorrent'),
  start: () => LibtorrentHost.start(),
  situations: SITUATIONS,
})
