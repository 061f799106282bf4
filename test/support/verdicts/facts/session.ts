import { FINDINGS } from '../../../../src/diagnose/findings.ts'
import type { ProbeEvents } from '../probe-events.ts'
import {
  type FactClaim,
  isAnswered,
  isClosedMutely,
  isServed,
  isTurnedAway,
  isUtp,
  plainOf,
} from './claim.ts'

/** The findings that say that a BEP was violated. */
const ERRORS: ReadonlySet<string> = new Set(
  Object.entries(FINDINGS).flatMap(([id, { severity }]) => (severity === 'error' ? [id] : [])),
)

const asks = (probe: ProbeEvents): boolean => probe.has('sent', 'request')
const isUnchoked = (probe: ProbeEvents): boolean => probe.has('received', 'unchoke')
const isSmall = ({ how }: ProbeEvents): boolean => how === 'small-requests'

/** Whether the peer ever claimed a piece. */
function claims(probe: ProbeEvents): boolean {
  return probe
    .messages('received')
    .some(
      (one) =>
        one.type === 'have-all' ||
        one.type === 'have' ||
        (one.type === 'bitfield' && /[1-9a-f]/.test(one.bits)),
    )
}

function isClosedUnserved(probe: ProbeEvents): boolean {
  return isTurnedAway(probe) && (claims(probe) || probe.sessionMs >= 2000)
}

/** Whether one of these came after a message of ours or of the peer. */
function follows(
  probe: ProbeEvents,
  first: (one: { readonly type: string }) => boolean,
  then: (one: { readonly type: string }) => boolean,
): boolean {
  const all = [...probe.messages('sent'), ...probe.messages('received')].toSorted((a, b) => a.at - b.at)
  const at = all.findIndex(first)
  return at >= 0 && all.slice(at + 1).some(then)
}

function exchangesMetadata(
  probe: ProbeEvents,
  direction: 'sent' | 'received',
  kind: 'request' | 'data',
): boolean {
  return probe.messages(direction).some((one) => one.type === 'extended' && one.metadata?.kind === kind)
}

const isRequest = ({ type }: { readonly type: string }): boolean => type === 'request'

