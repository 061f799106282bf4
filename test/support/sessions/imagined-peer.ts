import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { toHex } from '../../../src/base/bytes.ts'
import type { ErrorCode } from '../../../src/base/errors.ts'
import type { TraceEvent, TraceMessage } from '../../../src/trace/event.ts'
import type { MetadataOutcome } from '../../../src/trace/metadata.ts'
import type { Probe } from '../../../src/trace/probe.ts'

/** How an imagined peer treats one probe. */
export type Treatment = (probe: Probe, number: number) => readonly TraceEvent[]

const TARGET = '11'.repeat(20)
const OTHER = '22'.repeat(20)
const RANDOM = '33'.repeat(20)
const OUR_ID = '2d5057303130302d303030303030303030303030'
/** With the name of another client. */
const OTHER_OF_OURS = '2d7142343334302d303030303030303030303030'
const THEIR_ID = '2d4c54323038302d303030303030303030303030'
const KEY = toHex(Uint8Array.from({ length: 96 }, (_, i) => (i * 37 + 200) & 0xff))

type Timed = TraceEvent extends infer Event
  ? Event extends TraceEvent
    ? Omit<Event, 'at'> & { readonly after?: number }
    : never
  : never

/** The events of one probe: each `after` so many milliseconds, by default one. */
function script(probe: Probe, number: number, events: readonly Timed[]): readonly TraceEvent[] {
  let at = number * 10_000
  const { transport, variant } = probe
  const begin: readonly Timed[] = [
    { type: 'probe', number, ...probe, after: 0 },
    { type: 'attempt', address: '192.0.2.1', family: 4, transport, variant, after: 0 },
  ]
  return [...begin, ...events].map(({ after = 1, ...event }) => ({ ...event, at: (at += after) }))
}

function ended(code?: ErrorCode, system?: string): Timed {
  const error = code === undefined ? null : { code, phase: null, message: code, hint: null }
  return { type: 'ended', phase: 'done', error, ...(system !== undefined && { system }) }
}

const connected: Timed = { type: 'connected', transport: 'tcp', local: '192.0.2.9:1', remote: '192.0.2.1:2' }

function raw(direction: 'sent' | 'received', offset: number, bytes: string, after = 1): Timed {
  return { type: 'raw', direction, offset, length: bytes.length / 2, bytes, after }
}

function closed(
  by: 'us' | 'peer' | 'network',
  sent: number,
  received: number,
  more: {
    readonly kind?: 'fin' | 'rst' | null
    readonly reason?: number
    readonly pending?: number
    readonly after?: number
  } = {},
): Timed {
  const { kind = 'fin', reason, pending = 0, after = 1 } = more
  return {
    type: 'closed',
    by,
    kind,
    phase: 'handshake',
    bytesSent: sent,
    bytesReceived: received,
    pending,
    after,
    ...(reason !== undefined && { closeReason: { code: reason, name: String(reason) } }),
  }
}

function hashOf({ hash }: Probe): string {
  return hash === 'target' ? TARGET : hash === 'other' ? OTHER : RANDOM
}

const HANDSHAKE = toHex(
  encodeHandshake({
    reserved: new Uint8Array(8),
    infoHash: new Uint8Array(20).fill(0x11),
    peerId: new Uint8Array(20),
  }),
)

// what can happen to a probe

export const refused: Treatment = (p, n) => script(p, n, [ended('E_CONNECT_REFUSED', 'ECONNREFUSED')])
export const timedOut: Treatment = (p, n) => script(p, n, [{ ...ended('E_CONNECT_TIMEOUT'), after: 5000 }])
export const rejected: Treatment = (p, n) => script(p, n, [ended('E_CONNECT_UNREACHABLE', 'EHOSTUNREACH')])
export const noMachine: Treatment = (p, n) =>
  script(p, n, [{ ...ended('E_CONNECT_UNREACHABLE', 'EHOSTUNREACH'), after: 3100 }])
