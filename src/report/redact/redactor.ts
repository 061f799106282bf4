import type { Schema } from '../../base/schema/schema.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { REDACTED } from '../../trace/redacted.ts'
import type { Envelope } from '../model/envelope.ts'
import { COMMON_WORDS, wordsOf } from './common-words.ts'
import { DocumentRedactor } from './document.ts'
import { EventRedactor } from './event.ts'
import { TraceRedactor } from './trace.ts'
import { KnownText } from './known-text.ts'
import { MessageRedactor } from './messages.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { redactSentence } from './sentence.ts'
import { ConnectionRedactor } from './stream.ts'

/**
 * Replaces addresses, hosts, hashes, peer ids and names in everything that one run writes, by the same pseudonyms. What is
 * typed is replaced by what it is. In texts, everything is replaced that was typed somewhere before.
 */
export class Redactor {
  /** The pseudonyms of single things; what gets one is replaced in texts from then on. */
  readonly pseudonyms: Pseudonyms
  readonly #known: KnownText
  readonly #messages: MessageRedactor
  readonly #events: TraceRedactor
  readonly #documents: DocumentRedactor

  /**
   * @param key random bytes, new for each run
   * @param schemas of documents, whose words are not taken for names
   */
  constructor(key: Uint8Array, schemas: readonly Schema[]) {
    this.#known = new KnownText(new Set([...COMMON_WORDS, ...schemas.flatMap(wordsOf)]))
    this.pseudonyms = new Pseudonyms(key, this.#known)
    const text = (original: string) => this.text(original)
    const sentence = (original: string) => this.sentence(original)
    this.#messages = new MessageRedactor(this.pseudonyms, this.#known)
    this.#events = this.trace()
    this.#documents = new DocumentRedactor(this.pseudonyms, text, sentence)
  }

  text(original: string): string {
    return this.#known.replace(original)
  }

  /** A text that may name what nothing else in the run names. */
  sentence(original: string): string {
    return redactSentence(original, this.pseudonyms, this.#known)
  }

  /** @returns the events that take the place of this one in the trace of a session */
  events(event: TraceEvent): readonly TraceEvent[] {
    return this.#events.events(event)
  }

  /** For a trace from its begin on, besides that of `events`. */
  trace(): TraceRedactor {
    const sentence = (original: string) => this.sentence(original)
    return new TraceRedactor(() => new EventRedactor(this.pseudonyms, this.#messages, sentence))
  }

  document<Document>(schema: Schema<Document>, document: Document): Document {
    return this.#documents.redact(schema, document)
  }

  /** A report, which then says that it is redacted. */
  report<Report extends Envelope<string>>(schema: Schema<Report & object>, report: Report): Report {
    return { ...this.#documents.redact<Report>(schema, report), redacted: REDACTED }
  }

  /** For the bytes of one connection. */
  connection(): ConnectionRedactor {
    return new ConnectionRedactor(this.#messages)
  }
}
