import type { DecodeResult } from '../decode-result.ts'
import { decodeDonthaveMessage, encodeDonthaveMessage } from './donthave.ts'
import { decodeFlagMessage, encodeFlagMessage } from './flag-message.ts'
import { decodeHolepunchMessage, encodeHolepunchMessage } from './holepunch.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from './metadata.ts'
import { decodePexMessage, encodePexMessage } from './pex.ts'

/**
 * An extension: its name in `m`, the id that we announce for it, its encoder and decoder, and its description for reports.
 * Once it is in a registry, `decode` returns its messages under its name.
 */
export interface ExtensionCodec<Name extends string = string, Message = unknown> {
  /** A byte string, at most 64 characters. */
  readonly name: Name
  /** 1 to 255. */
  readonly localId: number
  /** Never throws on input. */
  readonly decode: (payload: Uint8Array) => DecodeResult<Message>
  readonly encode: (message: Message) => Uint8Array
  /** The BEP that defines its messages, as `BEP 9`. */
  readonly reference?: string
  /** Its purpose, in at most 20 characters. */
  readonly meaning?: string
  /** Whether our probes announce it, so that the peer may send its messages. */
  readonly isAnnounced?: boolean
}

/** Infers the types of a codec. */
export function defineExtension<const Name extends string, Message>(
  codec: ExtensionCodec<Name, Message>,
): ExtensionCodec<Name, Message> {
  return codec
}

/** The extensions that peerwire implements. The ids are those of libtorrent, so that captures look the same on both sides. */
export const EXTENSION_CODECS = [
  defineExtension({
    name: 'ut_pex',
    localId: 1,
    decode: decodePexMessage,
    encode: encodePexMessage,
    reference: 'BEP 11',
    meaning: 'BEP 11, peers',
    isAnnounced: true,
  }),
  defineExtension({
    name: 'ut_metadata',
    localId: 2,
    decode: decodeMetadataMessage,
    encode: encodeMetadataMessage,
    reference: 'BEP 9',
    meaning: 'BEP 9, metadata',
    isAnnounced: true,
  }),
  defineExtension({
    name: 'upload_only',
    localId: 3,
    decode: decodeFlagMessage,
    encode: encodeFlagMessage,
    meaning: 'BEP 21, state',
    isAnnounced: true,
  }),
  defineExtension({
    name: 'ut_holepunch',
    localId: 4,
    decode: decodeHolepunchMessage,
    encode: encodeHolepunchMessage,
    reference: 'BEP 55',
    meaning: 'BEP 55, NAT',
  }),
  defineExtension({
    name: 'lt_donthave',
    localId: 7,
    decode: decodeDonthaveMessage,
    encode: encodeDonthaveMessage,
    reference: 'BEP 54',
    meaning: 'BEP 54, lost piece',
    isAnnounced: true,
  }),
  defineExtension({
    name: 'share_mode',
    localId: 8,
    decode: decodeFlagMessage,
    encode: encodeFlagMessage,
    meaning: 'libtorrent',
  }),
] as const

/** The id that we announce for ut_metadata. */
export const UT_METADATA_ID = 2

/** The purpose of extensions that clients announce and peerwire does not implement. */
const OTHER_MEANINGS: ReadonlyMap<string, string> = new Map([
  ['lt_tex', 'BEP 28, trackers'],
  ['i2p_pex', 'peers in I2P'],
  ['ut_comment', 'comments'],
  ['Tr_hashpiece', 'BEP 30, old merkle'],
])

const BY_NAME: ReadonlyMap<string, ExtensionCodec> = new Map<string, ExtensionCodec>(
  EXTENSION_CODECS.map((codec) => [codec.name, codec as unknown as ExtensionCodec]),
)

/** Every extension with a known purpose. */
export const EXTENSION_NAMES: readonly string[] = [
  ...EXTENSION_CODECS.map(({ name }) => name),
  ...OTHER_MEANINGS.keys(),
]

/** The purpose of an extension, in at most 20 characters; undefined for an unknown one. */
export function extensionMeaning(name: string): string | undefined {
  return BY_NAME.get(name)?.meaning ?? OTHER_MEANINGS.get(name)
}

/** The BEP that defines the messages of an extension; undefined when none does. */
export function extensionReference(name: string): string | undefined {
  return BY_NAME.get(name)?.reference
}
