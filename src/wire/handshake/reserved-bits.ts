/** The 8 reserved bytes of a handshake, in bytes (BEP 3). */
const RESERVED_LENGTH = 8

/** The named reserved bits (BEP 4 and others): `masks` gives the bits of each of the 8 bytes, by its index. */
export const RESERVED_BITS = {
  'azureus-messaging': {
    masks: { 0: 0x80 },
    reference: 'BEP 4',
    meaning: 'Azureus messaging protocol; if both sides set it, they use another framing',
  },
  'bitcomet-extension': {
    masks: { 0: 0xff, 1: 0xff },
    reference: 'BEP 4',
    meaning: 'BitComet extension protocol (16 bits, the first of them shared with Azureus messaging)',
  },
  'location-aware': {
    masks: { 2: 0x08 },
    reference: 'BEP 4',
    meaning: 'location-aware protocol; no known sender',
  },
  'extension-protocol': {
    masks: { 5: 0x10 },
    reference: 'BEP 10',
    meaning: 'extension protocol: message 20 may be used if both sides set it',
  },
  merkle: {
    masks: { 5: 0x08 },
    reference: 'BEP 30',
    meaning: 'Merkle tree torrents, set by libtorrent before 2.0; not used for v2 torrents',
  },
  'azureus-negotiation': {
    masks: { 5: 0x03 },
    reference: 'BEP 4',
    meaning: 'preferred extension protocol (two bits)',
  },
  dht: {
    masks: { 7: 0x01 },
    reference: 'BEP 5',
    meaning: 'DHT: the other side may send its port. Old XBT clients use it for metadata exchange',
  },
  'xbt-peer-exchange': {
    masks: { 7: 0x02 },
    reference: 'BEP 4',
    meaning: 'peer exchange of XBT clients; not that of BEP 11',
  },
  fast: {
    masks: { 7: 0x04 },
    reference: 'BEP 6',
    meaning: 'fast extension: active if both sides set it',
  },
  'nat-traversal': {
    masks: { 7: 0x08 },
    reference: 'BEP 4',
    meaning: 'NAT traversal of XBT clients; not the holepunch extension of BEP 55',
  },
  v2: {
    masks: { 7: 0x10 },
    reference: 'BEP 52',
    meaning: 'the torrent is hybrid, and the sender can upgrade the connection to v2',
  },
} as const satisfies Record<
  string,
  { masks: { readonly [byte: number]: number }; reference: string; meaning: string }
>

/** A reserved bit with a known meaning. */
export type NamedFeature = keyof typeof RESERVED_BITS

/** A named bit, or `bit-N` for any other: N counts from the right, as in BEP 10 (0 is byte 7, mask 0x01). */
export type Feature = NamedFeature | `bit-${number}`

/**
 * Names of the bits set in 8 reserved bytes, from byte 0 on. The bit that Azureus and BitComet share counts as
 * Azureus if it is the only one set in the first two bytes, else as BitComet.
 */
export function decodeFeatures(reserved: Uint8Array): Feature[] {
  const left = Uint8Array.from(reserved)
  const features: Feature[] = []
  for (const name of namesIn(left)) {
    let isSet = false
    for (const [byte, mask] of masksOf(name)) {
      const bits = left[byte] ?? 0
      isSet ||= (bits & mask) !== 0
      left[byte] = bits & ~mask
    }
    if (isSet) features.push(name)
  }
  for (let bit = 63; bit >= 0; bit--) {
    if (((left[7 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0) features.push(`bit-${bit}`)
  }
  return features
}

/** Whether both handshakes set the bit, as most extensions require. */
export function isSetByBoth(
  feature: NamedFeature,
  ours: readonly Feature[],
  theirs: readonly Feature[],
): boolean {
  return ours.includes(feature) && theirs.includes(feature)
}

/** The 8 reserved bytes with these bits set; a feature of several bits sets all of them. */
export function encodeFeatures(features: readonly NamedFeature[]): Uint8Array {
  const reserved = new Uint8Array(RESERVED_LENGTH)
  for (const name of features) {
    for (const [byte, mask] of masksOf(name)) reserved[byte] = (reserved[byte] ?? 0) | mask
  }
  return reserved
}

const MASKS = new Map(
  (Object.keys(RESERVED_BITS) as NamedFeature[]).map((name) => [
    name,
    Object.entries(RESERVED_BITS[name].masks).map(([byte, mask]) => [Number(byte), mask] as const),
  ]),
)

/** The byte indexes and masks of a feature. */
export function masksOf(name: NamedFeature): readonly (readonly [byte: number, mask: number])[] {
  return MASKS.get(name) ?? []
}

/** False for `bit-N`. */
export function isNamedFeature(feature: Feature): feature is NamedFeature {
  return Object.hasOwn(RESERVED_BITS, feature)
}

const NAMES = Array.from(MASKS.keys())
const NAMES_OF_BITCOMET = NAMES.filter((name) => name !== 'azureus-messaging')

function namesIn([first = 0, second = 0]: Uint8Array): readonly NamedFeature[] {
  return (first & 0x7f) === 0 && second === 0 ? NAMES : NAMES_OF_BITCOMET
}
