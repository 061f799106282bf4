import { beginsAsHandshake, type Claim, closedByPeer, isEncrypted, isForeign, PROTOCOL } from './claim.ts'
import type { Evidence } from '../evidence.ts'

const failedWith =
  (...codes: readonly string[]) =>
  ({ attempt }: Evidence): boolean =>
    attempt?.error !== null && attempt !== undefined && codes.includes(attempt.error.code)

const notConnected = ({ attempt, isConnected }: Evidence): boolean =>
  !isConnected && attempt !== undefined && attempt.bytesReceived === 0

/** Whether attempts over both transports came to this, without a connection. */
const isOverBoth = ({ report }: Evidence, outcome: string): boolean =>
  ['tcp', 'utp'].every((transport) =>
    report.attempts.some(
      (one) => one.transport === transport && one.outcome === outcome && one.closedBy === null,
    ),
  )

/** Whether the connection is there, and the handshake of the peer is not. */
const unmet = (evidence: Evidence): boolean => evidence.isConnected && evidence.handshake === undefined

/** Getting a connection, and the two handshakes. */
export const MEETING: readonly Claim[] = [
  {
    sentence: 'ADDRESS refused the connection',
    claim: /^\S+ refused the connection(, over TCP and over uTP)?$/,
    needs:
      'an attempt without a connection that the system reports as refused, over both transports if it says so',
    requires: (evidence, [both]) =>
      notConnected(evidence) &&
      failedWith('E_CONNECT_REFUSED')(evidence) &&
      (both === undefined || isOverBoth(evidence, 'refused')),
  },
  {
    sentence: 'ADDRESS refused the uTP connection: REASON',
    claim: /^\S+ refused the uTP connection: (?:the peer answered with a RESET|.+)$/,
    needs: 'a uTP attempt without a connection that was refused',
    requires: (evidence) =>
      notConnected(evidence) &&
      evidence.attempt?.transport === 'utp' &&
      failedWith('E_CONNECT_REFUSED')(evidence),
  },
  {
    sentence: 'ADDRESS did not answer within N ms',
    claim: /^\S+ did not answer within [^,]+(, over TCP and over uTP)?$/,
    needs: 'an attempt without a connection that timed out, over both transports if it says so',
    requires: (evidence, [both]) =>
      notConnected(evidence) &&
      failedWith('E_CONNECT_TIMEOUT')(evidence) &&
      (both === undefined || isOverBoth(evidence, 'timeout')),
  },
  {
    sentence: 'the network says that ADDRESS cannot be reached, in one of several ways',
    claim:
      /^(?:the system reports that there is no route to \S+|the connection to \S+ was rejected at once|no machine was found at \S+|the network interface for \S+ is down|the connection to \S+ failed) \([A-Z]+\)$/,
    needs: 'an attempt without a connection, with the code of the system',
    requires: (evidence) => notConnected(evidence) && failedWith('E_CONNECT_UNREACHABLE')(evidence),
  },
  {
    sentence: 'cannot reach the proxy, or the proxy did not connect to ADDRESS',
    claim: /^(?:cannot reach the proxy: .+|the proxy .+)$/,
    needs: 'an attempt without a connection, in phase proxy',
    requires: (evidence) => notConnected(evidence) && evidence.attempt?.phase === 'proxy',
  },
  {
    sentence: 'HOST does not resolve, or has no address',
    claim: /^(?:\S+ has no address|\S+ does not resolve.*|\S+ cannot be resolved.*)$/,
    needs: 'an attempt without a connection, in phase resolve',
    requires: (evidence) => notConnected(evidence) && evidence.attempt?.phase === 'resolve',
  },
  {
    sentence: 'ADDRESS answers with N datagrams that cannot be used as uTP: REASON',
    claim: /^\S+ answers with (?:a datagram|\d+ datagrams) that cannot be used as uTP: .+$/,
    needs: 'a uTP attempt without a connection',
    requires: (evidence) => notConnected(evidence) && evidence.attempt?.transport === 'utp',
  },
  {
    sentence: 'no byte was received in N ms',
    claim: /^no byte was received in \d+ ms$/,
    needs: 'a `closed` event by us and no byte of a handshake; over plaintext no byte at all',
    requires: (evidence) =>
      unmet(evidence) &&
      evidence.end?.by === 'us' &&
      evidence.end.pending === 0 &&
      (isEncrypted(evidence) || evidence.came === 0),
  },
  {
    sentence: 'only N of 68 bytes of a handshake were received in M ms',
    claim: /^only (\d+) of 68 bytes of a handshake were received in \d+ ms$/,
    needs: 'a `closed` event by us, this many bytes, which begin a handshake',
    requires: (evidence, [count]) =>
      unmet(evidence) &&
      evidence.end?.by === 'us' &&
      evidence.end.pending === Number(count) &&
      (isEncrypted(evidence) || beginsAsHandshake(evidence.bytes)),
  },
  {
    sentence: 'only N bytes that do not begin a handshake were received in M ms',
    claim: /^only (?:one byte|(\d+) bytes) that do not begin a handshake were received in \d+ ms$/,
    needs: 'a `closed` event by us, this many bytes, which do not begin a handshake',
    requires: (evidence, [count]) =>
      unmet(evidence) &&
      evidence.end?.by === 'us' &&
      evidence.end.pending === Number(count ?? 1) &&
      isForeign(evidence),
  },
  {
    sentence: 'the peer answers with PROTOCOL, not with a BitTorrent handshake',
    claim:
      /^the peer answers with (?:HTTP|TLS|an SSH banner|a SOCKS proxy|another protocol, or an encrypted one), not with a BitTorrent handshake$/,
    needs: 'bytes that are not a handshake',
    requires: isForeign,
  },
  {
    sentence: 'the length of the protocol name is N, expected 19',
    claim: /^the length of the protocol name is (\d+), expected 19$/,
    needs: 'bytes that begin with this number and then as a handshake does',
    requires: (evidence, [length]) =>
      isForeign(evidence) &&
      (isEncrypted(evidence) ||
        (evidence.bytes[0] === Number(length) &&
          PROTOCOL.startsWith(`\u0013${Buffer.from(evidence.bytes.subarray(1, 5)).toString('latin1')}`))),
  },
  {
    sentence: 'the peer answers with another info hash, HASH',
    claim: /^the peer answers with another info hash, ([0-9a-f]{40})$/,
    needs: 'a handshake of the peer with this hash, which is not ours',
    requires: ({ handshake, localHandshake }, [hash]) =>
      handshake?.infoHash === hash && localHandshake?.infoHash !== hash,
  },
  {
    sentence: 'the handshake carries our own peer id: we connected to ourselves, or to an echo',
    claim: /^the handshake carries our own peer id: we connected to ourselves, or to an echo$/,
    needs: 'two handshakes with the same peer id',
    requires: ({ handshake, localHandshake }) =>
      handshake !== undefined && handshake.peerId === localHandshake?.peerId,
  },
  {
    sentence: 'MSE was completed, which proves that the peer knows the torrent',
    claim: /^MSE was completed, which proves that the peer knows the torrent$/,
    needs: 'the encryption step `established`',
    requires: isEncrypted,
  },
  {
    sentence: 'VC proves that it knows the torrent',
    claim: /^VC proves that it knows the torrent$/,
    needs: 'the encryption step `synchronised`',
    requires: (evidence) => evidence.step('synchronised'),
  },
  {
    sentence: 'N bytes that can be a public key, without a proof that it knows the torrent (VC)',
    claim:
      /^.* after (?:\d+ ms and )?(\d+) bytes that can be a public key, without a proof that it knows the torrent \(VC\)$/,
    needs: 'the encryption step `public-key-received`, and no `synchronised`',
    requires: (evidence, [count]) =>
      Number(count) >= 96 && evidence.step('public-key-received') && !evidence.step('synchronised'),
  },
  {
    sentence: 'N bytes, fewer than the 96 of a public key',
    claim: /^.* after (?:\d+ ms and )?(\d+) bytes, fewer than the 96 of a public key$/,
    needs: 'no step `public-key-received`, and fewer bytes than 96',
    requires: (evidence, [count]) => Number(count) < 96 && !evidence.step('public-key-received'),
  },
  {
    sentence: '… after VC, before the end of crypto_select',
    claim: /^.* VC, before the end of crypto_select$/,
    needs: 'the encryption step `synchronised`, and no `select-received`',
    requires: (evidence) => evidence.step('synchronised') && !evidence.step('select-received'),
  },
  {
    sentence: '… after crypto_select, before the end of PadD',
    claim: /^.* crypto_select, before the end of PadD$/,
    needs: 'the encryption step `select-received`, and no `established`',
    requires: (evidence) => evidence.step('select-received') && !isEncrypted(evidence),
  },
  {
    sentence: 'the peer sent N bytes that are not valid MSE: the encrypted VC is not in the first M',
    claim: /^the peer sent (\d+) bytes that are not valid MSE: the encrypted VC is not in the first (\d+)$/,
    needs: 'at least M bytes received, and no step `synchronised`',
    requires: (evidence, [count, limit]) =>
      !evidence.step('synchronised') &&
      evidence.came === Number(count) &&
      Number(count) >= Number(limit) &&
      evidence.end?.by !== 'peer',
  },
  {
    sentence: 'the peer sent our own public key back: it does not speak MSE',
    claim: /^the peer sent our own public key back: it does not speak MSE$/,
    needs: 'at least 96 bytes and no step `public-key-received`',
    requires: (evidence) => evidence.came >= 96 && !evidence.step('public-key-received'),
  },
  {
    sentence: 'the peer sent text where its public key belongs: it does not speak MSE',
    claim: /^the peer sent text where its public key belongs: it does not speak MSE$/,
    needs: 'at least 96 bytes, all of them text',
    requires: ({ bytes }) =>
      bytes.length >= 96 && /^[\t-\r -~]{96}/.test(Buffer.from(bytes.subarray(0, 96)).toString('latin1')),
  },
  {
    sentence: 'the peer sent a plaintext handshake where its public key belongs',
    claim: /^the peer sent a plaintext handshake where its public key belongs$/,
    needs: 'bytes that begin a handshake',
    requires: ({ bytes }) => bytes.length >= 20 && beginsAsHandshake(bytes),
  },
  {
    sentence: 'the public key from the peer is not in the range 2 to P-2',
    claim: /^the public key from the peer is not in the range 2 to P-2$/,
    needs: '96 bytes received, and no step `public-key-received`',
    requires: (evidence) => evidence.came >= 96 && !evidence.step('public-key-received'),
  },
  {
    sentence: 'crypto_select is N, but we offered METHODS',
    claim: /^crypto_select is \d+, but we offered (?:plaintext|rc4|plaintext, rc4)$/,
    needs: 'the encryption step `synchronised`, and no `select-received`',
    requires: (evidence) => evidence.step('synchronised') && !evidence.step('select-received'),
  },
  {
    sentence: 'PadD has N bytes, more than 512',
    claim: /^PadD has \d+ bytes, more than 512$/,
    needs: 'the encryption step `synchronised`, and no `established`',
    requires: (evidence) => evidence.step('synchronised') && !isEncrypted(evidence),
  },
  {
    sentence:
      'the shared secret began with a zero byte, which some clients get wrong, so this says nothing of the torrent',
    claim:
      /^the shared secret began with a zero byte, which some clients get wrong, so this says nothing of the torrent$/,
    needs: 'an encryption event that says so, and no step `synchronised`',
    requires: (evidence) =>
      !evidence.step('synchronised') &&
      evidence.events.some((event) => event.type === 'encryption' && event.secretBeginsWithZero === true),
  },
  {
    sentence:
      'it started its handshake and closed before it sent an info hash: an unknown or stopped torrent, a limit, a ban of this address or this client, another connection from this address and a filter on the path look alike',
    claim:
      /^it started its handshake and closed before it sent an info hash: an unknown or stopped torrent, a limit, a ban of this address or this client, another connection from this address and a filter on the path look alike$/,
    needs:
      'bytes that begin a handshake, fewer than 48, a FIN of the peer, and all of our handshake sent: bytes that it had not read would have made it an RST',
    requires: (evidence) =>
      closedByPeer(evidence, 'fin') &&
      !isEncrypted(evidence) &&
      evidence.came >= 20 &&
      evidence.came < 48 &&
      beginsAsHandshake(evidence.bytes) &&
      (evidence.end?.bytesSent ?? 0) >= 68,
  },
]
