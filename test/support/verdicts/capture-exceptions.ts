import { FINDINGS } from '../../../src/diagnose/findings.ts'
import type { Finding } from '../../../src/diagnose/finding.ts'
import { TRAITS } from '../../../src/diagnose/client/table.ts'
import { TRANSPORT_TRAITS } from '../../../src/diagnose/client/traits/transport.ts'
import { weigh } from '../../../src/diagnose/client/verdict.ts'
import type { AttemptReport, SessionReport } from '../../../src/report/model/session.ts'

/** What a report says of a connection, and what its capture says. */
export interface Side {
  readonly findings: readonly Finding[]
  readonly attempt: AttemptReport
  readonly identity: SessionReport['identity']
}

interface Exception {
  /** Why a capture cannot say the same. */
  readonly why: string
  readonly when: (captured: Side, live: Side) => boolean
  /** Removes from either side what cannot be equal. */
  readonly remove: (side: Side) => Side
}

const withFindings = (keep: (finding: Finding) => boolean) => (side: Side) => ({
  ...side,
  findings: side.findings.filter(keep),
})

const withAttempt = (changes: Partial<AttemptReport>) => (side: Side) => ({
  ...side,
  attempt: { ...side.attempt, ...changes },
})

/** Of `FakeTransport`. */
const MADE_UP_ADDRESS = '10.0.0.2'

const CLOSED_WITHOUT_ANSWER = {
  id: 'closed-without-answer',
  title: FINDINGS['closed-without-answer'].title,
  reference: 'BEP 3',
} as const

/** Without the number of bytes, and texts that name it. */
function withoutBytes({ findings, attempt, ...rest }: Side): Side {
  return {
    ...rest,
    findings: findings.map((finding) =>
      finding.id.startsWith('closed-') ? { ...finding, detail: '' } : finding,
    ),
    attempt: {
      ...attempt,
      bytesSent: 0,
      bytesReceived: 0,
      error: attempt.error && { ...attempt.error, message: '', hint: null },
    },
  }
}

const OF_TRANSPORT: ReadonlySet<string> = new Set(TRANSPORT_TRAITS.map(({ id }) => id))

/** What the behaviour comes to without what the encryption handshake and uTP show. */
function withoutTransport(side: Side): Side {
  const { byBehaviour } = side.identity
  const texts = new Map(byBehaviour?.evidence.map(({ trait, text }) => [trait, text]))
  const rest = TRAITS.filter(({ id }) => texts.has(id) && !OF_TRANSPORT.has(id))
  const verdict = weigh(new Map(rest.map((trait) => [trait, texts.get(trait.id) ?? ''])))
  const weighed = verdict && {
    ...verdict,
    evidence: verdict.evidence.map(({ id, text }) => ({ trait: id, text })),
  }
  return { ...side, identity: { ...side.identity, byBehaviour: weighed ?? null } }
}

const untimed = (text: string) => text.replace(/\b\d+ ms\b/g, '… ms').replace(/\b\d+\.\d s\b/g, '… s')

function withoutTimes(side: Side): Side {
  const { byBehaviour } = side.identity
  const evidence = byBehaviour?.evidence.map(({ trait, text }) => ({ trait, text: untimed(text) }))
  return {
    ...side,
    findings: side.findings.map((finding) => ({ ...finding, detail: untimed(finding.detail) })),
    identity: { ...side.identity, byBehaviour: byBehaviour && { ...byBehaviour, evidence: evidence ?? [] } },
  }
}

/** An end that only we decided on: for its reason, nothing was sent. */
const UNKNOWN_END = { error: null, outcome: 'ok', phase: 'done' } as const

/** Errors that follow from the bytes of the peer, whoever then closed. */
const ABOUT_BYTES = /^E_(FRAME_TOO_LARGE|NOT_BITTORRENT|WRONG_INFO_HASH|SELF_CONNECTION)/

const has = ({ findings }: Side, id: string) => findings.some((finding) => finding.id === id)

/** What cannot be equal by nature, and why. Everything else that a capture says of a session is what the session says. */
const EXCEPTIONS: readonly Exception[] = [
  {
    why: 'times of an attempt count from the command, and the capture begins with its connection',
    when: () => true,
    remove: withAttempt({ startedMs: 0, elapsedMs: 0 }),
  },
  {
    why: 'a transport that a test made up has another address than the one that is dialled',
    when: ({ attempt }) => attempt.address === MADE_UP_ADDRESS,
    remove: withAttempt({ address: null, port: null }),
  },
  {
    why: 'the statistics of uTP are those of our own socket, which count retransmitted bytes again: its packets in a capture are made up, and give no reason',
    when: (_, { attempt }) => attempt.transport === 'utp',
    remove: ({ findings, attempt, ...rest }) =>
      withoutBytes({
        ...rest,
        findings: findings.filter(({ id }) => !id.startsWith('utp-')),
        attempt: { ...attempt, closeReason: null },
      }),
  },
  {
    why: 'what still comes after we closed is counted, and nobody reads it',
    when: (_, { attempt: { closedBy } }) => closedBy === 'us',
    remove: withAttempt({ bytesReceived: 0 }),
  },
  {
    why: 'only this process knows that it was suspended',
    when: () => true,
    remove: withFindings(({ id }) => id !== 'process-suspended'),
  },
  {
    why: 'the encryption handshake is left out, and with it its bytes, its findings and what it proves',
    when: (_, { attempt }) => attempt.encryption !== 'plaintext',
    remove: ({ findings, attempt, ...rest }) =>
      withoutBytes({
        ...rest,
        findings: findings
          .filter(({ id }) => !id.startsWith('mse-'))
          .map((finding) =>
            finding.id === 'closed-after-encryption' ? { ...finding, ...CLOSED_WITHOUT_ANSWER } : finding,
          ),
        attempt: { ...attempt, encryption: 'plaintext' },
      }),
  },
  {
    why: 'times are taken at another place, and may round to another millisecond or tenth of a second',
    when: () => true,
    remove: withoutTimes,
  },
  {
    why: 'neither the encryption handshake nor the packets of uTP are in the capture, and they identify a client too',
    when: (_, { identity }) =>
      identity.byBehaviour?.evidence.some(({ trait }) => OF_TRANSPORT.has(trait)) ?? false,
    remove: withoutTransport,
  },
  {
    why: 'why we closed is not on the wire',
    when: (_, { attempt: { closedBy, error } }) => closedBy === 'us' && !ABOUT_BYTES.test(error?.code ?? ''),
    remove: withAttempt(UNKNOWN_END),
  },
  {
    why: 'neither side sent anything when the connection was lost',
    when: (_, { attempt }) => attempt.closedBy === 'network' || attempt.closeKind === null,
    remove: withAttempt({ ...UNKNOWN_END, closedBy: null, closeKind: null, bytesSent: 0, bytesReceived: 0 }),
  },
  {
    why: 'a message that came in one read with the handshake is before our answer, so that its id was not announced',
    when: (captured, live) =>
      has(captured, 'extension-not-announced') && !has(live, 'extension-not-announced'),
    remove: withFindings(({ id }) => !/^(extension-not-announced|extension-message|metadata|pex)/.test(id)),
  },
]

/** Both sides without what a capture cannot have. */
export function withoutExceptions(captured: Side, live: Side): readonly [captured: Side, live: Side] {
  const apply = EXCEPTIONS.filter(({ when }) => when(captured, live))
  const strip = (side: Side) => apply.reduce((rest, { remove }) => remove(rest), side)
  return [strip(captured), strip(live)]
}
