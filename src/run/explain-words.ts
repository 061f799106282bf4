import {
  BEP_TITLES,
  OUTCOME_EXPLANATIONS,
  PHASE_EXPLANATIONS,
  WORD_EXPLANATIONS,
} from '../report/explain/explain-words.ts'
import { EXTENSION_KEYS } from '../report/explain/extension-keys.ts'
import type { TopicReport } from '../report/model/explain.ts'
import { FAULTS } from '../session/faults/table.ts'
import { EXTENSION_NAMES, extensionMeaning, extensionReference } from '../wire/extension/codecs.ts'
import { AZUREUS_CLIENTS, SHADOW_CLIENTS } from '../wire/peer-id/clients.ts'
import { PREFIX_CLIENTS } from '../wire/peer-id/prefix-clients.ts'
import { UTP_CLOSE_REASONS } from '../wire/utp/close-reason.ts'

/** Every word of a report that is not a code: one topic each. */
export function wordTopics(): readonly TopicReport[] {
  return [
    ...Object.entries(PHASE_EXPLANATIONS).map(([id, text]) =>
      topic('phase', id, 'a phase of a session', text),
    ),
    ...Object.entries(OUTCOME_EXPLANATIONS).map(([id, text]) =>
      topic('outcome', id, 'the outcome of a connection attempt', text),
    ),
    ...Object.entries(WORD_EXPLANATIONS).map(([id, text]) => topic('word', id, text, text)),
    ...EXTENSION_NAMES.map(extensionTopic),
    ...Array.from(EXTENSION_KEYS, ([id, meaning]) =>
      topic('extension-key', id, meaning, `A key of the extension handshake: ${meaning}.`, 'BEP 10'),
    ),
    ...FAULTS.map(({ name, description, argument }) => {
      const number =
        argument === undefined
          ? ''
          : ` Its number counts ${argument.unit}; the default is ${argument.default}.`
      return topic('fault', name, description, `A fault of serve: ${description}.${number}`)
    }),
    ...UTP_CLOSE_REASONS.map(([code, name]) =>
      topic(
        'close-reason',
        name,
        `reason ${code} for closing a uTP connection`,
        'Clients with libtorrent send it in the last packets of a uTP connection.',
      ),
    ),
    ...Object.entries(BEP_TITLES).map(([number, title]) =>
      topic(
        'bep',
        `BEP-${number}`,
        title,
        `https://www.bittorrent.org/beps/bep_${number.padStart(4, '0')}.html`,
      ),
    ),
  ]
}

/** The client of that name, with the beginnings of its peer ids. */
export function clientTopics(name: string): readonly TopicReport[] {
  const lower = name.toLowerCase()
  const isNamed = (client: string): boolean => client.toLowerCase() === lower
  const codes = Array.from(AZUREUS_CLIENTS).filter(([, { client }]) => isNamed(client))
  const shadow = Array.from(SHADOW_CLIENTS).filter(([, client]) => isNamed(client))
  const prefix = PREFIX_CLIENTS.find(({ client }) => isNamed(client))
  const client = codes[0]?.[1].client ?? shadow[0]?.[1] ?? prefix?.client
  if (client === undefined) return []
  const starts = [...codes.map(([code]) => `-${code}`), ...shadow.map(([code]) => code)]
  const ids =
    starts.length === 0
      ? 'Its peer ids begin in a way of their own.'
      : `Its peer ids begin with ${starts.join(' or ')}.`
  return [topic('client', client, 'a client', `${ids} Any client can send the id of another.`, 'BEP 20')]
}

/** The names of all clients that peer ids can tell. */
export function clientNames(): readonly string[] {
  const names = [
    ...Array.from(AZUREUS_CLIENTS.values(), ({ client }) => client),
    ...SHADOW_CLIENTS.values(),
    ...PREFIX_CLIENTS.map(({ client }) => client),
  ]
  return [...new Set(names)]
}

function extensionTopic(name: string): TopicReport {
  const meaning = extensionMeaning(name) ?? ''
  const text = `An extension of BEP 10: ${meaning}. A peer that sends its messages announces their id in the extension handshake, as m.${name}.`
  return topic('extension', name, meaning, text, extensionReference(name) ?? null)
}

function topic(
  kind: TopicReport['kind'],
  id: string,
  title: string,
  text: string,
  reference: string | null = null,
): TopicReport {
  return { kind, id, title, text, reference }
}
