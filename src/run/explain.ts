import { fromHex, fromByteString } from '../base/bytes.ts'
import { ERROR_CODES, PeerError, type ErrorCode } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { type CauseCode, CAUSES } from '../diagnose/cause/causes.ts'
import { FINDINGS } from '../diagnose/findings.ts'
import { closestWords } from '../report/explain/closest.ts'
import { ERROR_EXPLANATIONS } from '../report/explain/error-explanations.ts'
import { EXIT_CODES } from '../report/exit-code.ts'
import { judged } from '../report/judge.ts'
import type { ExplainReport, TopicReport } from '../report/model/explain.ts'
import { describeMessageId, MessageId } from '../wire/message/id.ts'
import { AZUREUS_CLIENTS } from '../wire/peer-id/clients.ts'
import { decodePeerId, describePeerId, PEER_ID_LENGTH } from '../wire/peer-id/peer-id.ts'
import {
  decodeFeatures,
  isNamedFeature,
  masksOf,
  RESERVED_BITS,
  type NamedFeature,
} from '../wire/handshake/reserved-bits.ts'
import { TORRENT_NOTES, type TorrentNoteId } from '../wire/torrent/notes.ts'
import { clientNames, clientTopics, wordTopics } from './explain-words.ts'
import { startTime } from './start-time.ts'
import { MESSAGE_EXPLANATIONS, type MessageName } from '../report/explain/explain-messages.ts'

/**
 * Explains a code: an exit code, an error code, a cause, a finding id, a message id or name, a reserved bit, a peer id, or any
 * other word of a report. A word can be several of these; the result then has all of them. Without a code, it lists everything.
 * @param date the time of day; by default that of this machine
 * @throws PeerError E_USAGE for an unknown code; its hint names the nearest known ones
 */
export function explain(code: string | undefined, date?: () => Date): ExplainReport {
  const topics = code === undefined ? allTopics() : topicsOf(code.trim())
  if (topics.length > 0) {
    return judged<ExplainReport>(
      { schema: 'peerwire.explain/1', version: VERSION, ok: true, exitCode: 0, error: null, topics },
      startTime({ date }),
    )
  }
  // of an empty word, the shortest names would be the nearest
  const nearest = code?.trim() ? nearestNames(code) : []
  throw new PeerError('E_USAGE', `nothing is known of "${(code ?? '').slice(0, 60)}"`, {
    hint:
      nearest.length === 0
        ? 'use peerwire explain to list everything'
        : `did you mean ${nearest.join(', ')}?`,
  })
}

/** The names that begin or end like a word, or else those with the fewest other letters. */
function nearestNames(word: string): readonly string[] {
  const names = [...new Set([...allTopics().map(({ id }) => id), ...clientNames()])]
  // the first letters of an error code say nothing
  const lower = word.toLowerCase().replace(/^e_/, '')
  const longer = names.filter((name) => lower.length >= 4 && name.toLowerCase().includes(lower))
  return longer.length > 0 ? longer : closestWords(word, names)
}

function allTopics(): readonly TopicReport[] {
  return [
    ...Object.keys(EXIT_CODES).map(exitCodeTopic),
    ...(Object.keys(ERROR_CODES) as ErrorCode[]).map(errorTopic),
    ...(Object.keys(CAUSES) as CauseCode[]).map(causeTopic),
    ...Object.keys(FINDINGS).map(findingTopic),
    ...(Object.keys(TORRENT_NOTES) as TorrentNoteId[]).map(torrentNoteTopic),
    ...(Object.keys(MessageId) as MessageName[]).map(messageTopic),
    ...(Object.keys(RESERVED_BITS) as NamedFeature[]).map(reservedBitTopic),
    ...wordTopics(),
    ...Array.from(AZUREUS_CLIENTS.keys(), clientTopic),
  ].filter((topic) => topic !== undefined)
}

function topicsOf(text: string): readonly TopicReport[] {
  // message ids are often written in hex
  const code = /^0x[0-9a-f]{2}$/i.test(text) ? String(Number(text)) : text
  // extensions are printed as m.NAME, and BEPs as BEP N
  const lower = code
    .toLowerCase()
    .replace(/^m\./, '')
    .replace(/^bep[ -]?0*(?=\d)/, 'bep-')
  const named = allTopics().filter(({ id, kind }) => kind !== 'peer-id' && id.toLowerCase() === lower)
  const bits = bitTopics(lower)
  const numbered = /^\d{1,3}$/.test(code) ? [messageOfId(Number(code))] : []
  const peerId = peerIdTopic(code)
  const clients = clientTopics(code)
  return [...named, ...numbered, ...bits, ...clients, peerId].filter((topic) => topic !== undefined)
}

function exitCodeTopic(code: string): TopicReport | undefined {
  const text = Object.entries(EXIT_CODES).find(([known]) => known === code)?.[1]
  if (text === undefined) return undefined
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter(
    (error) => String(ERROR_CODES[error].exitCode) === code,
  )
  const errors = codes.length === 0 ? '' : ` Error codes: ${codes.join(', ')}.`
  return {
    kind: 'exit-code',
    id: code,
    title: `exit code ${code}`,
    text: `${text}${errors}`,
    reference: null,
  }
}

