import type { Truth } from '../situation.ts'
import { NOTHING_SHARED, station, type Situation } from '../situation.ts'
import { HASH_REFUSED, PLAINTEXT_REFUSED } from '../truths.ts'
import { startServe } from '../clients/serve.ts'
import { byFile, byHash } from '../world.ts'

interface Row extends Truth {
  /** After `peerwire serve`. */
  readonly flags: string
  /** The flags with which it still serves. */
  readonly serves?: readonly string[]
  /** Default: the torrent that is served, by its file. */
  readonly asks?: 'hash' | 'unknown'
}

const SERVES = { causes: ['works'], serves: [] } as const

/** The command as a seeder, and what is wrong with it. */
const ROWS: readonly Row[] = [
  { flags: '', ...SERVES },
  { flags: '--encryption off', ...SERVES },
  { flags: '--transport tcp', ...SERVES },
  { flags: '--transport utp', causes: ['utp-only'], serves: ['--transport', 'utp'] },
  {
    flags: '--encryption require',
    causes: ['encryption-required'],
    ambiguous: PLAINTEXT_REFUSED,
    serves: ['--encryption', 'require'],
  },
  { flags: '--transport tcp', asks: 'unknown', causes: ['torrent-unknown'], ambiguous: HASH_REFUSED },
  {
    flags: '--fault silent --transport tcp',
    causes: ['silent-service'],
    ambiguous: ['silent-service', 'frozen', 'not-bittorrent'],
  },
  { flags: '--fault wrong-info-hash', causes: ['other-torrent'] },
  { flags: '--fault wrong-protocol --transport tcp', causes: ['nearly-bittorrent'] },
  { flags: '--fault http --transport tcp', causes: ['http-server'] },
  { flags: '--fault slow-handshake=50', ...SERVES },
  { flags: '--fault zero-peer-id', ...SERVES },
  { flags: '--fault all-bits', ...SERVES },
  { flags: '--fault no-extension-handshake', ...SERVES },
  { flags: '--fault hostile-name', ...SERVES },
  { flags: '--fault reqq=1', ...SERVES },
  { flags: '--fault metadata-reject', asks: 'hash', causes: ['metadata-missing'], also: ['works'] },
  { flags: '--fault metadata-silent', asks: 'hash', causes: ['metadata-missing'], also: ['works'] },
  { flags: '--fault claim-none', causes: ['nothing-to-offer'], waits: 'a piece may come late' },
  { flags: '--fault no-availability', causes: ['nothing-to-offer'], waits: 'a piece may come late' },
  { flags: '--fault short-bitfield', causes: ['protocol-broken'] },
  { flags: '--fault long-bitfield', causes: ['protocol-broken'] },
  { flags: '--fault not-negotiated', causes: ['protocol-broken'], also: ['works'] },
  // its allowed-fast pieces are served all the same
  {
    flags: '--fault choke-forever',
    causes: ['never-unchoked'],
    also: ['works'],
    waits: 'an unchoke may come late',
  },
  {
    flags: '--fault choke-forever --fault no-allowed-fast',
    causes: ['never-unchoked'],
    waits: 'an unchoke may come late',
  },
  { flags: '--fault late-unchoke=8000', ...SERVES },
  { flags: '--fault flap=20', ...SERVES },
  { flags: '--fault choke-after=0', causes: ['chokes-on-request'], also: ['never-unchoked', 'stalls'] },
  { flags: '--fault reject-all', causes: ['rejects-requests'] },
  { flags: '--fault ignore-requests', causes: ['stalls'] },
  { flags: '--fault stall-after=0', causes: ['stalls'] },
  { flags: '--fault stall-after=1', causes: ['stalls'] },
  { flags: '--fault corrupt-every=1', causes: ['bad-data'] },
  { flags: '--fault short-block', causes: ['protocol-broken'], also: ['bad-data', 'stalls'] },
  { flags: '--fault wrong-piece', causes: ['protocol-broken'], also: ['bad-data', 'stalls'] },
  { flags: '--fault close-after=0', causes: ['closes-on-request'], also: ['data-gone'] },
  { flags: '--fault reset-after=0', causes: ['closes-on-request'], also: ['data-gone'] },
  { flags: '--fault giant-frame', causes: ['protocol-broken'] },
  { flags: '--fault short-have', causes: ['protocol-broken'], also: ['works'] },
  { flags: '--fault garbage', causes: ['protocol-broken'], also: ['stalls'] },
  { flags: '--fault unknown-message', ...SERVES },
  { flags: '--fault fragment=100', ...SERVES },
  { flags: '--fault slow=1024', causes: ['rate-limit'], also: ['works'], waits: 'a block takes 16 seconds' },
  { flags: '--fault delay=500', ...SERVES },
  { flags: '--fault mse-stall-after-key', ...SERVES },
  {
    flags: '--fault mse-stall-after-key --encryption require --transport tcp',
    causes: ['encryption-broken', 'encryption-required'],
    ambiguous: ['encryption-broken', 'encryption-required', 'torrent-unknown'],
  },
  {
    flags: '--fault mse-wrong-vc --encryption require --transport tcp',
    causes: ['encryption-broken'],
    also: ['encryption-required'],
    ambiguous: ['encryption-broken', 'torrent-unknown'],
  },
  { flags: '--fault utp-silent', ...SERVES },
  { flags: '--fault utp-refuse', ...SERVES },
]

const SITUATIONS = ROWS.map(({ flags, serves, asks, ...truth }): Situation<typeof NOTHING_SHARED> => ({
  name: `peerwire serve ${flags}${asks === undefined ? '' : asks === 'hash' ? ', by its hash' : ', and another torrent is asked for'}`,
  ...truth,
  make: async (_, world) => {
    const torrent = await world.torrent('usual')
    const served = await startServe(
      world,
      torrent,
      flags.split(' ').filter((flag) => flag !== ''),
    )
    const wanted = asks === 'unknown' ? await world.torrent('unknown') : torrent
    return {
      peer: served.peer,
      target: asks === 'hash' ? byHash(wanted) : byFile(wanted),
      cleanup: () => served.stop(),
      ...(serves === undefined ? {} : { serves }),
    }
  },
}))

export const FAULTS = station({
  name: 'peerwire serve',
  missing: () => undefined,
  start: async () => NOTHING_SHARED,
  situations: SITUATIONS,
})