export const noRoute: Treatment = (p, n) => script(p, n, [ended('E_CONNECT_UNREACHABLE', 'ENETUNREACH')])
export const invalid: Treatment = (p, n) => script(p, n, [ended('E_BIND', 'EINVAL')])
export const blocked: Treatment = (p, n) => script(p, n, [ended('E_LOCAL_FIREWALL', 'EPERM')])
export const badSource: Treatment = (p, n) => script(p, n, [ended('E_BIND', 'EADDRNOTAVAIL')])
export const noFiles: Treatment = (p, n) => script(p, n, [ended('E_BIND', 'EMFILE')])
export const noName: Treatment = (p, n) => script(p, n, [ended('E_NAME_NOT_FOUND')])

export const closesOnAccept: Treatment = (p, n) =>
  script(p, n, [connected, closed('peer', 0, 0), ended('E_HANDSHAKE_CLOSED')])

/** Gives nobody the time for a silence. */
export const closesOnSilence: Treatment = (p, n) =>
  script(p, n, [connected, closed('peer', 0, 0, { after: 210 }), ended('E_HANDSHAKE_CLOSED')])

/** Closes on our handshake, a round trip of so many milliseconds away. */
export function closesFarAway(roundTripMs: number): Treatment {
  return (p, n) =>
    script(p, n, [
      { ...connected, after: roundTripMs },
      raw('sent', 0, HANDSHAKE, 250),
      closed('peer', 68, 0, { after: roundTripMs }),
      ended('E_HANDSHAKE_CLOSED'),
    ])
}

/** Closes after so many bytes of ours, when it has waited for ten seconds. */
export function closesLate(sent = 68): Treatment {
  return (p, n) =>
    script(p, n, [
      connected,
      raw('sent', 0, HANDSHAKE.slice(0, sent * 2), 250),
      closed('peer', sent, 0, { after: 9800 }),
      ended('E_HANDSHAKE_CLOSED'),
    ])
}

/** Closes after so many bytes of ours, without one of its own. */
export function closes(sent = 68, kind: 'fin' | 'rst' = 'fin', reason?: number): Treatment {
  return (p, n) =>
    script(p, n, [
      connected,
      raw('sent', 0, HANDSHAKE.slice(0, sent * 2), 250),
      closed('peer', sent, 0, { kind, ...(reason !== undefined && { reason }) }),
      ended('E_HANDSHAKE_CLOSED'),
    ])
}

export const silent: Treatment = (p, n) =>
  script(p, n, [
    connected,
    raw('sent', 0, HANDSHAKE, 250),
    closed('us', 68, 0, { after: 10_000 }),
    ended('E_HANDSHAKE_TIMEOUT'),
  ])

/** Answers with these bytes; `early` before our first. */
export function says(text: string, early = false): Treatment {
  const bytes = toHex(Uint8Array.from(text, (c) => c.charCodeAt(0)))
  return (p, n) =>
    script(p, n, [
      connected,
      ...(early ? [] : [raw('sent', 0, HANDSHAKE, 250)]),
      raw('received', 0, bytes),
      closed('peer', early ? 0 : 68, bytes.length / 2),
      ended('E_NOT_BITTORRENT'),
    ])
}

/** Answers with what can be a key, and goes on with bytes that are not MSE. */
export const wrongAfterKey: Treatment = (p, n) =>
  script(p, n, [
    ...key(),
    raw('received', 96, 'f1'.repeat(160)),
    closed('us', 652, 747),
    ended('E_ENCRYPTION_FAILED'),
  ])

/** Takes 96 bytes of anything for a public key, and answers with its own. */
export const answersKey: Treatment = (p, n) =>
  script(p, n, [
    connected,
    raw('sent', 0, HANDSHAKE.repeat(3), 250),
    raw('received', 0, KEY),
    closed('us', 204, 96),
    ended(),
  ])

export const echoes: Treatment = (p, n) =>
  script(p, n, [
    connected,
    raw('sent', 0, HANDSHAKE, 250),
    raw('received', 0, HANDSHAKE),
    closed('us', 68, 68),
    ended('E_SELF_CONNECTION'),
  ])

