import type { ProbeEvents } from '../probe-events.ts'
import {
  type FactClaim,
  hasPossibleKey,
  isAgain,
  isAnswered,
  isClosedAfterBytes,
  isClosedMutely,
  isClosedOnAccept,
  isEncrypted,
  isFirst,
  isOwnId,
  isServed,
  isTurnedAway,
  isUtp,
  plainOf,
} from './claim.ts'

const hasReason =
  (code: number) =>
  (probe: ProbeEvents): boolean =>
    isUtp(probe) && probe.isClosedByPeer && probe.end?.closeReason?.code === code

const isRandom = ({ plan }: ProbeEvents): boolean => plan?.hash === 'random'
const sent = ({ end }: ProbeEvents): number => end?.bytesSent ?? 0
const isRefusedInSteps = (probe: ProbeEvents): boolean => probe.how === 'steps' && isClosedMutely(probe)
const isElsewhere = ({ plan }: ProbeEvents): boolean => plan !== undefined && plan.source !== null

/** The first plaintext connection was closed before our first byte. */
const isRefusedOnAccept = (all: readonly ProbeEvents[]): boolean =>
  plainOf(all).slice(0, 1).some(isClosedOnAccept)

/** About a connection that was closed. */
export const REFUSAL_CLAIMS: readonly FactClaim[] = [
  {
    sentence: 'the connection was closed before our first byte',
    needs: 'a first connection that ended by the peer with no byte either way',
    requires: (probe, all) => isFirst(probe, all) && isClosedOnAccept(probe),
  },
  {
    sentence: 'the connection was closed before our first byte again',
    needs: 'connections over TCP from one address that all ended so',
    requires: (probe, all) => {
      const tcp = all.filter((one) => !isUtp(one) && !isElsewhere(one))
      return tcp.indexOf(probe) >= 1 && tcp.every(isClosedOnAccept)
    },
  },
  {
    sentence: 'after our handshake the connection was closed, without a byte',
    needs: 'a first connection that ended by the peer after bytes of ours, without one of its own',
    requires: (probe, all) => isFirst(probe, all) && isClosedAfterBytes(probe),
  },
  {
    sentence: 'after our plaintext handshake the connection was closed again',
    needs: 'plaintext connections that all ended so',
    requires: (probe, all) => isAgain(probe, all, isClosedAfterBytes),
  },
  {
    sentence: 'the close came late, as if the handshake had not arrived',
    needs: 'a first connection that the peer closed five seconds or more after the time that our bytes took',
    requires: (probe, all) =>
      isFirst(probe, all) && isClosedAfterBytes(probe) && probe.closedAfterMs - probe.dialMs >= 5000,
  },
  {
    sentence: 'the close was a reset',
    needs: 'a `closed` event with a reset',
    requires: (probe) => probe.isClosedByPeer && probe.end?.kind === 'rst',
  },
  {
    sentence: 'the client that it names closes with FIN, never with a reset',
    needs: 'an extension handshake inside MSE',
    requires: (probe) => isEncrypted(probe) && isAnswered(probe) && probe.has('received', 'extended'),
  },
  {
    sentence: 'over uTP it closed with the reason "invalid info hash" (257)',
    needs: 'this close reason over uTP',
    requires: hasReason(257),
  },
  {
    sentence: 'over uTP it closed with the reason "torrent removed" (2)',
    needs: 'this close reason over uTP',
    requires: hasReason(2),
  },
  {
    sentence: 'over uTP it closed with the reason "duplicate peer" (1)',
    needs: 'this close reason over uTP',
    requires: hasReason(1),
  },
  {
    sentence: 'over uTP it closed with the reason "too many connections" (15)',
    needs: 'this close reason over uTP',
    requires: hasReason(15),
  },
  {
    sentence: 'over uTP it closed with the reason "protocol blocked" (13)',
    needs: 'this close reason over uTP',
    requires: hasReason(13),
  },
  {
    sentence: 'over uTP a random hash was refused for the same reason (13)',
    needs: 'this close reason over uTP, for a random hash',
    requires: (probe) => isRandom(probe) && hasReason(13)(probe),
  },
  {
    sentence: 'over uTP a random hash was refused as unknown (257)',
    needs: 'this close reason over uTP, for a random hash',
    requires: (probe) => isRandom(probe) && hasReason(257)(probe),
  },
  {
    sentence:
      'sent in steps, the handshake was refused right after the info hash, and a wrong protocol name was not',
    needs:
      'a handshake in steps that was closed from byte 48 on and before its end, within eight seconds, and none with a wrong name that was closed there',
    requires: (probe, all) =>
      isRefusedInSteps(probe) &&
      probe.lastedMs < 8000 &&
      sent(probe) >= 48 &&
      sent(probe) < 68 &&
      !all.some((one) => one.how === 'steps-control' && sent(one) >= 48),
  },
  {
    sentence: 'sent in steps, the handshake was not refused before its end',
    needs: 'a handshake in steps that was closed after 68 bytes',
    requires: (probe) => isRefusedInSteps(probe) && sent(probe) >= 68,
  },
  {
    sentence: 'sent in steps, the handshake was refused before the info hash',
    needs: 'a handshake in steps that was closed before byte 48, within eight seconds',
    requires: (probe) => isRefusedInSteps(probe) && sent(probe) < 48 && probe.lastedMs < 8000,
  },
]

