import type { Behaviour } from '../behaviour.ts'
import { FAMILY_NAMES } from '../family.ts'
import { ARIA2, LIBTORRENT, PEERWIRE, SOURCE_CODE, TRANSMISSION, WEBTORRENT } from '../sources.ts'
import { never, only, type Trait, type Weights } from '../trait.ts'

/** What the extension handshake says (BEP 10), except for `v`. */
export const EXTENSION_HANDSHAKE_TRAITS: readonly Trait[] = [
  {
    id: 'libtorrent-extension-ids',
    habit: 'announces share_mode as 8, and other extensions only with the ids of libtorrent',
    source: LIBTORRENT,
    weights: only('libtorrent'),
    see: announces(
      {
        ut_pex: 1,
        ut_metadata: 2,
        upload_only: 3,
        ut_holepunch: 4,
        i2p_pex: 5,
        lt_donthave: 7,
        share_mode: 8,
      },
      ['share_mode', 'upload_only'],
    ),
  },
  {
    id: 'transmission-extension-ids',
    habit: 'announces ut_metadata as 3, and nothing else except ut_pex as 1',
    source: `${TRANSMISSION}; ${SOURCE_CODE}`,
    weights: {
      ...never('libtorrent', 'aria2', 'WebTorrent', 'peerwire', 'anacrolix/torrent', 'BiglyBT'),
      Transmission: 3,
      rqbit: 3,
    },
    see: announces({ ut_pex: 1, ut_metadata: 3 }, ['ut_metadata']),
  },
  {
    id: 'aria2-extension-ids',
    habit: 'announces ut_metadata as 9, and nothing else except ut_pex as 8',
    source: ARIA2,
    weights: only('aria2'),
    see: announces({ ut_pex: 8, ut_metadata: 9 }, ['ut_metadata']),
  },
  {
    id: 'webtorrent-extension-ids',
    habit: 'numbers its extensions without gaps: ut_metadata 1, ut_pex if it is on, lt_donthave',
    source: WEBTORRENT,
    weights: only('WebTorrent'),
    see: either(
      announces({ ut_metadata: 1, lt_donthave: 2 }, ['ut_metadata', 'lt_donthave']),
      announces({ ut_metadata: 1, ut_pex: 2, lt_donthave: 3 }, ['ut_metadata', 'ut_pex', 'lt_donthave']),
    ),
  },
  {
    id: 'anacrolix-extension-ids',
    habit: 'announces ut_metadata as 1, ut_holepunch as 2 and ut_pex as 3',
    source: SOURCE_CODE,
    weights: only('anacrolix/torrent'),
    see: announces({ ut_metadata: 1, ut_holepunch: 2, ut_pex: 3 }, ['ut_metadata', 'ut_holepunch']),
  },
  {
    id: 'biglybt-extension-ids',
    habit: 'announces ut_metadata as 3, upload_only as 4 and ut_holepunch as 5',
    source: SOURCE_CODE,
    weights: only('BiglyBT'),
    see: announces({ ut_pex: 1, ut_metadata: 3, upload_only: 4, ut_holepunch: 5 }, [
      'upload_only',
      'ut_holepunch',
    ]),
  },
  {
    id: 'peerwire-keys',
    habit: 'announces ut_metadata as 2 and nothing else, with upload_only and yourip, and no other keys',
    source: PEERWIRE,
    weights: only('peerwire'),
    see: (behaviour) =>
      hasExactly(behaviour, ['reqq', 'upload_only', 'yourip'])
        ? announces({ ut_metadata: 2 }, ['ut_metadata'])(behaviour)
        : undefined,
  },
  {
    id: 'complete-ago',
    habit: 'sends complete_ago in its extension handshake',
    source: LIBTORRENT,
    weights: { ...never('Transmission', 'aria2', 'WebTorrent', 'peerwire'), libtorrent: 3 },
    see: (behaviour) => keys(behaviour).includes('complete_ago') && 'sends complete_ago',
  },
  {
    id: 'no-complete-ago',
    habit: 'sends an extension handshake without complete_ago',
    source: `${LIBTORRENT}, which always send it`,
    weights: never('libtorrent'),
    see: ({ extensionHandshake }) =>
      extensionHandshake !== undefined &&
      !extensionHandshake.raw.has('complete_ago') &&
      'does not send complete_ago',
  },
  {
    id: 'sends-e',
    habit: 'sends e in its extension handshake',
    source: SOURCE_CODE,
    weights: never('libtorrent', 'aria2', 'WebTorrent', 'peerwire'),
    see: (behaviour) => keys(behaviour).includes('e') && 'sends e',
  },
  {
    id: 'e-and-upload-only',
    habit: 'sends e, upload_only and reqq in its extension handshake, also with the value 0',
    source: `${TRANSMISSION}; ${SOURCE_CODE}`,
    weights: { Transmission: 4, BiglyBT: 2 },
    see: (behaviour) =>
      ['e', 'upload_only', 'reqq'].every((key) => keys(behaviour).includes(key)) &&
      !keys(behaviour).includes('complete_ago') &&
      'sends e, upload_only and reqq',
  },
  {
    id: 'utorrent-extensions',
    habit: 'announces ut_comment or ut_recommend',
    source: 'µTorrent, whose ids and keys are otherwise like those of libtorrent',
    weights: never(...FAMILY_NAMES),
    see: ({ extensionHandshake }) => {
      const name = ['ut_comment', 'ut_recommend'].find((one) => extensionHandshake?.extensions.has(one))
      return name !== undefined && `announces ${name}`
    },
  },
  {
    id: 'port-only',
    habit: 'sends its port in its extension handshake, and no key besides m, metadata_size and v',
    source: ARIA2,
    weights: { aria2: 2 },
    see: (behaviour) => hasExactly(behaviour, ['p']) && 'sends p, and neither reqq nor upload_only',
  },
  {
    id: 'no-keys',
    habit: 'sends no key in its extension handshake besides m, metadata_size and v',
    source: WEBTORRENT,
    weights: { WebTorrent: 2 },
    see: (behaviour) => hasExactly(behaviour, []) && 'sends neither p nor reqq nor upload_only',
  },
  reqq(2000, { libtorrent: 1, Transmission: 1 }, `${LIBTORRENT}; Transmission from 4.1`),
  reqq(512, { Transmission: 2, peerwire: 1 }, TRANSMISSION),
  reqq(500, { libtorrent: 1 }, 'libtorrent 1.2'),
  reqq(1024, { 'anacrolix/torrent': 1 }, SOURCE_CODE),
  {
    id: 'your-ip',
    habit: 'sends our address as yourip',
    source: `${LIBTORRENT}; ${SOURCE_CODE}`,
    weights: { libtorrent: 1, peerwire: 1, 'anacrolix/torrent': 1 },
    see: ({ extensionHandshake }) => extensionHandshake?.raw.has('yourip') && 'sends yourip',
  },
  {
    id: 'e-without-fast',
    habit: 'sends e in its extension handshake, and does not set the bit of the fast extension',
    source: SOURCE_CODE,
    weights: { rTorrent: 3 },
    see: (behaviour) =>
      behaviour.lacksFast && keys(behaviour).includes('e') && 'sends e without the fast bit',
  },
]