function key(zero = false): readonly Timed[] {
  return [
    connected,
    raw('sent', 0, KEY.replaceAll('a', 'b'), 250),
    raw('received', 0, KEY),
    { type: 'encryption', step: 'public-key-received' },
    { type: 'encryption', step: 'provide-sent', ...(zero && { secretBeginsWithZero: true }) },
  ]
}

export const closesAfterKey: Treatment = (p, n) =>
  script(p, n, [...key(), closed('peer', 200, 96), ended('E_ENCRYPTION_FAILED')])
export const spoiled: Treatment = (p, n) =>
  script(p, n, [...key(true), closed('peer', 200, 96), ended('E_ENCRYPTION_FAILED')])
export const hangsAfterKey: Treatment = (p, n) =>
  script(p, n, [...key(), closed('us', 200, 96, { after: 4000 }), ended('E_HANDSHAKE_TIMEOUT')])
/** Completes MSE, and sends no handshake. */
export const silentAfterMse: Treatment = (p, n) =>
  script(p, n, [
    ...key(),
    { type: 'encryption', step: 'synchronised' },
    { type: 'encryption', step: 'established' },
    closed('us', 200, 150, { after: 3000 }),
    ended('E_HANDSHAKE_TIMEOUT'),
  ])
/** Completes MSE, goes on in plaintext, and sends no handshake. */
export const silentInPlaintext: Treatment = (p, n) =>
  script(p, n, [
    ...key(),
    { type: 'encryption', step: 'synchronised' },
    { type: 'encryption', step: 'select-received', methods: ['plaintext'] },
    { type: 'encryption', step: 'established' },
    closed('us', 200, 150, { after: 3000 }),
    ended('E_HANDSHAKE_TIMEOUT'),
  ])
/** Takes our plaintext for a public key, and answers with its own. */
export const answersLikeMse: Treatment = (p, n) =>
  script(p, n, [
    connected,
    raw('sent', 0, HANDSHAKE, 250),
    raw('received', 0, KEY),
    closed('us', 68, 365),
    ended('E_NOT_BITTORRENT'),
  ])
export const closesAfterVc: Treatment = (p, n) =>
  script(p, n, [
    ...key(),
    { type: 'encryption', step: 'synchronised' },
    closed('peer', 200, 150),
    ended('E_ENCRYPTION_FAILED'),
  ])

/** What a session brings, after both handshakes. */
export interface Talk {
  readonly client?: string
  readonly received?: readonly TraceMessage[]
  readonly more?: readonly Timed[]
  readonly end?: Timed
  readonly hash?: string
  /** Its peer id for a probe. */
  readonly idFor?: (probe: Probe) => string
  /** Why we ended it. */
  readonly code?: ErrorCode
}

/** Both sides set the bits of the extension protocol and of the fast extension. */
const BITS = { reserved: '0000000000100004', features: ['extension-protocol', 'fast'] as const }

export function session({ received = [], more = [], end, hash, code, idFor }: Talk = {}): Treatment {
  return (p, n) => {
    const ours = { ...BITS, infoHash: hashOf(p), peerId: ourIdIn(p) }
    const theirs = { ...BITS, infoHash: hash ?? hashOf(p), peerId: idFor?.(p) ?? THEIR_ID }
    const mse: readonly Timed[] =
      p.variant === 'plaintext'
        ? [connected]
        : [
            ...key(),
            { type: 'encryption', step: 'synchronised' },
            { type: 'encryption', step: 'established' },
          ]
    return script(p, n, [
      ...mse,
      { type: 'sent', offset: 0, length: 68, what: 'handshake', handshake: ours, after: 250 },
      { type: 'received', offset: 0, length: 68, what: 'handshake', handshake: theirs },
      ...received.map((message, i) => got(message, 68 + i)),
      ...more,
      end ?? closed('us', 400, 40_000),
      ended(end !== undefined && 'by' in end && end.by === 'peer' ? 'E_SESSION_CLOSED' : code),
    ])
  }
}

function ourIdIn({ identity }: Probe): string {
  return identity === 'own' ? OUR_ID : OTHER_OF_OURS
}

