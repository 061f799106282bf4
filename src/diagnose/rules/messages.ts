import { FLOOD_BURST, FLOOD_RATE } from '../../base/limits.ts'
import type { TraceError } from '../../trace/event.ts'
import { describeMessageId } from '../../wire/message/id.ts'
import type { MessageType } from '../../wire/message/message.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onEvents, onReceived } from '../rule.ts'

/** Whether each message can be decoded and was negotiated, and how many there are. */
export const messages = defineTheme({
  findings: {
    'stream-broken': {
      severity: 'error',
      title: 'The peer sent bytes that cannot be split into messages',
      reference: 'BEP 3',
      explanation:
        'A length prefix is larger than any valid message. Nothing after it can be decoded, so the session ends there.',
    },
    'message-malformed': {
      severity: 'error',
      title: 'A message does not have the layout that its id requires',
      reference: 'BEP 3',
      explanation: 'The payload is too short or too long for the message. Most clients close the connection.',
    },
    'message-unknown': {
      isNote: true,
      severity: 'warning',
      title: 'A message has an id that no BEP defines',
      reference: 'BEP 3',
      explanation:
        'No extension that was negotiated defines this message. Most clients close the connection when they receive an unknown id.',
    },
    'keep-alive-flood': {
      severity: 'warning',
      title: 'The peer sends keep-alives far too often',
      reference: 'BEP 3',
      explanation:
        'A peer sends a keep-alive after about two minutes of silence. Some clients, such as aria2, treat several within a few seconds as an attack and close.',
    },
    'message-flood': {
      severity: 'warning',
      title: 'The peer sends far more messages than a download needs',
      reference: 'BEP 3',
      explanation:
        'Apart from blocks and announcements of pieces, a connection carries a few messages per second. A burst of more than 4096, followed by more than 64 per second, serves no purpose. peerwire answers them only while the peer reads the answers; otherwise it stops reading from the peer.',
    },
    'port-not-negotiated': {
      isNote: true,
      severity: 'warning',
      title: 'The peer sent a DHT port, but not both sides set the DHT bit',
      reference: 'BEP 5',
      explanation:
        'The port message is for peers whose handshake sets the DHT bit. Clients that do not know the message, such as rqbit, close the connection.',
    },
  },
  both: [layout, keepAlives, port],
  probe: [broken, flood],
  serve: [brokenClient],
})

function layout(): Fold<'message-malformed' | 'message-unknown'> {
  return onReceived(['malformed', 'unknown'], ({ message, offset }) => {
    if (message.type === 'malformed') {
      const reference = describeMessageId(message.id)?.reference ?? 'BEP 3'
      return [{ id: 'message-malformed', detail: message.reason, offset, reference }]
    }
    if (message.type === 'unknown')
      return [{ id: 'message-unknown', detail: `id ${message.id} with ${message.length} bytes`, offset }]
    return NOTHING
  })
}

function broken(): Fold<'stream-broken'> {
  return onEvents(['broken'], (event) => (event.type === 'broken' ? [brokenAt(event.error)] : NOTHING))
}

/** A client that we serve may also fail before its handshake is complete. */
function brokenClient(): Fold<'stream-broken'> {
  return onEvents(['broken', 'failed'], (event) => {
    if (event.type === 'broken') return [brokenAt(event.error)]
    if (event.type !== 'failed') return NOTHING
    const { code, offset = 0 } = event.error
    // bytes that do not even start like a handshake may be an encrypted one
    const isMisspelt = code === 'E_NOT_BITTORRENT' && offset > 0
    return isMisspelt || code.startsWith('E_NOT_BITTORRENT_') ? [brokenAt(event.error)] : NOTHING
  })
}

function brokenAt({ message, offset = 0, reference }: TraceError): Observation<'stream-broken'> {
  return { id: 'stream-broken', detail: message, offset, ...(reference !== undefined && { reference }) }
}

/** More keep-alives than this per minute are a flood; Transmission sends two at a time. */
const KEEP_ALIVES_A_MINUTE = 10

function keepAlives(): Fold<'keep-alive-flood'> {
  let recent: number[] = []
  let isSaid = false
  return onReceived(['keep-alive'], ({ message, at, offset }) => {
    if (isSaid || message.type !== 'keep-alive') return NOTHING
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= KEEP_ALIVES_A_MINUTE) return NOTHING
    isSaid = true
    return [{ id: 'keep-alive-flood', detail: `more than ${KEEP_ALIVES_A_MINUTE} in a minute`, offset }]
  })
}

function port(conversation: Conversation): Fold<'port-not-negotiated'> {
  return onReceived(['port'], ({ message, offset }) => {
    const { local, remote } = conversation
    if (message.type !== 'port' || local === undefined || remote === undefined) return NOTHING
    const missing = [
      ...(local.features.includes('dht') ? [] : ['ours']),
      ...(remote.features.includes('dht') ? [] : ['its own']),
    ]
    if (missing.length === 0) return NOTHING
    const detail = `the bit is clear in ${missing.join(' and in ')}`
    return [{ id: 'port-not-negotiated', detail, offset }]
  })
}

/** Messages that a download needs in large numbers: blocks, answers, and announcements of pieces. */
const NEEDED: ReadonlySet<MessageType> = new Set(['piece', 'reject', 'have', 'hashes', 'hash-reject'])

/** Reports more messages than any download needs. */
function flood(conversation: Conversation): Fold<'message-flood'> {
  return {
    end() {
      let total = 0
      for (const [type, count] of conversation.received) if (!NEEDED.has(type)) total += count
      const { start, lastAt } = conversation
      const seconds = (lastAt - (start?.at ?? lastAt)) / 1000
      if (total <= FLOOD_BURST + FLOOD_RATE * seconds) return NOTHING
      const counts = Array.from(conversation.received).filter(([type]) => !NEEDED.has(type))
      const [type, count] = counts.reduce((most, next) => (next[1] > most[1] ? next : most))
      const others = total === count ? '' : ` and ${total - count} others`
      const detail = `${count} ${type} messages${others} in ${seconds.toFixed(1)} s`
      return [{ id: 'message-flood', detail }]
    },
  }
}