/** About a session. */
export const SESSION_CLAIMS: readonly FactClaim[] = [
  { sentence: 'blocks came', needs: 'blocks that had been requested, after an unchoke', requires: isServed },
  {
    sentence: 'a piece does not match its hash',
    needs: 'a `verified` event that is not good',
    requires: (probe) => probe.isVerified(false),
  },
  {
    sentence: 'it sent its handshake, and closed before anything was requested',
    needs: 'a handshake, no request, and a close by the peer',
    requires: isTurnedAway,
  },
  {
    sentence:
      'it claimed pieces or kept us waiting, and the connection was closed before anything was requested',
    needs: 'a handshake, no request, and a close by the peer after a claim or after 2 s',
    requires: isClosedUnserved,
  },
  {
    sentence: 'the connection was reset',
    needs: 'such a close, by a reset',
    requires: (probe) => isClosedUnserved(probe) && probe.end?.kind === 'rst',
  },
  {
    sentence: 'another connection ended in the same way',
    needs: 'two such connections',
    requires: (probe, all) =>
      all.filter((one) => one.isOrdinary && isClosedUnserved(one)).indexOf(probe) >= 1,
  },
  {
    sentence: 'it announced that it has none',
    needs: 'have-none or an empty bitfield',
    requires: (probe) => probe.has('received', 'have-none', 'bitfield') && !claims(probe),
  },
  {
    sentence: 'it claimed no piece and offered none',
    needs: 'messages without a claim, for 12 s or more until we closed',
    requires: (probe) =>
      isAnswered(probe) &&
      !claims(probe) &&
      probe.messages('received').length > 0 &&
      probe.end?.by === 'us' &&
      probe.sessionMs >= 12_000,
  },
  {
    sentence: 'after its handshake not a byte came',
    needs: 'a handshake, no message, and no close by the peer',
    requires: (probe) =>
      isAnswered(probe) && probe.messages('received').length === 0 && !probe.isClosedByPeer,
  },
  {
    sentence: 'it claimed nothing, and offered single pieces after some seconds',
    needs: 'a have, and neither have-all nor a bitfield',
    requires: (probe) => probe.has('received', 'have') && !probe.has('received', 'have-all', 'bitfield'),
  },
  {
    sentence: 'it withdrew pieces that it had claimed',
    needs: 'have-none or lt_donthave after a claim',
    requires: (probe) =>
      claims(probe) &&
      probe
        .messages('received')
        .some(
          (one) => one.type === 'have-none' || (one.type === 'extended' && one.extension === 'lt_donthave'),
        ),
  },
  {
    sentence: 'it did not unchoke us in the time we waited',
    needs: 'no unchoke, and a wait for one that ended',
    requires: (probe) => !isUnchoked(probe) && probe.error?.code === 'E_UNCHOKE_TIMEOUT',
  },
  {
    sentence: 'it rejected the requests',
    needs: 'a reject, and no block',
    requires: (probe) => probe.has('received', 'reject') && probe.blocks.length === 0,
  },
  {
    sentence: 'it choked us after the request',
    needs: 'a choke after a request',
    requires: (probe) => isUnchoked(probe) && follows(probe, isRequest, ({ type }) => type === 'choke'),
  },
  {
    sentence: 'it closed right after a request',
    needs: 'a request, no block, and a close by the peer within 3 s after our last byte',
    requires: (probe) =>
      asks(probe) && probe.blocks.length === 0 && probe.isClosedByPeer && probe.closedAfterMs < 3000,
  },
  {
    sentence: 'on the next connection it claimed nothing',
    needs: 'a later session without a claim',
    requires: (probe, all) => plainOf(all).indexOf(probe) >= 1 && isAnswered(probe) && !claims(probe),
  },
  {
    sentence: 'on the next connection it closed without a byte',
    needs: 'a close by the peer without a byte, after a session',
    requires: (probe, all) => {
      const [begin] = plainOf(all)
      return begin !== undefined && begin !== probe && isAnswered(begin) && isClosedMutely(probe)
    },
  },
  {
    sentence: 'it unchoked us and sent no block',
    needs: 'an unchoke and a request, and neither a block, a reject nor a close by the peer',
    requires: (probe) =>
      isUnchoked(probe) &&
      asks(probe) &&
      probe.blocks.length === 0 &&
      !probe.has('received', 'reject') &&
      !probe.isClosedByPeer,
  },
  {
    sentence: 'some blocks came, and then no more',
    needs: 'a block, another request, and no close by the peer',
    requires: (probe) => isUnchoked(probe) && probe.blocks.length > 0 && !probe.isClosedByPeer,
  },
  {
    sentence: 'the stream stopped inside a message',
    needs: 'part of a message at the end',
    requires: ({ end }) => (end?.pending ?? 0) > 0,
  },
  {
    sentence: 'a block took many seconds',
    needs: 'a block 8 s or more after its request',
    requires: ({ blocks }) => blocks.some(({ waitMs }) => waitMs >= 8000),
  },
  {
    sentence: 'blocks of 256 and 512 bytes came, and none from 1024 bytes',
    needs: 'small requests, of which those of 512 bytes at most were answered',
    requires: (probe) =>
      isSmall(probe) && probe.blocks.length > 0 && probe.blocks.every(({ length }) => length <= 512),
  },
  {
    sentence: 'blocks up to 1024 bytes came, and none of 2048',
    needs: 'small requests, of which those of 1024 bytes were answered, and none above',
    requires: (probe) =>
      isSmall(probe) &&
      probe.blocks.some(({ length }) => length === 1024) &&
      probe.blocks.every(({ length }) => length <= 1024),
  },
  {
    sentence: 'small blocks came, each after a long wait',
    needs: 'small requests whose blocks came, one of them late',
    requires: (probe) =>
      isSmall(probe) && probe.blocks.length > 1 && probe.blocks.some(({ waitMs }) => waitMs >= 250),
  },
  {
    sentence: 'blocks up to 2048 bytes came at once',
    needs: 'four small requests whose blocks came in less than 250 ms',
    requires: (probe) =>
      isSmall(probe) && probe.blocks.length >= 4 && probe.blocks.every(({ waitMs }) => waitMs < 250),
  },
  {
    sentence: 'requests of no size brought a block',
    needs: 'small requests, and no block',
    requires: (probe) => isSmall(probe) && asks(probe) && probe.blocks.length === 0,
  },
  {
    sentence: 'over uTP the blocks came',
    needs: 'blocks over uTP',
    requires: (probe) => isUtp(probe) && isServed(probe),
  },
  {
    sentence: 'it offers metadata and announces no size',
    needs: 'an extension handshake with ut_metadata, and no metadata_size in any',
    requires: (probe) => {
      const offers = probe
        .messages('received')
        .flatMap((one) =>
          one.type === 'extended' && one.id === 0
            ? [Buffer.from(one.payload ?? '', 'hex').toString('latin1')]
            : [],
        )
      return (
        offers.some((one) => one.includes('ut_metadata')) &&
        !offers.some((one) => one.includes('metadata_size'))
      )
    },
  },
  {
    sentence: 'it rejected the request for metadata, or did not answer it',
    needs: 'a request for metadata, and no data',
    requires: (probe) =>
      exchangesMetadata(probe, 'sent', 'request') && !exchangesMetadata(probe, 'received', 'data'),
  },
  {
    sentence: 'it announces a metadata size that is not usable',
    needs: 'a `metadata` event with the outcome size-unusable, and nothing sent to ut_metadata',
    requires: (probe) => probe.isMetadata('size-unusable') && !exchangesMetadata(probe, 'sent', 'request'),
  },
  {
    sentence: 'only part of the metadata came',
    needs: 'a `metadata` event with the outcome rejected or timed-out, and data',
    requires: (probe) =>
      probe.isMetadata('rejected', 'timed-out') && exchangesMetadata(probe, 'received', 'data'),
  },
  {
    sentence: 'a piece of its metadata does not have the length that follows from the size that it announced',
    needs: 'a `metadata` event with the outcome length-wrong, and data',
    requires: (probe) => probe.isMetadata('length-wrong') && exchangesMetadata(probe, 'received', 'data'),
  },
  {
    sentence: 'the metadata that it sent does not match the info hash',
    needs: 'a `metadata` event with the outcome hash-wrong, and data',
    requires: (probe) => probe.isMetadata('hash-wrong') && exchangesMetadata(probe, 'received', 'data'),
  },
  {
    sentence: 'its messages break the protocol',
    needs: 'an error that the peer broke the protocol',
    requires: ({ error }) => /^E_(?:FRAME|MALFORMED|MESSAGE_FLOOD|UNREQUESTED)/.test(error?.code ?? ''),
  },
  {
    sentence: 'what it sent breaks the protocol',
    needs: 'messages of the peer, and the ids of findings of the severity error',
    requires: (probe, _, detail) => isAnswered(probe) && detail.split(', ').every((id) => ERRORS.has(id)),
  },
]
