/**
 * The entry point `peerwire/wire`: codecs for the peer protocol. No I/O, no clock, no randomness; runs in a browser.
 */
export type { Inspect } from '../base/inspect.ts'
export { ERROR_CODES, PeerError, type Blame, type ErrorCode, type ErrorDetails } from '../base/errors.ts'

// The stream: handshake, messages, decoder
export {
  HANDSHAKE_HEAD_LENGTH,
  HANDSHAKE_LENGTH,
  PROTOCOL_NAME,
  awaitsProtocolName,
  beginsHandshake,
  checkHandshakePrefix,
  decodeHandshake,
  decodeHandshakeHead,
  encodeHandshake,
  type Handshake,
  type HandshakeHead,
} from './handshake/handshake.ts'
export {
  RESERVED_BITS,
  decodeFeatures,
  encodeFeatures,
  type Feature,
  type NamedFeature,
} from './handshake/reserved-bits.ts'
export {
  MAX_LENGTH_PREFIX,
  MessageId,
  describeMessageId,
  maxLengthPrefix,
  type MessageDescription,
  type MessageName,
  type MessageLayout,
} from './message/id.ts'
export {
  decodeMessage,
  decodeMessageAt,
  encodeMessage,
  encodeMessages,
  encodeRequests,
  encodedLength,
  writeMessage,
  type BlockRange,
  type Message,
  type MessageType,
} from './message/message.ts'
export { encodePieceParts, type PieceMessage } from './message/parts.ts'
export {
  MessageDecoder,
  type MessageDecoderOptions,
  type Span,
  type WireItem,
  type PendingBlock,
} from './message/decoder.ts'
export { type WireBatch } from './message/batch.ts'
export {
  HASH_LENGTH,
  HASH_REQUEST_LENGTH,
  decodeHashRequest,
  decodeHashes,
  encodeHashRequest,
  encodeHashes,
  expectedHashCount,
  hashRequestDefect,
  writeHashRequest,
  type HashRequest,
  type HashRequestDefect,
  type Hashes,
} from './message/hash-request.ts'

// What messages carry
export {
  bytesOf,
  decodeBencode,
  decodeBencodeDictionary,
  decodeBencodeMembers,
  dictionaryOf,
  encodeBencode,
  integerOf,
  listOf,
  type BencodeDictionary,
  type BencodeInput,
  type BencodeMembersResult,
  type BencodeResult,
  type BencodeValue,
} from './bencode.ts'
export { type BencodeIssue, type BencodeLimits } from './bencode-scanner.ts'
export { type DecodeResult, type Malformed } from './decode-result.ts'
export { Bitfield, UnvalidatedBitfield, type PieceRange } from './bitfield.ts'
export { bitfieldLength, validateBitfieldLength, type BitfieldLengthResult } from './bitfield-length.ts'
export {
  PEER_ID_LENGTH,
  PEER_ID_PREFIX,
  decodePeerId,
  describePeerId,
  generatePeerId,
  type PeerId,
  type PeerIdStyle,
} from './peer-id/peer-id.ts'
export { parseClientName, type ClientName } from './peer-id/client-name.ts'
export {
  generateAllowedFastSet,
  generateAria2AllowedFastSet,
  generateLibtorrentAllowedFastSet,
  recogniseAllowedFastSet,
  type AllowedFastDialect,
} from './allowed-fast.ts'
export { crc32c, peerPriority, type PeerPriorityDialect } from './peer-priority.ts'
export {
  IPV4_LENGTH,
  IPV6_LENGTH,
  decodePeerAddress,
  encodePeerAddress,
  parseIpAddress,
  renderIpAddress,
  specialAddress,
  unmapIpv4,
  type PeerAddress,
  type SpecialAddress,
} from './address.ts'

// Extensions (BEP 10)
export { decodeCommentMessage, type CommentMessage, type TorrentComment } from './extension/comment.ts'
export { type ExtensionHandshakeIssue } from './extension/dictionary-reader.ts'
export { decodeDonthaveMessage, encodeDonthaveMessage, type DonthaveMessage } from './extension/donthave.ts'
export { decodeFlagMessage, encodeFlagMessage, type FlagMessage } from './extension/flag-message.ts'
export {
  EXTENSION_HANDSHAKE_ID,
  decodeExtensionHandshake,
  encodeExtensionHandshake,
  mergeExtensionHandshake,
  type ExtensionHandshake,
  type ExtensionHandshakeFields,
} from './extension/handshake.ts'
export {
  decodeHolepunchMessage,
  encodeHolepunchMessage,
  holepunchErrorName,
  type HolepunchErrorName,
  type HolepunchMessage,
} from './extension/holepunch.ts'
export {
  decodeMetadataMessage,
  encodeMetadataMessage,
  metadataPieceCount,
  metadataPieceLength,
  type MetadataMessage,
} from './extension/metadata.ts'
export {
  decodePexMessage,
  encodePexMessage,
  pexFlagNames,
  type PexFlag,
  type PexIssue,
  type PexMessage,
  type PexPeer,
  type PexPeers,
  type PexKey,
} from './extension/pex.ts'
export { EXTENSION_CODECS, defineExtension, type ExtensionCodec } from './extension/codecs.ts'
export {
  ExtensionRegistry,
  decodeExtensionMessage,
  type ExtensionMessage,
  type AnyCodec,
  type MessageOf,
  type NamedMessage,
} from './extension/registry.ts'

