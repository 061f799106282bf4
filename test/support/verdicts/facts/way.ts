import { serviceOf } from '../../../../src/wire/service.ts'
import type { ProbeEvents } from '../probe-events.ts'
import { type FactClaim, isAgain, isAnswered, isFirst, isOwnId, isSilent, isUtp, plainOf } from './claim.ts'

const AT_ONCE_MS = 1000

const isLocalAddress = ({ system = '' }: ProbeEvents): boolean => system.startsWith('EADDR')
const isUnreachable = ({ error, system, isConnected }: ProbeEvents): boolean =>
  error?.code === 'E_CONNECT_UNREACHABLE' && system !== 'ENETUNREACH' && !isConnected
const isUtpAnswered = (probe: ProbeEvents): boolean =>
  isUtp(probe) &&
  (probe.isConnected || (probe.error?.code === 'E_CONNECT_REFUSED' && probe.system === undefined))

/** About the way to the peer. */
export const WAY_CLAIMS: readonly FactClaim[] = [
  {
    sentence: 'the name has no address',
    needs: 'a name that could not be resolved',
    requires: ({ error }) => error?.code === 'E_NAME_NOT_FOUND',
  },
  {
    sentence: 'the system has no route (ENETUNREACH)',
    needs: 'ENETUNREACH from the system, at once',
    requires: ({ system, dialMs }) => system === 'ENETUNREACH' && dialMs < AT_ONCE_MS,
  },
  {
    sentence: 'the system refuses to send',
    needs: 'EPERM or EACCES from the system',
    requires: ({ error }) => error?.code === 'E_LOCAL_FIREWALL',
  },
  {
    sentence: 'the system refuses the local address',
    needs: 'EADDRNOTAVAIL or EADDRINUSE from the system',
    requires: isLocalAddress,
  },
  {
    sentence: 'the system finds the connection invalid (EINVAL)',
    needs: 'EINVAL from the system',
    requires: ({ system }) => system === 'EINVAL',
  },
  {
    sentence: 'the system has no socket left',
    needs: 'a socket that could not be opened, and neither its address nor the route is why',
    requires: (probe) =>
      probe.error?.code === 'E_BIND' && probe.system !== 'EINVAL' && !isLocalAddress(probe),
  },
  {
    sentence: 'TCP was refused',
    needs: 'a first attempt over TCP that was refused',
    requires: (probe, all) => isFirst(probe, all) && probe.error?.code === 'E_CONNECT_REFUSED',
  },
  {
    sentence: 'TCP was not answered',
    needs: 'a first attempt over TCP that timed out',
    requires: (probe, all) => isFirst(probe, all) && probe.error?.code === 'E_CONNECT_TIMEOUT',
  },
  {
    sentence: 'TCP was rejected at once, as by an ICMP error',
    needs: 'a first attempt over TCP that the system reports as unreachable within a second',
    requires: (probe, all) => isFirst(probe, all) && isUnreachable(probe) && probe.dialMs < AT_ONCE_MS,
  },
  {
    sentence: 'TCP was reported as unreachable late, as after a search on the link',
    needs: 'a first attempt over TCP that the system reports as unreachable after a second or more',
    requires: (probe, all) => isFirst(probe, all) && isUnreachable(probe) && probe.dialMs >= AT_ONCE_MS,
  },
  {
    sentence: 'TCP failed in the same way again',
    needs: 'attempts over TCP that all failed with one error',
    requires: (probe, all) =>
      isAgain(probe, all, (one) => !one.isConnected && one.error?.code === probe.error?.code),
  },
  {
    sentence: 'over UDP, the port was reported as not in use',
    needs: 'an attempt over uTP for which the system reports ECONNREFUSED',
    requires: (probe) =>
      isUtp(probe) && probe.error?.code === 'E_CONNECT_REFUSED' && probe.system !== undefined,
  },
  {
    sentence: 'uTP was not answered',
    needs: 'an attempt over uTP that timed out',
    requires: (probe) => isUtp(probe) && probe.error?.code === 'E_CONNECT_TIMEOUT',
  },
  {
    sentence: 'uTP was answered',
    needs: 'a connection over uTP, or a RESET of uTP',
    requires: isUtpAnswered,
  },
  {
    sentence: 'over uTP the handshake was answered',
    needs: 'a handshake for this torrent over uTP',
    requires: (probe) => isUtp(probe) && isAnswered(probe),
  },
  {
    sentence: 'over uTP the handshake was answered without encryption',
    needs: 'a handshake for this torrent over uTP, without MSE',
    requires: (probe) => isUtp(probe) && isAnswered(probe) && probe.plan?.variant === 'plaintext',
  },
  {
    sentence: 'over uTP it closed with a reason that follows from our handshake',
    needs: 'a close over uTP with reason 2, 13 or 257',
    requires: (probe) =>
      isUtp(probe) && probe.isClosedByPeer && [2, 13, 257].includes(probe.end?.closeReason?.code ?? 0),
  },
  {
    sentence: 'the address is a loopback address',
    needs: 'an attempt to 127.0.0.0/8 or ::1',
    requires: ({ attempt }) => /^(127\.|::1$)/.test(attempt?.address ?? ''),
  },
  {
    sentence: 'later connections over TCP were not answered',
    needs: 'an attempt over TCP that timed out, after a first one that was established',
    requires: (probe, [begin]) =>
      begin?.isConnected === true && !isUtp(probe) && probe.error?.code === 'E_CONNECT_TIMEOUT',
  },
]

