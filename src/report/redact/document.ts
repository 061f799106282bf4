import { fromHex, isHex, toHex } from '../../base/bytes.ts'
import { schemaViolation } from '../../base/schema/check.ts'
import type { ByteText, JsonValue } from '../../base/schema/json-value.ts'
import type { Schema } from '../../base/schema/schema.ts'
import { decodePeerId, PEER_ID_LENGTH } from '../../wire/peer-id/peer-id.ts'
import { redactDictionary, redactName } from './byte-text.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** What the members of documents are, by their key. All other texts are searched for what is known. */
const PLACES = keys(
  'address',
  'host',
  'input',
  'remote',
  'local',
  'source',
  'yourIp',
  'initiator',
  'responder',
  'ipv4',
  'ipv6',
)
const HASHES = keys('infoHash', 'infoHashV1', 'infoHashV2', 'piecesRoot', 'sha1', 'hashes')
const PATHS = keys('path', 'target', 'output')
/** Texts of ours, with what a peer or a path is called. */
const SENTENCES = keys(
  'message',
  'hint',
  'verdict',
  'detail',
  'reason',
  'text',
  'title',
  'advice',
  'evidence',
  'issue',
  'verifiedDetail',
)
/** What is neither text nor a name: bits, times, and words whose set is not closed. */
const KEPT = keys(
  'bitfield',
  'ranges',
  'reserved',
  'bits',
  'startedAt',
  'version',
  'id',
  'features',
  'closeReason',
)

/** Replaces the members of a document by their key and schema, so that the result still has its schema. */
export class DocumentRedactor {
  readonly #names: Pseudonyms
  readonly #text: (text: string) => string
  readonly #sentence: (text: string) => string
  #isLearning = false

  /**
   * @param text replaces what is known in a text
   * @param sentence replaces what a sentence names, known or not
   */
  constructor(names: Pseudonyms, text: (text: string) => string, sentence: (text: string) => string) {
    this.#names = names
    this.#text = text
    this.#sentence = sentence
  }

  redact<Document>(schema: Schema<Document>, document: Document): Document {
    // sentences can mention what comes later in the document, and what a hash in them is depends on that
    this.#isLearning = true
    this.#value(schema, document, '')
    this.#isLearning = false
    return this.#value(schema, document, '') as Document
  }

  #value(schema: Schema, value: unknown, key: string): unknown {
    if (KEPT.has(key)) return value
    if (typeof value === 'string') return isClosed(schema) ? value : this.#string(key, value)
    if (Array.isArray(value)) {
      const { items = {} } = resolved(schema, value)
      return value.map((item) => this.#value(items, item, key))
    }
    if (typeof value !== 'object' || value === null) return value
    if (key === 'raw') return redactDictionary(value as JsonValue, this.#names, this.#text)
    if (key === 'peerId') return this.#peerId(value as { readonly hex: string })
    if (key === 'name') return redactName(value as ByteText, this.#names)
    const { properties = {}, additionalProperties = {} } = resolved(schema, value)
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, unknown]) => {
        const known = Object.hasOwn(properties, name) ? properties[name] : undefined
        const kind = name === 'name' ? kindOfName(key) : name
        return [name, this.#value(known ?? additionalProperties, member, kind)]
      }),
    )
  }

  #string(key: string, value: string): string {
    if (PLACES.has(key)) return this.#names.place(value)
    if (HASHES.has(key) && value !== '' && isHex(value)) return this.#names.hexHash(value)
    if (PATHS.has(key)) return this.#names.path(value)
    if (key === 'peerId') return toHex(this.#names.peerId(fromHex(value)))
    if (key === 'name' || key === 'label') return this.#names.name(value)
    if (this.#isLearning) return value
    return SENTENCES.has(key) ? this.#sentence(value) : this.#text(value)
  }

  #peerId({ hex, ...rest }: { readonly hex: string }): object {
    const bytes = fromHex(hex)
    if (bytes.length !== PEER_ID_LENGTH) return { hex, ...rest }
    return { ...rest, ...decodePeerId(this.#names.peerId(bytes)) }
  }
}

/** What a `name` is, by the key that it is below: an input is a file, and what clients call themselves stays. */
function kindOfName(key: string): string {
  return key === 'input' ? 'path' : key === 'clients' ? 'client' : 'name'
}

/** Whether a text is one of a closed set of words. */
function isClosed({ const: only, enum: words, anyOf }: Schema): boolean {
  return only !== undefined || words !== undefined || anyOf?.some(isClosed) === true
}

/** Of several schemas the one that the value has. */
function resolved(schema: Schema, value: unknown): Schema {
  const found = schema.anyOf?.find((one) => schemaViolation(one, value) === undefined)
  return found === undefined ? schema : resolved(found, value)
}

function keys(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names)
}