function got(message: TraceMessage, offset: number, after = 5): Timed {
  return { type: 'received', offset, length: 5, what: 'message', message, after }
}

function sent(message: TraceMessage, after = 1): Timed {
  return { type: 'sent', offset: 68, length: 17, what: 'message', message, after }
}

const have: TraceMessage = { type: 'have-all' }
const block = (begin: number, length = 16_384) => ({ piece: 0, begin, length })

/** Two blocks on request. */
const blocks: readonly Timed[] = [
  sent({ type: 'interested' }),
  got({ type: 'unchoke' }, 73),
  sent({ type: 'request', ...block(0) }),
  got({ type: 'piece', ...block(0) }, 80),
  sent({ type: 'request', ...block(16_384) }),
  got({ type: 'piece', ...block(16_384) }, 16_500),
]

export const serves = session({ received: [have], more: blocks })
export const servesAndBreaks = session({
  received: [have, { type: 'malformed', id: 4, length: 3, reason: 'a have of 2 bytes' }],
  more: blocks,
})
export const asksForEncryption = session({
  received: [
    {
      type: 'extended',
      id: 0,
      extension: null,
      length: 10,
      payload: toHex(new TextEncoder().encode('d1:ei1e1:mdee')),
    },
    have,
  ],
  more: blocks,
})
export const hasNothing = session({
  received: [{ type: 'have-none' }],
  end: closed('us', 100, 100, { after: 13_000 }),
})
export const superSeeds = session({
  received: [{ type: 'have-none' }],
  more: [got({ type: 'have', piece: 0 }, 73, 10_500), ...blocks],
})
/** Sends a message, and none about its pieces. */
export const saysNothing = session({
  received: [{ type: 'keep-alive' }],
  end: closed('us', 100, 100, { after: 13_000 }),
})
/** Claims all pieces, and the connection is closed some time after we said that we are interested. */
export function closesOnInterested(kind: 'fin' | 'rst' = 'fin', after = 5): Treatment {
  return session({
    received: [have],
    more: [sent({ type: 'interested' })],
    end: closed('peer', 73, 76, { kind, after }),
  })
}
/** Has the peer id that we have under our own name. */
export const hasOurId = session({ received: [have], idFor: () => OUR_ID, code: 'E_SELF_CONNECTION' })
export const repeatsOurId = session({ received: [have], idFor: ourIdIn, code: 'E_SELF_CONNECTION' })
export const turnsAway = session({ end: closed('peer', 68, 68) })
export const neverUnchokes = session({
  received: [have],
  more: [sent({ type: 'interested' })],
  end: closed('us', 100, 100, { after: 35_000 }),
  code: 'E_UNCHOKE_TIMEOUT',
})
/** Sends a *have* of two bytes, and does not unchoke. */
export const sendsShortHave = session({
  received: [have, { type: 'malformed', id: 4, length: 3, reason: 'a have of 2 bytes' }],
  more: [sent({ type: 'interested' })],
  end: closed('us', 100, 100, { after: 35_000 }),
  code: 'E_UNCHOKE_TIMEOUT',
})
const asked: readonly Timed[] = [
  sent({ type: 'interested' }),
  got({ type: 'unchoke' }, 73),
  sent({ type: 'request', ...block(0) }),
]
export const stalls = session({
  received: [have],
  more: asked,
  end: closed('us', 100, 100, { after: 30_000 }),
})
/** Sends the first two blocks of three. */
export const servesHalf = session({
  received: [have],
  more: [...blocks, sent({ type: 'request', ...block(32_768) })],
  end: closed('us', 100, 33_000, { after: 15_000 }),
  code: 'E_BLOCK_TIMEOUT',
})
/** Sends the first block, and nothing more. */
export const stopsAfterOne = session({
  received: [have],
  more: [...blocks.slice(0, 4), sent({ type: 'request', ...block(16_384) })],
  end: closed('us', 100, 16_500, { after: 15_000 }),
  code: 'E_BLOCK_TIMEOUT',
})
export const stopsInside = session({
  received: [have],
  more: asked,
  end: closed('us', 100, 9_000, { after: 30_000, pending: 8_000 }),
})
export const closesOnRequest = session({ received: [have], more: asked, end: closed('peer', 100, 100) })
export const rejects = session({
  received: [have],
  more: [...asked, got({ type: 'reject', ...block(0) }, 80)],
})
export const chokesOnRequest = session({ received: [have], more: [...asked, got({ type: 'choke' }, 80)] })
export const chokesAfterBlock = session({
  received: [have],
  more: [...asked, got({ type: 'piece', ...block(0) }, 80), got({ type: 'choke' }, 16_500)],
})
/** Chokes before anything is requested, and leaves unanswered what is requested all the same. */
export const chokesBeforeRequest = session({
  received: [have],
  more: [
    sent({ type: 'interested' }),
    got({ type: 'unchoke' }, 73),
    got({ type: 'choke' }, 78),
    sent({ type: 'request', ...block(0) }),
  ],
  end: closed('us', 100, 100, { after: 30_000 }),
})
export const mute = session({ end: closed('us', 100, 68, { after: 13_000 }) })
export const withdraws = session({
  received: [have],
  more: [...asked, got({ type: 'have-none' }, 80)],
  end: closed('us', 1, 1),
})
export const badData = session({
  received: [have],
  more: [...blocks, { type: 'verified', piece: 0, good: false }],
})