function errorTopic(code: ErrorCode): TopicReport {
  const { exitCode, summary } = ERROR_CODES[code]
  const text = `${ERROR_EXPLANATIONS[code]} Exit code ${exitCode}.`
  return { kind: 'error', id: code, title: summary, text, reference: null }
}

function causeTopic(code: CauseCode): TopicReport {
  const { text, advice, explanation } = CAUSES[code]
  return {
    kind: 'cause',
    id: code,
    title: text,
    text: `${explanation} Try: ${advice}`,
    reference: null,
  }
}

function findingTopic(id: string): TopicReport | undefined {
  const finding = Object.entries(FINDINGS).find(([known]) => known === id)?.[1]
  if (finding === undefined) return undefined
  const { severity, title, explanation, reference } = finding
  return { kind: 'finding', id, title, text: `${explanation} Severity: ${severity}.`, reference }
}

function torrentNoteTopic(id: TorrentNoteId): TopicReport {
  const title = TORRENT_NOTES[id]
  const text =
    'Real clients read such a torrent or magnet link, and so does peerwire. The note is not about the peer, and changes no exit code.'
  return { kind: 'torrent-note', id, title, text, reference: null }
}

function messageTopic(name: MessageName): TopicReport {
  const id = MessageId[name]
  const { reference = null } = describeMessageId(id) ?? {}
  const text = MESSAGE_EXPLANATIONS[name]
  return { kind: 'message', id: name, title: `message ${id}`, text, reference }
}

function messageOfId(id: number): TopicReport | undefined {
  const { name } = describeMessageId(id) ?? {}
  return name === undefined ? undefined : messageTopic(name)
}

function reservedBitTopic(name: NamedFeature): TopicReport {
  const { meaning, reference } = RESERVED_BITS[name]
  const masks = masksOf(name).map(
    ([byte, mask]) => `byte ${byte}, mask 0x${mask.toString(16).padStart(2, '0')}`,
  )
  return {
    kind: 'reserved-bit',
    id: name,
    title: `reserved ${masks.join('; ')}`,
    text: `${meaning}.`,
    reference,
  }
}

function unnamedBitTopic(id: `bit-${number}`): TopicReport {
  const bit = Number(id.slice('bit-'.length))
  const mask = (1 << (bit & 7)).toString(16).padStart(2, '0')
  return {
    kind: 'reserved-bit',
    id,
    title: `reserved byte ${7 - (bit >> 3)}, mask 0x${mask}`,
    text: 'No BEP and no known client gives this bit a meaning.',
    reference: null,
  }
}

/** `bit-20`, counted from the right as in BEP 10, or the eight bytes in hex. */
function bitTopics(code: string): readonly TopicReport[] {
  const [, digits] = /^bit-(\d{1,2})$/.exec(code) ?? []
  if (digits !== undefined && Number(digits) > 63) return []
  if (digits === undefined && !/^[0-9a-f]{16}$/.test(code)) return []
  const hex = digits === undefined ? code : (1n << BigInt(digits)).toString(16).padStart(16, '0')
  return decodeFeatures(fromHex(hex)).map((feature) =>
    isNamedFeature(feature) ? reservedBitTopic(feature) : unnamedBitTopic(feature),
  )
}

function clientTopic(code: string): TopicReport {
  const { client = 'unknown' } = AZUREUS_CLIENTS.get(code) ?? {}
  return {
    kind: 'peer-id',
    id: `-${code}-`,
    title: client,
    text: `Peer ids of ${client} begin with -${code}.`,
    reference: 'BEP 20',
  }
}

/** A whole peer id in hex or as text, or a prefix, which is padded. */
function peerIdTopic(code: string): TopicReport | undefined {
  const bytes = peerIdBytes(code)
  if (bytes === undefined) return undefined
  const peerId = decodePeerId(bytes)
  const { text, style, client } = peerId
  const isWhole = /^(?:[0-9a-f]{40}|-[!-~]{2}[0-9A-Za-z]{4}-.*)$/i.test(code)
  if (client === null && !isWhole) return undefined
  const how = style === 'unknown' ? 'It follows no known convention.' : `It is written in the ${style} style.`
  return {
    kind: 'peer-id',
    id: text,
    title: describePeerId(peerId),
    text: `${how} Nobody vouches for it: any client can send the id of another.`,
    reference: 'BEP 20',
  }
}

function peerIdBytes(code: string): Uint8Array | undefined {
  if (/^[0-9a-f]{40}$/i.test(code)) return fromHex(code)
  const short = /^-([!-~]{2})-?$/.exec(code)?.[1]
  const start = short !== undefined && AZUREUS_CLIENTS.has(short) ? `-${short}0000-` : code
  if (start.length < 4 || start.length > PEER_ID_LENGTH || /[^ -~]/.test(start)) return undefined
  return fromByteString(start.padEnd(PEER_ID_LENGTH, '0'))
}
