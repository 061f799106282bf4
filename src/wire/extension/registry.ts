import type { Malformed } from '../decode-result.ts'
import { EXTENSION_CODECS, type ExtensionCodec } from './codecs.ts'
import { decodeExtensionHandshake, EXTENSION_HANDSHAKE_ID, type ExtensionHandshake } from './handshake.ts'

/** A decoded *extended* message; `name` determines the type of `message`. */
export type ExtensionMessage<Codec = (typeof EXTENSION_CODECS)[number]> =
  | { readonly kind: 'handshake'; readonly handshake: ExtensionHandshake }
  | NamedMessage<Codec>
  | { readonly kind: 'malformed'; readonly name: string; readonly reason: string; readonly offset: number }
  /** The id does not belong to any codec of the registry. */
  | { readonly kind: 'unknown'; readonly localId: number }

/** What a codec decodes, with the name of its extension. */
export type NamedMessage<Codec> = Codec extends {
  readonly name: infer Name
  readonly decode: (payload: Uint8Array) => infer Result
}
  ? { readonly kind: 'message'; readonly name: Name; readonly message: MessageOf<Result> }
  : never
/** The value of a decode result that is not malformed. */
export type MessageOf<Result> =
  Exclude<Result, Malformed> extends { readonly value: infer Value } ? Value : never

/** The name under which a malformed handshake is reported. */
const HANDSHAKE_NAME = 'handshake'

/** A set of extensions with distinct names and ids. */
export class ExtensionRegistry<Codec extends AnyCodec = (typeof EXTENSION_CODECS)[number]> {
  readonly #byId = new Map<number, Codec>()
  readonly #idByName = new Map<string, number>()

  /** @throws RangeError for an id outside 1 to 255, or a duplicate name or id */
  constructor(codecs: readonly Codec[]) {
    for (const codec of codecs) {
      const { name, localId } = codec
      if (!Number.isInteger(localId) || localId < 1 || localId > 255) {
        throw new RangeError(`extension id ${localId} of ${name}`)
      }
      if (this.#byId.has(localId)) throw new RangeError(`two extensions with id ${localId}`)
      if (this.#idByName.has(name)) throw new RangeError(`two extensions named ${name}`)
      this.#byId.set(localId, codec)
      this.#idByName.set(name, localId)
    }
  }

  /** Names and ids: the `extensions` of our own extension handshake. */
  get localIds(): ReadonlyMap<string, number> {
    return this.#idByName
  }

  /** Decodes the payload of an *extended* message that we received: its sub-id is one of ours. */
  decode(localId: number, payload: Uint8Array): ExtensionMessage<Codec> {
    if (localId === EXTENSION_HANDSHAKE_ID) {
      const result = decodeExtensionHandshake(payload)
      return result.ok
        ? { kind: 'handshake', handshake: result.value }
        : reportMalformed(HANDSHAKE_NAME, result)
    }
    const codec = this.#byId.get(localId)
    if (codec === undefined) return { kind: 'unknown', localId }
    const result = codec.decode(payload)
    if (!result.ok) return reportMalformed(codec.name, result)
    // the map returns one codec of the union, and its name matches its value
    return { kind: 'message', name: codec.name, message: result.value } as NamedMessage<Codec>
  }

  /** Like `decode`, by name: for a recorded conversation, where the ids are those of its two ends. */
  decodeNamed(name: string, payload: Uint8Array): ExtensionMessage<Codec> | undefined {
    const localId = this.#idByName.get(name)
    return localId === undefined ? undefined : this.decode(localId, payload)
  }
}

/** A codec whose message type does not matter: `never` is what every `encode` accepts. */
export type AnyCodec = Omit<ExtensionCodec, 'encode'> & { readonly encode: (message: never) => Uint8Array }

const DEFAULT_REGISTRY = new ExtensionRegistry<(typeof EXTENSION_CODECS)[number]>(EXTENSION_CODECS)

/** Decodes an *extended* message with one of peerwire's own ids; 0 is the handshake. */
export function decodeExtensionMessage(localId: number, payload: Uint8Array): ExtensionMessage {
  return DEFAULT_REGISTRY.decode(localId, payload)
}

function reportMalformed(
  name: string,
  { reason, offset }: Malformed,
): { readonly kind: 'malformed'; readonly name: string; readonly reason: string; readonly offset: number } {
  return { kind: 'malformed', name, reason, offset }
}
