import { FLOOD_BURST, FLOOD_RATE } from '../../base/limits.ts'
import type { TraceError } from '../../trace/event.ts'
import { describeMessageId } from '../../wire/message/id.ts'
import type { MessageType } from '../../wire/message/message.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, type Observation, onReceived } from '../rule.ts'

/** Whether each message can be read and was agreed upon, and how many there are. */
export const messages = defineTheme({
  findings: {
    'stream-broken': {
      severity: 'error',
      title: 'The stream of the peer cannot be cut into messages',
      reference: 'BEP 3',
      explanation:
        'A length prefix is larger than any message may be. What follows cannot be read, so the session ends there.',
    },
    'message-malformed': {
      severity: 'error',
      title: 'A message does not have the layout of its id',
      reference: 'BEP 3',
      explanation:
        'The payload is too short or too long for the message. Most clients close the connection on it.',
    },
    'message-unknown': {
      isNote: true,
      severity: 'warning',
      title: 'A message has an id that no BEP defines',
      reference: 'BEP 3',
      explanation:
        'Nothing negotiated such a message. Most clients close the connection on an id that they do not know.',
    },
    'keep-alive-flood': {
      severity: 'warning',
      title: 'Keep-alives come far too often',
      reference: 'BEP 3',
      explanation:
        'A keep-alive is due once in about two minutes of silence. Clients such as aria2 take several in a few seconds for an attack and close.',
    },
    'message-flood': {
      severity: 'warning',
      title: 'The peer sends far more messages than a download needs',
      reference: 'BEP 3',
      explanation:
        'Besides blocks and announcements of pieces a connection carries a few messages a second. More than 4096 at once and 64 a second afterwards serve no purpose. They are answered only while the peer reads the answers; otherwise nothing more is read from it.',
    },
    'port-not-negotiated': {
      isNote: true,
      severity: 'warning',
      title: 'A DHT port came, and the DHT bit was not set on both sides',
      reference: 'BEP 5',
      explanation:
        'The port message is for peers whose handshake sets the DHT bit. Clients that do not know it close the connection (rqbit).',
    },
  },
  both: [layout, keepAlives, port],
  probe: [broken, flood],
  serve: [brokenClient],
})

function layout(): Fold<'message-malformed' | 'message-unknown'> {
  return onReceived(['malformed', 'unknown'], function* ({ message, offset }) {
    if (message.type === 'malformed') {
      const reference = describeMessageId(message.id)?.reference ?? 'BEP 3'
      yield { id: 'message-malformed', detail: message.reason, offset, reference }
    }
    if (message.type === 'unknown')
      yield { id: 'message-unknown', detail: `id ${message.id} with ${message.length} bytes`, offset }
  })
}

function broken(): Fold<'stream-broken'> {
  return {
    *step(event) {
      if (event.type === 'broken') yield brokenAt(event.error)
    },
  }
}

/** A client that we serve may also fail before its handshake is whole. */
function brokenClient(): Fold<'stream-broken'> {
  return {
    *step(event) {
      if (event.type === 'broken') yield brokenAt(event.error)
      if (event.type !== 'failed') return
      const { code, offset = 0 } = event.error
      // bytes that do not even begin like a handshake may be an encrypted one
      const isMisspelt = code === 'E_NOT_BITTORRENT' && offset > 0
      if (isMisspelt || code.startsWith('E_NOT_BITTORRENT_')) yield brokenAt(event.error)
    },
  }
}

function brokenAt({ message, offset = 0, reference }: TraceError): Observation<'stream-broken'> {
  return { id: 'stream-broken', detail: message, offset, ...(reference !== undefined && { reference }) }
}

/** Most keep-alives in a minute that are not a flood: Transmission sends two at a time. */
const KEEP_ALIVES_A_MINUTE = 10

function keepAlives(): Fold<'keep-alive-flood'> {
  let recent: number[] = []
  let isSaid = false
  return onReceived(['keep-alive'], function* ({ message, at, offset }) {
    if (isSaid || message.type !== 'keep-alive') return
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= KEEP_ALIVES_A_MINUTE) return
    isSaid = true
    yield { id: 'keep-alive-flood', detail: `more than ${KEEP_ALIVES_A_MINUTE} in a minute`, offset }
  })
}

function port(conversation: Conversation): Fold<'port-not-negotiated'> {
  return onReceived(['port'], function* ({ message, offset }) {
    const { local, remote } = conversation
    if (message.type !== 'port' || local === undefined || remote === undefined) return
    const missing = [
      ...(local.features.includes('dht') ? [] : ['ours']),
      ...(remote.features.includes('dht') ? [] : ['its own']),
    ]
    if (missing.length > 0)
      yield { id: 'port-not-negotiated', detail: `the bit is clear in ${missing.join(' and in ')}`, offset }
  })
}

/** What a download needs in numbers: blocks, answers, and announcements of pieces. */
const NEEDED: ReadonlySet<MessageType> = new Set(['piece', 'reject', 'have', 'hashes', 'hash-reject'])

/** More messages than a download has any use for. */
function flood(conversation: Conversation): Fold<'message-flood'> {
  return {
    *end() {
      const counts = Array.from(conversation.received).filter(([type]) => !NEEDED.has(type))
      const total = counts.reduce((sum, [, count]) => sum + count, 0)
      const { start, lastAt } = conversation
      const seconds = (lastAt - (start?.at ?? lastAt)) / 1000
      if (total <= FLOOD_BURST + FLOOD_RATE * seconds) return
      const [type, count] = counts.reduce((most, next) => (next[1] > most[1] ? next : most))
      const others = total === count ? '' : ` and ${total - count} others`
      yield { id: 'message-flood', detail: `${count} ${type} messages${others} in ${seconds.toFixed(1)} s` }
    },
  }
}
