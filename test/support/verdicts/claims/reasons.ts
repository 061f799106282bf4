import type { Claim } from './claim.ts'
import type { Evidence } from '../evidence.ts'

/** Whether the connection ended with this close reason before a handshake of the peer. */
const gave = ({ end, handshake }: Evidence, code: number): boolean =>
  handshake === undefined && end?.by === 'peer' && end.closeReason?.code === code

/** Whether some attempt ended with this close reason, as its error has it. */
const someGave = ({ attempts }: Evidence, code: number): boolean =>
  attempts.some(({ closeReason }) => closeReason?.code === code)

const ROWS: readonly {
  readonly code: number
  readonly name: string
  readonly text: string
  readonly hint: string
}[] = [
  {
    code: 1,
    name: 'duplicate_peer_id',
    text: 'it has another connection from this address',
    hint: 'close the other connection, or try again in some seconds or from another address',
  },
  {
    code: 2,
    name: 'torrent_removed',
    text: 'it has this torrent, and the torrent is not active',
    hint: 'look at the torrent in that client: it is paused, queued, being checked or in error',
  },
  {
    code: 13,
    name: 'protocol_blocked',
    text: 'it does not accept such a connection for this torrent',
    hint: 'it may require encryption (--encryption require), or this is an SSL torrent',
  },
  {
    code: 15,
    name: 'too_many_connections',
    text: 'its connection limit is reached',
    hint: 'try again later, or raise the limit in that client',
  },
  {
    code: 257,
    name: 'invalid_info_hash',
    text: 'it does not have this torrent',
    hint: 'check the info hash, and that the torrent is loaded in that client',
  },
]

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** What a close reason of uTP in place of a handshake means, and what to do then. */
export const REASONS: readonly Claim[] = ROWS.flatMap(({ code, name, text, hint }): readonly Claim[] => [
  {
    sentence: `…, giving its reason as ${name} (${code}): ${text}`,
    claim: new RegExp(`^.+, giving its reason as ${name} \\(${code}\\): ${escaped(text)}$`),
    needs: 'a `closed` event by the peer with this reason, and no handshake of the peer',
    requires: (evidence) => gave(evidence, code),
  },
  {
    sentence: text,
    claim: new RegExp(`^verdict: ${escaped(text)}$`),
    needs: `the close reason ${name}`,
    requires: ({ report }) => report.attempts.some(({ closeReason }) => closeReason?.code === code),
  },
  {
    sentence: hint,
    claim: new RegExp(`^${escaped(hint)}$`),
    needs: `the close reason ${name}`,
    requires: (evidence) => someGave(evidence, code),
  },
])