const firstBytes = (probe: ProbeEvents): Uint8Array => Buffer.from(probe.raw('received'), 'hex')
const isOf = (kind: 'http' | 'tls' | 'socks' | 'other') => (probe: ProbeEvents) =>
  serviceOf(firstBytes(probe))?.kind === kind
const isEcho = (probe: ProbeEvents): boolean => {
  const received = probe.raw('received')
  return received.length >= 16 && probe.raw('sent').startsWith(received)
}
const isAsOther = ({ plan }: ProbeEvents): boolean => plan?.identity === 'other-client'

/** About what answers. */
export const SERVICE_CLAIMS: readonly FactClaim[] = [
  { sentence: 'the answer is HTTP', needs: 'bytes that begin as an answer of HTTP', requires: isOf('http') },
  { sentence: 'the answer is TLS', needs: 'bytes that begin as a record of TLS', requires: isOf('tls') },
  {
    sentence: 'the answer is that of a SOCKS server',
    needs: 'bytes of a SOCKS reply, or the words of Tor for a browser',
    requires: isOf('socks'),
  },
  {
    sentence: 'the first bytes are those of another protocol',
    needs: 'bytes that begin as those of a known protocol',
    requires: isOf('other'),
  },
  {
    sentence: 'bytes came that are not BitTorrent',
    needs: 'bytes, and on no connection a handshake for the torrent',
    requires: (probe, all) => probe.came > 0 && !all.some((one) => one.isOrdinary && isAnswered(one)),
  },
  {
    sentence: 'the bytes contain the name of the protocol',
    needs: 'bytes that contain the word BitTorrent and are not a handshake',
    requires: (probe) =>
      /BitTorrent/i.test(Buffer.from(firstBytes(probe)).toString('latin1')) && !isAnswered(probe),
  },
  {
    sentence: 'the bytes that came are the ones that were sent',
    needs: 'bytes that are the beginning of ours',
    requires: isEcho,
  },
  {
    sentence: 'the handshake that came has our own peer id',
    needs: 'a handshake with the peer id of ours',
    requires: isOwnId,
  },
  {
    sentence: 'other bytes than a handshake are not sent back',
    needs: 'a connection on which we sent something else, and it did not come back',
    requires: (probe, all) => probe.how !== 'session' && !isEcho(probe) && all.some(isOwnId),
  },
  {
    sentence: 'it has this peer id for other clients too',
    needs: 'a handshake with one peer id, for two names of ours',
    requires: (probe, all) => {
      const own = all.find(isOwnId)?.handshake('received')?.peerId
      return isAsOther(probe) && own !== undefined && probe.handshake('received')?.peerId === own
    },
  },
  {
    sentence: 'it repeats whatever peer id it is sent',
    needs: 'handshakes with the peer id of ours, for two names of ours',
    requires: (probe, all) => isAsOther(probe) && isOwnId(probe) && all.filter(isOwnId).length >= 2,
  },
  {
    sentence: 'it answered a handshake for this torrent',
    needs: 'a handshake for the torrent',
    requires: (probe) => probe.isOrdinary && isAnswered(probe),
  },
  {
    sentence: 'over TCP it answered a handshake for this torrent',
    needs: 'a handshake for the torrent over TCP',
    requires: (probe) => probe.isOrdinary && !isUtp(probe) && isAnswered(probe),
  },
  {
    sentence: 'its handshake names another torrent',
    needs: 'a handshake for another torrent',
    requires: (probe) => probe.isOrdinary && probe.handshake('received') !== undefined && !isAnswered(probe),
  },
]

/** About connections that brought nothing. */
export const SILENCE_CLAIMS: readonly FactClaim[] = [
  {
    sentence: 'it sent nothing and did not close',
    needs: 'a first connection on which neither a byte nor a close came',
    requires: (probe, all) => isFirst(probe, all) && isSilent(probe),
  },
  {
    sentence: 'no other probe brought a byte or a close',
    needs: 'at least three attempts, none with a byte or a close of the peer',
    requires: (_, all) => all.length >= 3 && all.every((one) => !one.isConnected || isSilent(one)),
  },
  {
    sentence: 'the connection was closed after the same time, whatever was sent',
    needs: 'a close without a byte in plaintext and in MSE, each more than a second after our last byte',
    requires: (probe, all) =>
      [probe, plainOf(all)[0]].every(
        (one) => one !== undefined && one.isClosedByPeer && one.came === 0 && one.closedAfterMs > AT_ONCE_MS,
      ),
  },
]
