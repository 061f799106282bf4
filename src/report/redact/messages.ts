import { readUint32, toByteString } from '../../base/bytes.ts'
import { IPV4_LENGTH, IPV6_LENGTH } from '../../wire/address.ts'
import { decodeExtensionHandshake, EXTENSION_HANDSHAKE_ID } from '../../wire/extension/handshake.ts'
import { HANDSHAKE_HEAD_LENGTH, HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import { HASH_LENGTH, HASH_REQUEST_LENGTH } from '../../wire/message/hash-request.ts'
import { MessageId } from '../../wire/message/id.ts'
import { PREFIX_LENGTH } from '../../wire/message/length-prefix.ts'
import { PIECE_HEAD_LENGTH } from '../../wire/message/message.ts'
import { redactStrings } from './bencode.ts'
import type { KnownText } from './known-text.ts'
import { maskText } from './mask.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** Where the info hash begins in a handshake. */
const INFO_HASH_AT = 28

/** Messages whose payload names nobody. */
const HARMLESS: ReadonlySet<number> = new Set([
  MessageId.choke,
  MessageId.unchoke,
  MessageId.interested,
  MessageId['not-interested'],
  MessageId.have,
  MessageId.bitfield,
  MessageId.request,
  MessageId.cancel,
  MessageId.port,
  MessageId.suggest,
  MessageId['have-all'],
  MessageId['have-none'],
  MessageId.reject,
  MessageId['allowed-fast'],
])

/** Extensions whose messages are a number. */
const NUMBERS: ReadonlySet<string> = new Set(['lt_donthave', 'upload_only', 'share_mode'])

/** Replaces what peers send in place: lengths, framing, numbers and flags stay. */
export class MessageRedactor {
  readonly #names: Pseudonyms
  readonly #known: KnownText

  constructor(names: Pseudonyms, known: KnownText) {
    this.#names = names
    this.#known = known
  }

  /** A handshake, of which the end may be missing; what is left of a hash or an id is then cleared. */
  handshake(bytes: Uint8Array): void {
    const hash = bytes.subarray(INFO_HASH_AT, HANDSHAKE_HEAD_LENGTH)
    const id = bytes.subarray(HANDSHAKE_HEAD_LENGTH, HANDSHAKE_LENGTH)
    if (bytes.length >= HANDSHAKE_HEAD_LENGTH) hash.set(this.#names.hash(hash))
    else hash.fill(0)
    if (bytes.length >= HANDSHAKE_LENGTH) id.set(this.#names.peerId(id))
    else id.fill(0)
  }

  /**
   * A message with its length prefix, of which the end may be missing.
   * @param extensionOf the name of an id that the receiver announced
   * @returns the ids that an extension handshake announces
   */
  message(
    bytes: Uint8Array,
    extensionOf: (id: number) => string | undefined,
  ): ReadonlyMap<string, number> | undefined {
    const id = bytes[PREFIX_LENGTH]
    const payload = bytes.subarray(PREFIX_LENGTH + 1)
    if (id === undefined || HARMLESS.has(id)) return undefined
    switch (id) {
      case MessageId.piece:
        bytes.subarray(PIECE_HEAD_LENGTH).fill(0)
        return undefined
      case MessageId['hash-request']:
      case MessageId['hash-reject']:
      case MessageId.hashes:
        this.#hashes(payload)
        return undefined
      case MessageId.extended:
        return this.#extended(payload, extensionOf)
      default:
        payload.fill(0)
        return undefined
    }
  }

  /** The dictionary of an extension handshake. */
  extensionHandshake(dictionary: Uint8Array): void {
    const end = redactStrings(dictionary, (key, value) => {
      if (key === 'yourip' || key === 'ipv4' || key === 'ipv6') this.#address(value)
      else if (key === 'v') this.#client(value)
      else maskText(value)
    })
    maskText(dictionary.subarray(end))
  }

  #extended(
    payload: Uint8Array,
    extensionOf: (id: number) => string | undefined,
  ): ReadonlyMap<string, number> | undefined {
    const [id] = payload
    const content = payload.subarray(1)
    if (id === EXTENSION_HANDSHAKE_ID) {
      const read = decodeExtensionHandshake(content)
      const ids = read.ok ? new Map(read.value.extensions) : undefined
      this.extensionHandshake(content)
      return ids
    }
    const name = id === undefined ? undefined : extensionOf(id)
    if (name === 'ut_metadata') this.#metadata(content)
    else if (name === 'ut_pex') this.#peers(content)
    else if (name === 'ut_holepunch') this.#holepunch(content)
    else if (name === undefined || !NUMBERS.has(name)) content.fill(0)
    return undefined
  }

  /** The dictionary stays, and the metadata after it does not. */
  #metadata(content: Uint8Array): void {
    content.subarray(redactStrings(content, (_, value) => maskText(value))).fill(0)
  }

  #peers(content: Uint8Array): void {
    const end = redactStrings(content, (key, value, depth) => {
      if (key === 'added' || key === 'dropped') this.#compact(value, IPV4_LENGTH)
      else if (key === 'added6' || key === 'dropped6') this.#compact(value, IPV6_LENGTH)
      else if (depth !== 1 || !key.endsWith('.f')) maskText(value)
    })
    content.subarray(end).fill(0)
  }

  /** A list of addresses with ports. */
  #compact(list: Uint8Array, addressLength: number): void {
    let at = 0
    for (; at + addressLength + 2 <= list.length; at += addressLength + 2)
      this.#address(list.subarray(at, at + addressLength))
    list.subarray(at).fill(0)
  }

  #holepunch(content: Uint8Array): void {
    const length = content[1] === 0 ? IPV4_LENGTH : IPV6_LENGTH
    if (content.length >= 2 + length) this.#address(content.subarray(2, 2 + length))
    else content.subarray(2).fill(0)
  }

  #address(bytes: Uint8Array): void {
    if (bytes.length === IPV4_LENGTH || bytes.length === IPV6_LENGTH) bytes.set(this.#names.address(bytes))
    else maskText(bytes)
  }

  /** The name of a client stays, unless it contains something else that is known. */
  #client(bytes: Uint8Array): void {
    const text = toByteString(bytes)
    if (this.#known.replace(text) !== text) maskText(bytes)
  }

  #hashes(payload: Uint8Array): void {
    for (const at of hashesOf(payload)) {
      const hash = payload.subarray(at, at + HASH_LENGTH)
      if (hash.length === HASH_LENGTH) hash.set(this.#names.derivedHash(hash))
      else hash.fill(0)
    }
  }
}

/** Where the hashes are in a message of BEP 52: the pieces root, and those after the four numbers. */
function* hashesOf(payload: Uint8Array): Generator<number> {
  if (payload.length > 0) yield 0
  for (let at = HASH_REQUEST_LENGTH; at < payload.length; at += HASH_LENGTH) yield at
}

/** Length of a message with its prefix, from its first four bytes. */
export function frameLength(bytes: Uint8Array): number {
  return PREFIX_LENGTH + readUint32(bytes, 0)
}
