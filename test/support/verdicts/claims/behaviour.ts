import { fromHex } from '../../../../src/base/bytes.ts'
import {
  decodeExtensionHandshake,
  type ExtensionHandshake,
} from '../../../../src/wire/extension/handshake.ts'
import type { Evidence } from '../evidence.ts'
import type { Claim } from './claim.ts'

/** The first extension handshake that can be read. */
function announced(evidence: Evidence): ExtensionHandshake | undefined {
  for (const message of evidence.messages('received')) {
    if (message.type !== 'extended' || message.id !== 0 || message.payload === undefined) continue
    const read = decodeExtensionHandshake(fromHex(message.payload))
    if (read.ok) return read.value
  }
  return undefined
}

const keys = (evidence: Evidence): readonly string[] => [...(announced(evidence)?.raw.keys() ?? [])]

/** When each message of this type came, and when we first said interested. */
const times = (evidence: Evidence, type: string): readonly number[] =>
  evidence
    .messages('received')
    .filter((message) => message.type === type)
    .map(({ at }) => at)
const interestedAt = (evidence: Evidence): number | undefined =>
  evidence.messages('sent').find(({ type }) => type === 'interested')?.at

/** What the behaviour of a client is. In a report these are lines; in a finding, clauses. */
export const BEHAVIOUR: readonly Claim[] = [
  {
    sentence: 'it does not identify the client',
    claim: /^behaviour: it does not identify the client$/,
    needs: 'a handshake, and no `identity.byBehaviour`',
    requires: ({ report, handshake }) => handshake !== undefined && report.identity.byBehaviour === null,
  },
  {
    sentence: 'like NAME (likely): it …',
    claim: /^behaviour: like .* \((likely|possible)\): it$/,
    needs: '`identity.byBehaviour` with this confidence',
    requires: ({ report }, [confidence]) => report.identity.byBehaviour?.confidence === confidence,
  },
  {
    sentence: 'NAME (behaves like NAME)',
    claim: /^headline: {2}\(behaves like (.*)\)$/,
    needs: '`identity.conflict`, and a likely behaviour',
    requires: ({ report: { identity } }, [family]) =>
      identity.conflict && identity.byBehaviour?.family === family,
  },
  {
    sentence: 'its peer id says NAME, it behaves like NAME: it …',
    claim: /^client-conflict: its (?:peer id|v) says .*, it behaves like .*: it .*$/,
    needs: '`identity.conflict`, and a likely behaviour',
    requires: ({ report: { identity } }) =>
      identity.conflict && identity.byBehaviour?.confidence === 'likely',
  },
  {
    sentence: 'announces NAME as N',
    claim: /^it announces (.* as \d+)$/,
    needs: 'an extension handshake with exactly these ids',
    requires: (evidence, [list = '']) => {
      const ids = [...(announced(evidence)?.extensions ?? [])].filter(([, id]) => id !== 0)
      return list === ids.map(([name, id]) => `${name} as ${id}`).join(', ')
    },
  },
  {
    sentence: 'announces NAME',
    claim: /^it announces (ut_comment|ut_recommend)$/,
    needs: 'an extension handshake with this name',
    requires: (evidence, [name = '']) => announced(evidence)?.extensions.has(name) === true,
  },
  {
    sentence: 'sends KEY, KEY and KEY',
    claim: /^it sends ((?:\w+)(?:, \w+)*(?: and \w+)?)$/,
    needs: 'an extension handshake with these keys',
    requires: (evidence, [list = '']) => list.split(/, | and /).every((key) => keys(evidence).includes(key)),
  },
  {
    sentence: 'sends p, and neither reqq nor upload_only; sends neither p nor reqq nor upload_only',
    claim: /^it sends (?:p, and neither reqq nor upload_only|neither p nor reqq nor upload_only)$/,
    needs: 'an extension handshake without these keys',
    requires: (evidence) => keys(evidence).every((key) => ['m', 'metadata_size', 'p', 'v'].includes(key)),
  },
  {
    sentence: 'does not send complete_ago',
    claim: /^it does not send complete_ago$/,
    needs: 'an extension handshake without that key',
    requires: (evidence) => announced(evidence) !== undefined && !keys(evidence).includes('complete_ago'),
  },
  {
    sentence: 'queues N requests',
    claim: /^it queues (\d+) requests$/,
    needs: 'an extension handshake with this reqq',
    requires: (evidence, [size]) => announced(evidence)?.reqq === Number(size),
  },
  {
    sentence: 'announced its pieces before its extension handshake',
    claim: /^it announced its pieces before its extension handshake$/,
    needs: 'a bitfield, have-all or have-none, and then an extension handshake',
    requires: (evidence) => {
      const types = evidence.messages('received').map(({ type }) => type)
      const first = types.findIndex((type) => ['bitfield', 'have-all', 'have-none'].includes(type))
      return first >= 0 && types.lastIndexOf('extended') > first
    },
  },
  {
    sentence: 'does not set the fast bit; sends e without the fast bit',
    claim: /^it (?:does not set the fast bit|sends e without the fast bit)$/,
    needs: 'a handshake without the bit',
    requires: ({ handshake }) => handshake?.features.includes('fast') === false,
  },
  {
    sentence: 'sets the reserved bits of Azureus',
    claim: /^it sets the reserved bits of Azureus$/,
    needs: 'a handshake with these bits',
    requires: ({ handshake }) => handshake?.features.includes('azureus-messaging') === true,
  },
  {
    sentence: 'sent its handshake before ours',
    claim: /^it sent its handshake before ours$/,
    needs: 'a handshake of the peer, and none of ours before it',
    requires: ({ events }) =>
      events.find((event) => 'what' in event && event.what === 'handshake')?.type === 'received',
  },
  {
    sentence: 'answered after N bytes of our handshake',
    claim: /^it answered after (\d+) bytes of our handshake$/,
    needs: 'raw bytes of the peer, when this number of bytes had been sent',
    requires: ({ events }, [bytes]) => {
      const raw = events.filter((event) => event.type === 'raw')
      const first = raw.findIndex(({ direction }) => direction === 'received')
      const sent = raw.slice(0, first).map(({ offset, length }) => offset + length)
      return first >= 0 && (sent.at(-1) ?? 0) === Number(bytes)
    },
  },
  {
    sentence: 'sent a keep-alive in place of its pieces',
    claim: /^it sent a keep-alive in place of its pieces$/,
    needs: 'a keep-alive before any bitfield, have-all or have-none',
    requires: (evidence) =>
      evidence
        .messages('received')
        .find(({ type }) => ['keep-alive', 'bitfield', 'have-all', 'have-none'].includes(type))?.type ===
      'keep-alive',
  },
  {
    sentence: 'unchoked us before we were interested',
    claim: /^it unchoked us before we were interested$/,
    needs: 'an unchoke, and no interested of ours before it',
    requires: (evidence) =>
      (times(evidence, 'unchoke')[0] ?? Infinity) <= (interestedAt(evidence) ?? Infinity) &&
      evidence.received('unchoke'),
  },
  {
    sentence: 'unchoked us again when we were interested',
    claim: /^it unchoked us again when we were interested$/,
    needs: 'two unchokes, and an interested of ours before the last one',
    requires: (evidence) =>
      times(evidence, 'unchoke').length > 1 &&
      (interestedAt(evidence) ?? Infinity) <= (times(evidence, 'unchoke').at(-1) ?? 0),
  },
  {
    sentence: 'unchoked us N ms after interested',
    claim: /^it unchoked us (\d+) ms after interested$/,
    needs: 'an interested of ours, and an unchoke that long after it',
    requires: (evidence, [ms]) =>
      times(evidence, 'unchoke').some((at) => Math.round(at - (interestedAt(evidence) ?? 0)) === Number(ms)),
  },
  {
    sentence: 'sent its extension handshake N ms after its handshake',
    claim: /^it sent its extension handshake \d+ ms after its handshake$/,
    needs: 'an extension handshake',
    requires: (evidence) => announced(evidence) !== undefined,
  },
  {
    sentence: 'allowed N pieces as NAME computes them',
    claim: /^it allowed (\d+) pieces (?:as .* computes them|as in BEP 6)(?:, when we were interested)?$/,
    needs: 'this number of allowed-fast messages',
    requires: (evidence, [count]) => times(evidence, 'allowed-fast').length === Number(count),
  },
  {
    sentence: 'selected RC4 although plaintext was offered; sent no pad after its selection in MSE',
    claim: /^it (?:selected RC4 although plaintext was offered|sent no pad after its selection in MSE)$/,
    needs: 'a completed MSE handshake',
    requires: (evidence) => evidence.step('select-received'),
  },
  {
    sentence: 'closed over uTP with the reason NAME (N)',
    claim: /^it closed over uTP with the reason \w+ \((\d+)\)$/,
    needs: 'a `closed` event by the peer with this reason, on any connection of the command',
    requires: ({ report }, [code]) =>
      report.attempts.some(
        ({ closedBy, closeReason }) => closedBy === 'peer' && closeReason?.code === Number(code),
      ),
  },
  {
    sentence: 'offers a window of N bytes over uTP',
    claim: /^it offers a window of (\d+) bytes over uTP$/,
    needs: 'the figures of a uTP connection, with this window',
    requires: ({ report }, [bytes]) => report.utp?.peerWindow === Number(bytes),
  },
]