/** The extension handshake announces all `required` names, and every name that it announces has one of these ids. */
function announces(
  ids: Readonly<Record<string, number>>,
  required: readonly string[],
): (behaviour: Behaviour) => string | undefined {
  return ({ extensionHandshake }) => {
    if (extensionHandshake === undefined) return undefined
    const announced = [...extensionHandshake.extensions].filter(([, id]) => id !== 0)
    const fits = announced.every(([name, id]) => ids[name] === id)
    if (!fits || !required.every((name) => announced.some(([one]) => one === name))) return undefined
    return `announces ${announced.map(([name, id]) => `${name} as ${id}`).join(', ')}`
  }
}

function either(first: Trait['see'], second: Trait['see']): Trait['see'] {
  return (behaviour) => first(behaviour) ?? second(behaviour)
}

/** Keys that depend on the torrent or the settings, or that a client chooses freely. */
const COMMON_KEYS: ReadonlySet<string> = new Set(['m', 'metadata_size', 'v'])

const NO_KEYS: readonly string[] = []

/** The keys of the extension handshake; never what is in `v`. */
function keys({ extensionHandshake }: Behaviour): readonly string[] {
  if (extensionHandshake === undefined) return NO_KEYS
  return [...extensionHandshake.raw.keys()].filter((key) => !COMMON_KEYS.has(key))
}

function hasExactly(behaviour: Behaviour, wanted: readonly string[]): boolean {
  if (behaviour.extensionHandshake === undefined) return false
  const found = keys(behaviour)
  return found.length === wanted.length && wanted.every((key) => found.includes(key))
}

function reqq(size: number, weights: Weights, source: string): Trait {
  return {
    id: `reqq-${size}`,
    habit: `queues ${size} requests`,
    source,
    weights,
    see: ({ extensionHandshake }) => extensionHandshake?.reqq === size && `queues ${size} requests`,
  }
}
