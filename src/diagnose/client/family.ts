/** Programs with one protocol implementation, and how much is known about their behaviour. */
export interface Family {
  /** The names under which peer ids and `v` announce it, as `decodePeerId` and `parseClientName` return them. */
  readonly names: readonly string[]
  /**
   * Whether its behaviour was measured, and not only read about. Only a measured family can be called likely, and only
   * two measured families can contradict each other.
   */
  readonly isMeasured: boolean
}

/**
 * Every family that behaviour can identify. A name that is not here is never called wrong: programs that only sometimes
 * embed one of the libraries are left out.
 */
export const FAMILIES = {
  libtorrent: {
    names: ['libtorrent', 'qBittorrent', 'Deluge', 'LibreTorrent', 'PicoTorrent', 'Tribler (libtorrent)'],
    isMeasured: true,
  },
  Transmission: { names: ['Transmission'], isMeasured: true },
  aria2: { names: ['aria2'], isMeasured: true },
  WebTorrent: { names: ['WebTorrent', 'WebTorrent Desktop'], isMeasured: true },
  peerwire: { names: ['peerwire'], isMeasured: true },
  rTorrent: { names: ['rTorrent'], isMeasured: false },
  CTorrent: { names: ['CTorrent', 'Enhanced CTorrent'], isMeasured: false },
  'anacrolix/torrent': { names: ['anacrolix/torrent'], isMeasured: false },
  rqbit: { names: ['rqbit'], isMeasured: false },
  BiglyBT: { names: ['BiglyBT'], isMeasured: false },
} as const satisfies Readonly<Record<string, Family>>

/** A key of `FAMILIES`. */
export type FamilyName = keyof typeof FAMILIES

export const FAMILY_NAMES = Object.keys(FAMILIES) as readonly FamilyName[]

/** The family of a client, by the name that it gives itself; undefined if that is not known for certain. */
export function familyOf(client: string): FamilyName | undefined {
  return FAMILY_NAMES.find((family) => (FAMILIES[family].names as readonly string[]).includes(client))
}