// Targets: info hashes, magnet links, torrents
export {
  INFO_HASH_LENGTH,
  INFO_HASH_V2_LENGTH,
  handshakeHash,
  parseInfoHash,
  type InfoHashes,
} from './torrent/info-hash.ts'
export { parseMagnet, parseTarget, type MagnetLink, type MagnetPeer } from './torrent/magnet.ts'
export {
  decodeInfo,
  decodeMetainfo,
  type HashFunctions,
  type Metainfo,
  type TorrentVersion,
} from './torrent/metainfo.ts'
export { type TorrentNote, type TorrentNoteId } from './torrent/notes.ts'
export { type TorrentFile } from './torrent/listed-file.ts'
export { PIECE_HASH_LENGTH } from './torrent/metainfo-v1.ts'
export { type PieceLayers } from './torrent/metainfo-v2.ts'
export {
  MERKLE_HASH_LENGTH,
  hashBlock,
  hashBlocks,
  merkleHeight,
  merkleRoot,
  padHash,
  uncleCount,
  verifyProof,
  type MerkleCheck,
  type MerkleProof,
  type Sha256,
} from './torrent/merkle.ts'
export {
  blockAt,
  blockCountAt,
  fileAt,
  merklePieceHash,
  pieceHash,
  pieceLengthAt,
  type BlockPlace,
  type PieceSpace,
} from './torrent/piece-layout.ts'

// Below the stream: message stream encryption, uTP
export {
  MSE_GENERATOR,
  MSE_PRIME,
  PRIVATE_KEY_LENGTH,
  PUBLIC_KEY_LENGTH,
  VERIFICATION_CONSTANT_LENGTH,
  bigintDiffieHellman,
  createMseCipher,
  decodeCryptoMethods,
  deriveKeys,
  encodeCryptoMethods,
  indexTorrents,
  isAcceptablePublicKey,
  maskTorrentHash,
  padPublicKey,
  secretHash,
  torrentHash,
  type CryptoMethod,
  type DiffieHellman,
  type FindTorrent,
  type MseKeys,
} from './mse/keys.ts'
export { RC4_DISCARD_LENGTH, Rc4 } from './mse/rc4.ts'
export {
  UTP_HEADER_LENGTH,
  decodeUtpPacket,
  encodeUtpPacket,
  writeUtpHeader,
  type UtpHeader,
  type UtpPacket,
  type UtpPacketResult,
  type UtpPacketType,
} from './utp/packet.ts'
export { MAX_SELECTIVE_ACK_LENGTH, decodeSelectiveAck, encodeSelectiveAck } from './utp/selective-ack.ts'
export { addSequence, isSequenceBefore, sequenceDistance } from './utp/sequence.ts'
export { utpCloseReasonName } from './utp/close-reason.ts'

// Captures: pcap and pcapng files, and the headers of their packets
export { CaptureReader, beginsCapture } from './capture/reader.ts'
export { type CapturedPacket, type PacketSink } from './capture/packet.ts'
export {
  encodeEnhancedPacket,
  encodeInterfaceDescription,
  encodeSectionHeader,
  type EnhancedPacket,
  type InterfaceDescription,
  type SectionHeader,
} from './capture/pcapng-writer.ts'
export { linkLayer, linkTypeName, type LinkLayer } from './network/link-layer.ts'
export { decodeIpPacket, type IpFragment, type IpHeader, type IpPacket } from './network/ip.ts'
export type { EthernetHeader } from './network/ethernet.ts'
export { IpReassembler } from './network/fragments.ts'
export { TCP_FLAG, decodeTcpSegment, type TcpHeader, type TcpSegment } from './network/tcp-segment.ts'
export { decodeUdpDatagram, type UdpDatagram, type UdpHeader } from './network/udp-datagram.ts'
export { encodeTcpFrame, encodeUdpFrame, type FrameAddresses } from './network/frame.ts'

export {
  FileLayout,
  fetchedLengthAt,
  type FilePart,
  type LaidOutFile,
  type LaidOutLink,
} from './torrent/file-layout.ts'
export type { Phase } from '../base/phase.ts'
export type { FrameLimit } from './message/length-prefix.ts'
export type { NameRules } from './torrent/name-rules.ts'
