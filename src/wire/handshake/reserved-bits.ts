/** The named reserved bits (BEP 4 and others), each a mask of one of the 8 bytes. */
export const RESERVED_BITS = {
  'azureus-messaging': {
    byte: 0,
    mask: 0x80,
    reference: 'Azureus',
    meaning: 'Azureus messaging protocol; when both sides set it, other framing follows',
  },
  'location-aware': {
    byte: 2,
    mask: 0x08,
    reference: 'BEP 4',
    meaning: 'location-aware protocol; no known sender',
  },
  'extension-protocol': {
    byte: 5,
    mask: 0x10,
    reference: 'BEP 10',
    meaning: 'extension protocol: message 20 may be used when both sides set it',
  },
  'azureus-negotiation': {
    byte: 5,
    mask: 0x03,
    reference: 'Azureus',
    meaning: 'which of the extension protocols is preferred (two bits)',
  },
  dht: { byte: 7, mask: 0x01, reference: 'BEP 5', meaning: 'DHT: the other side may send its port' },
  fast: { byte: 7, mask: 0x04, reference: 'BEP 6', meaning: 'fast extension: active when both sides set it' },
  v2: {
    byte: 7,
    mask: 0x10,
    reference: 'BEP 52',
    meaning: 'the torrent is hybrid and the sender can go on in v2',
  },
} as const satisfies Record<string, { byte: number; mask: number; reference: string; meaning: string }>

/** A reserved bit that a BEP gives a meaning. */
export type NamedFeature = keyof typeof RESERVED_BITS

/** A named bit, or `bit-N` for any other that is set: N counts from the right, as BEP 10 does (0 is byte 7, mask 0x01). */
export type Feature = NamedFeature | `bit-${number}`

const NAMES = Object.keys(RESERVED_BITS) as NamedFeature[]

/** Names of the bits set in 8 reserved bytes, from byte 0 on. */
export function decodeFeatures(reserved: Uint8Array): Feature[] {
  const left = Uint8Array.from(reserved)
  const features: Feature[] = []
  for (const name of NAMES) {
    const { byte, mask } = RESERVED_BITS[name]
    if (((left[byte] as number) & mask) === 0) continue
    features.push(name)
    left[byte] = (left[byte] as number) & ~mask
  }
  for (let bit = 63; bit >= 0; bit--) {
    if (((left[7 - (bit >> 3)] as number) & (1 << (bit & 7))) !== 0) features.push(`bit-${bit}`)
  }
  return features
}

/** The 8 reserved bytes with these bits set; `azureus-negotiation` sets both of its bits. */
export function encodeFeatures(features: readonly NamedFeature[]): Uint8Array {
  const reserved = new Uint8Array(8)
  for (const name of features) {
    const { byte, mask } = RESERVED_BITS[name]
    reserved[byte] = (reserved[byte] as number) | mask
  }
  return reserved
}