const isMseOverTcp = (probe: ProbeEvents): boolean => probe.isOrdinary && isEncrypted(probe) && !isUtp(probe)
const isMse = (probe: ProbeEvents): boolean => probe.isOrdinary && (isEncrypted(probe) || isUtp(probe))

/** About MSE. */
export const ENCRYPTION_CLAIMS: readonly FactClaim[] = [
  {
    sentence: 'inside MSE the handshake was answered',
    needs: 'a handshake for the torrent after MSE',
    requires: (probe) => isMseOverTcp(probe) && isAnswered(probe),
  },
  {
    sentence: 'inside MSE the handshake was answered again',
    needs: 'two handshakes for the torrent after MSE',
    requires: (probe, all) => all.filter((one) => isMseOverTcp(one) && isAnswered(one)).indexOf(probe) >= 1,
  },
  {
    sentence: 'its extension handshake asks for encryption (e = 1)',
    needs: 'an extension handshake with `e` = 1 inside MSE',
    requires: (probe) =>
      isMseOverTcp(probe) &&
      probe.messages('received').some(
        (one) =>
          one.type === 'extended' &&
          Buffer.from(one.payload ?? '', 'hex')
            .toString('latin1')
            .includes('1:ei1e'),
      ),
  },
  {
    sentence: 'it answered with what can be a public key of MSE',
    needs: '96 bytes or more after ours, which are not ours, and no plaintext handshake',
    requires: (probe) => hasPossibleKey(probe) || probe.step('public-key-received'),
  },
  {
    sentence: 'what came can be a public key of MSE, and what followed is not MSE',
    needs: '96 bytes or more after our key, and no VC',
    requires: (probe) => probe.step('public-key-received') && !probe.step('synchronised'),
  },
  {
    sentence: 'it sent what can be a public key of MSE, and closed after ours was complete',
    needs: '96 bytes or more after our key, no VC, and a close by the peer',
    requires: (probe) =>
      isMseOverTcp(probe) && probe.came >= 96 && !probe.step('synchronised') && probe.isClosedByPeer,
  },
  {
    sentence: 'it sent what can be a public key of MSE, and then neither went on nor closed',
    needs: '96 bytes or more after our key, no handshake, and no close by the peer',
    requires: (probe) => isMse(probe) && probe.came >= 96 && !isAnswered(probe) && !probe.isClosedByPeer,
  },
  {
    sentence: 'what came for plaintext has the length of a public key of MSE, and no known form',
    needs: '96 to 608 bytes after a first plaintext handshake, which are none',
    requires: (probe, all) =>
      isFirst(probe, all) &&
      probe.came >= 96 &&
      probe.came <= 608 &&
      probe.handshake('received') === undefined,
  },
  {
    sentence: 'after this proof the connection was closed',
    needs: 'VC, no handshake, and a close by the peer',
    requires: (probe) =>
      isMse(probe) && probe.step('synchronised') && !isAnswered(probe) && probe.isClosedByPeer,
  },
  {
    sentence: 'MSE brought no byte',
    needs: 'a connection with MSE on which no byte came',
    requires: (probe) => isMseOverTcp(probe) && probe.isConnected && probe.came === 0,
  },
  {
    sentence: 'the start of MSE was closed at once',
    needs: 'a connection with MSE that the peer closed within a second after our bytes',
    requires: (probe) => isMseOverTcp(probe) && isClosedAfterBytes(probe) && probe.closedAfterMs < 1000,
  },
  {
    sentence: 'VC of MSE proves that it knows the info hash',
    needs: 'VC',
    requires: (probe) => isMse(probe) && probe.step('synchronised'),
  },
  {
    sentence: 'inside MSE, or in steps, it sent its handshake for this hash and closed',
    needs: 'a handshake for the torrent inside MSE or in steps, and a close by the peer or of the next one',
    requires: (probe, all) =>
      isAnswered(probe) &&
      (isMseOverTcp(probe)
        ? probe.isClosedByPeer
        : probe.how === 'steps' && plainOf(all).some(isClosedAfterBytes)),
  },
  {
    sentence: 'sent in steps, the handshake was answered',
    needs: 'a handshake for the torrent in steps',
    requires: (probe) => probe.how === 'steps' && isAnswered(probe),
  },
]

