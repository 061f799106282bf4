import { readUint16, readUint32 } from '../../base/bytes.ts'
import { LITTLE_ENDIAN } from '../capture/byte-order.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from './ethernet.ts'

/** Where the IP packet begins in a frame; undefined when the frame does not carry one. */
type FindIp = (frame: Uint8Array) => number | undefined

/** A link type that can be read. */
export interface LinkLayer {
  readonly name: string
  /** The IP packet in a frame, with the padding after it; undefined when there is none, or its header was not captured. */
  readonly ipPacket: (frame: Uint8Array) => Uint8Array | undefined
}

/** The EtherTypes of IPv4 and IPv6. */
const IP_TYPES: ReadonlySet<number> = new Set([ETHERTYPE_IPV4, ETHERTYPE_IPV6])

/** The tags of IEEE 802.1Q and 802.1ad (QinQ), and what was used before the latter. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200])
const VLAN_TAG_LENGTH = 4

/** What BSD systems and Linux call IPv4 and IPv6: 24 is NetBSD, OpenBSD and BSD/OS, 28 FreeBSD, 30 macOS, 10 Linux. */
const BSD_FAMILIES: ReadonlySet<number> = new Set([2, 24, 28, 30, 10])

/** Skips VLAN tags; `at` is the place of an EtherType. */
function afterEtherType(frame: Uint8Array, at: number): number | undefined {
  for (let place = at; place + 2 <= frame.length; place += VLAN_TAG_LENGTH) {
    const type = readUint16(frame, place)
    if (IP_TYPES.has(type)) return place + 2
    if (!VLAN_TAGS.has(type)) return undefined
  }
  return undefined
}

const ethernet: FindIp = (frame) => afterEtherType(frame, 12)

const raw: FindIp = () => 0

/** The EtherType is at the end of 16 bytes. */
const linuxCooked: FindIp = (frame) => afterCooked(frame, 14, 16)

/** The EtherType is at the begin of 20 bytes. */
const linuxCooked2: FindIp = (frame) => afterCooked(frame, 0, 20)

/** The rest of a VLAN tag, if there is one, is after the header. */
function afterCooked(frame: Uint8Array, at: number, headerLength: number): number | undefined {
  if (frame.length < headerLength) return undefined
  const type = readUint16(frame, at)
  if (VLAN_TAGS.has(type)) return afterEtherType(frame, headerLength + 2)
  return IP_TYPES.has(type) ? headerLength : undefined
}

/** The address family, in the byte order of the machine that captured it. */
const bsdLoopback: FindIp = (frame) => {
  if (frame.length < 4) return undefined
  const isIp = BSD_FAMILIES.has(LITTLE_ENDIAN.uint32(frame, 0)) || BSD_FAMILIES.has(readUint32(frame, 0))
  return isIp ? 4 : undefined
}

const READABLE: ReadonlyMap<number, readonly [name: string, findIp: FindIp]> = new Map([
  [0, ['BSD loopback', bsdLoopback]],
  [1, ['Ethernet', ethernet]],
  // what raw IP is called in files of BSD systems
  [12, ['raw IP', raw]],
  [14, ['raw IP', raw]],
  [101, ['raw IP', raw]],
  [108, ['OpenBSD loopback', bsdLoopback]],
  [113, ['Linux cooked', linuxCooked]],
  [228, ['raw IPv4', raw]],
  [229, ['raw IPv6', raw]],
  [276, ['Linux cooked v2', linuxCooked2]],
])

/** Link types that cannot be read, by the names that people know. */
const OTHERS: ReadonlyMap<number, string> = new Map([
  [6, 'Token Ring'],
  [8, 'SLIP'],
  [9, 'PPP'],
  [10, 'FDDI'],
  [50, 'PPP over HDLC'],
  [51, 'PPP over Ethernet'],
  [104, 'Cisco HDLC'],
  [105, 'IEEE 802.11'],
  [107, 'Frame Relay'],
  [117, 'OpenBSD pflog'],
  [119, 'IEEE 802.11 with a Prism header'],
  [127, 'IEEE 802.11 with a radiotap header'],
  [187, 'Bluetooth HCI'],
  [189, 'Linux USB'],
  [192, 'PPI'],
  [195, 'IEEE 802.15.4'],
  [201, 'Bluetooth HCI'],
  [220, 'Linux USB'],
  [239, 'netfilter log'],
  [249, 'USBPcap'],
  [251, 'Bluetooth Low Energy'],
  [252, 'Wireshark upper PDU'],
  [253, 'Linux netlink'],
])

/** How to read frames of a link type; undefined when it is not supported. */
export function linkLayer(linkType: number): LinkLayer | undefined {
  return LINK_LAYERS.get(linkType)
}

/** A link type as people know it, with its number. */
export function linkTypeName(linkType: number): string {
  const name = LINK_LAYERS.get(linkType)?.name ?? OTHERS.get(linkType)
  return name === undefined ? `number ${linkType}` : `${name} (${linkType})`
}

const LINK_LAYERS: ReadonlyMap<number, LinkLayer> = new Map(
  Array.from(READABLE, ([linkType, [name, findIp]]) => [linkType, { name, ipPacket: ipPacketBy(findIp) }]),
)

function ipPacketBy(findIp: FindIp): LinkLayer['ipPacket'] {
  return (frame) => {
    const at = findIp(frame)
    return at === undefined || at >= frame.length ? undefined : frame.subarray(at)
  }
}