/** How the metadata of a peer is fetched by its hash alone. */
interface MetadataTalk {
  /** Undefined: nothing is recorded, as in a trace that was cut off. */
  readonly outcome: MetadataOutcome | undefined
  readonly announced?: number
  readonly answers?: readonly ('data' | 'reject')[]
}

function metadataTalk({ outcome, announced = 20_000, answers = ['data'] }: MetadataTalk): readonly Timed[] {
  const payload = `d1:md11:ut_metadatai3ee13:metadata_sizei${announced}ee`
  const about = (kind: 'request' | 'data' | 'reject', piece: number): TraceMessage => ({
    type: 'extended',
    id: 3,
    extension: 'ut_metadata',
    length: 30,
    metadata: { kind, piece },
  })
  const handshake: TraceMessage = {
    type: 'extended',
    id: 0,
    extension: null,
    length: payload.length,
    payload: toHex(new TextEncoder().encode(payload)),
  }
  const isAsked = outcome !== 'size-unusable'
  const received = answers.filter((kind) => kind === 'data').length
  return [
    got(handshake, 70),
    ...(isAsked ? [sent(about('request', 0)), sent(about('request', 1))] : []),
    ...answers.map((kind, piece) => got(about(kind, piece), 71)),
    ...(outcome === undefined ? [] : [{ type: 'metadata', outcome, size: announced, received } as const]),
  ]
}

/** Serves, and its metadata is fetched first. */
export function servesMetadata(talk: MetadataTalk): Treatment {
  return session({
    received: [have],
    more: [...metadataTalk(talk), ...blocks],
    ...(talk.outcome === 'hash-wrong' && { code: 'E_METADATA_HASH' }),
  })
}

/** The same of a peer that never unchokes. */
export function chokesWithMetadata(talk: MetadataTalk): Treatment {
  return session({
    received: [have],
    more: [...metadataTalk(talk), sent({ type: 'interested' })],
    end: closed('us', 100, 100, { after: 35_000 }),
    code: 'E_UNCHOKE_TIMEOUT',
  })
}

export const servesAnotherTorrent = session({ hash: '44'.repeat(20) })

/** Serves requests up to a size, each after so many milliseconds. */
export function servesSmall(largest: number, ms: number): Treatment {
  const asking = [256, 512, 1024, 2048].flatMap((length): readonly Timed[] => [
    sent({ type: 'request', ...block(0, length) }),
    ...(length > largest ? [] : [got({ type: 'piece', ...block(0, length) }, 80, ms)]),
  ])
  return session({
    received: [have],
    more: [sent({ type: 'interested' }), got({ type: 'unchoke' }, 73), ...asking],
    end: closed('us', 1, 1, { after: 1500 }),
  })
}