const goesOn = (probe: ProbeEvents): boolean => isAnswered(probe) && !isTurnedAway(probe)
const isAsOther = ({ plan }: ProbeEvents): boolean => plan?.identity === 'other-client'
const isWithoutBits = ({ plan }: ProbeEvents): boolean => plan?.reserved === 'none'

/** About two connections that differ in one thing. */
export const COMPARISON_CLAIMS: readonly FactClaim[] = [
  {
    sentence: 'the other info hash of the torrent was answered',
    needs: 'a handshake for the other hash',
    requires: (probe) => probe.plan?.hash === 'other' && isAnswered(probe),
  },
  {
    sentence: 'from another address of this machine it answers',
    needs: 'a handshake, and no close, on a connection from another address',
    requires: (probe) => isElsewhere(probe) && goesOn(probe),
  },
  {
    sentence: 'from another address of this machine it does the same',
    needs: 'a connection from another address that did not go on, and was not closed later than our own',
    requires: (probe, all) =>
      isElsewhere(probe) && !goesOn(probe) && !(isClosedAfterBytes(probe) && isRefusedOnAccept(all)),
  },
  {
    sentence: 'from another address of this machine it waits for the handshake before it closes',
    needs:
      'a first connection that was closed before our first byte, and one from another address closed after bytes of ours',
    requires: (probe, all) => isElsewhere(probe) && isClosedAfterBytes(probe) && isRefusedOnAccept(all),
  },
  {
    sentence: 'when the handshake is sent at once, it is answered',
    needs: 'a handshake for the torrent on a connection without a silence',
    requires: (probe) => probe.how === 'at-once' && isAnswered(probe),
  },
  {
    sentence: 'a random info hash was answered with the same hash',
    needs: 'a handshake for a random hash',
    requires: (probe) => isRandom(probe) && isAnswered(probe),
  },
  {
    sentence: 'under the name of another client the session goes on',
    needs: 'a session as another client that went on',
    requires: (probe) => isAsOther(probe) && goesOn(probe),
  },
  {
    sentence: 'without reserved bits the session goes on',
    needs: 'a session without reserved bits that went on',
    requires: (probe) => isWithoutBits(probe) && goesOn(probe),
  },
  {
    sentence: 'under the name of another client it serves',
    needs: 'blocks in a session as another client',
    requires: (probe) => isAsOther(probe) && isServed(probe),
  },
  {
    sentence: 'without reserved bits it serves',
    needs: 'blocks in a session without reserved bits',
    requires: (probe) => isWithoutBits(probe) && isServed(probe),
  },
  {
    sentence: 'from our own address it was refused again',
    needs: 'a later plaintext connection without a session, after one from another address with one',
    requires: (probe, all) =>
      plainOf(all).indexOf(probe) >= 1 && all.some((one) => isElsewhere(one) && isAnswered(one)),
  },
  {
    sentence: 'under our own name it was closed again',
    needs: 'plaintext connections that were all closed after the handshake of the peer',
    requires: (probe, all) => isAgain(probe, all, isTurnedAway),
  },
  {
    sentence: 'the same probe had another result before',
    needs: 'two plaintext connections of which the first had no session',
    requires: (probe, all) => {
      const [begin] = plainOf(all)
      return begin !== undefined && begin !== probe && (!isAnswered(begin) || isOwnId(begin))
    },
  },
]
