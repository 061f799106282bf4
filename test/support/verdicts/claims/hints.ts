import { advice, type Claim, closedByPeer } from './claim.ts'
import type { Evidence } from '../evidence.ts'
import { isLoopback } from '../../../../src/wire/address.ts'

/** Whether the encryption handshake of some attempt ended so: hints of several attempts are about all of them. */
const encryptionEnded = ({ attempts }: Evidence, ...words: readonly RegExp[]): boolean =>
  attempts.some(({ error }) => error !== null && words.some((one) => one.test(error.message)))

/** Refused over TCP or uTP; if not over one transport alone, over both. */
const isRefused = (attempts: Evidence['attempts'], isOne: boolean): boolean => {
  const refused = new Set(attempts.filter(({ outcome }) => outcome === 'refused').map((one) => one.transport))
  return refused.size >= (isOne ? 1 : 2)
}

const knows = /VC proves|MSE was completed/

/** What may be behind a failure, and what to try. */
export const HINTS: readonly Claim[] = [
  {
    sentence:
      'a limit, a stopped torrent, a ban of this address or this client, another connection from this address, a defect of its MSE and a filter on the path look alike: try again later, or from another address',
    claim:
      /^a limit, a stopped torrent, a ban of this address or this client, another connection from this address, a defect of its MSE and a filter on the path look alike: try again later, or from another address$/,
    needs: 'VC from the peer, and a `closed` event by the peer',
    requires: (evidence) =>
      encryptionEnded(evidence, knows) &&
      (closedByPeer(evidence) || evidence.attempts.some(({ closedBy }) => closedBy === 'peer')),
  },
  {
    sentence:
      'it knows the torrent, so it is the right peer: a defect of its MSE, a client that hangs and a slow path look alike',
    claim:
      /^it knows the torrent, so it is the right peer: a defect of its MSE, a client that hangs and a slow path look alike$/,
    needs: 'VC from the peer, and a connection that it did not close',
    requires: (evidence) => encryptionEnded(evidence, knows) && !closedByPeer(evidence),
  },
  {
    sentence:
      'an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, a defect of its MSE, a filter on the path and another service look alike: check the info hash',
    claim:
      /^an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, a defect of its MSE, a filter on the path and another service look alike: check the info hash$/,
    needs:
      '96 bytes that can be a public key, no VC, and a shared secret that does not begin with zero; the hash of the torrent was sent, and the peer closed',
    requires: (evidence) =>
      encryptionEnded(evidence, /(?:closed|was reset) after .*can be a public key/) &&
      !encryptionEnded(evidence, knows, /says nothing of the torrent/),
  },
  {
    sentence:
      'an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, a client that accepts only uTP, a filter on the path and another service look alike',
    claim:
      /^an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address, (a client that accepts only uTP, )?a filter on the path and another service look alike$/,
    needs:
      'a plaintext attempt that failed without a byte, and MSE that ended before a public key; with "only uTP", no attempt over uTP',
    requires: ({ attempts }, [utpOnly]) =>
      attempts.some(({ encryption, bytesReceived }) => encryption === 'plaintext' && bytesReceived === 0) &&
      (utpOnly === undefined) === attempts.some(({ transport }) => transport === 'utp'),
  },
  {
    sentence:
      'a client without MSE or without an active torrent, a limit, a ban of this address, another connection from this address, a filter on the path and another service look alike: try --encryption off',
    claim:
      /^a client without MSE or without an active torrent, a limit, a ban of this address, another connection from this address, a filter on the path and another service look alike: try --encryption off$/,
    needs: 'MSE that the peer ended before a public key',
    requires: (evidence) =>
      closedByPeer(evidence) && !evidence.step('public-key-received') && evidence.handshake === undefined,
  },
  {
    sentence:
      'a client without MSE, one that hangs, a slow path, a filter on the path and another service look alike: try --encryption off',
    claim:
      /^a client without MSE, one that hangs, a slow path, a filter on the path and another service look alike: try --encryption off$/,
    needs: 'MSE that we gave up before a public key',
    requires: (evidence) => evidence.end?.by === 'us' && !evidence.step('public-key-received'),
  },
  {
    sentence: 'try a longer --handshake-timeout',
    claim: /^try a longer --handshake-timeout$/,
    needs: 'MSE that we gave up before VC',
    requires: (evidence) => encryptionEnded(evidence, /we closed after/) && !encryptionEnded(evidence, knows),
  },
  {
    sentence:
      'a client that hangs, another service and a path that drops plaintext look alike: check the port, or try --encryption require',
    claim:
      /^a client that hangs, another service and a path that drops plaintext look alike: check the port, or try --encryption require$/,
    needs: 'a plaintext connection on which no byte came until we gave up, and no attempt with MSE after it',
    requires: ({ attempts, end }) =>
      end?.by === 'us' && attempts.at(-1)?.encryption === 'plaintext' && attempts.at(-1)?.bytesReceived === 0,
  },
  {
    sentence: 'another service looks like this: check the port',
    claim: /^another service looks like this: check the port$/,
    needs: 'text, or our own public key, where the public key of the peer belongs',
    requires: (evidence) =>
      encryptionEnded(evidence, /does not speak MSE/) && !encryptionEnded(evidence, knows),
  },
  {
    sentence: 'check the port, or try --encryption off',
    claim: /^check the port, or try --encryption off$/,
    needs: '96 bytes that can be a public key or are a degenerate one, and no VC in what followed',
    requires: (evidence) =>
      encryptionEnded(evidence, /not valid MSE/, /not in the range 2 to P-2/) &&
      !encryptionEnded(evidence, knows),
  },
  {
    sentence: 'it answers MSE with a plaintext handshake: it speaks BitTorrent, and not MSE',
    claim:
      /^it answers MSE with a plaintext handshake, so BitTorrent is there: try again with --encryption off$/,
    needs: 'a plaintext handshake where the public key belongs',
    requires: (evidence) => encryptionEnded(evidence, /plaintext handshake/),
  },
  {
    sentence: 'it claims the piece and does not give it: try another piece, or ask again later',
    claim: /^it claims the piece and does not give it: try another piece, or ask again later$/,
    needs: 'a reject from the peer',
    requires: (evidence) => evidence.received('reject'),
  },
  {
    sentence: 'this peer sends bad data for the piece',
    claim: /^this peer sends bad data for the (?:piece|block)$/,
    needs: 'blocks from the peer',
    requires: (evidence) => evidence.received('piece'),
  },
  {
    sentence:
      'part of a block came: a slow peer, one that stopped, a path that failed and one that loses large packets look alike',
    claim:
      /^part of a block came: a slow peer, one that stopped, a path that failed and one that loses large packets look alike$/,
    needs: 'part of a block, or blocks',
    requires: (evidence) => (evidence.end?.pending ?? 0) > 0 || evidence.received('piece'),
  },
  advice('try a longer --block-timeout', /^try a longer --block-timeout$/),
  {
    sentence:
      'a peer that ignores requests, a slow one, a path that failed and one that loses large packets look alike: try a longer --block-timeout, or --length 256',
    claim:
      /^a peer that ignores requests, a slow one, a path that failed and one that loses large packets look alike: try a longer --block-timeout, or --length 256$/,
    needs: 'a request of ours, and no block of its piece',
    requires: (evidence) => evidence.sent('request') && !answersLast(evidence),
  },
  {
    sentence:
      'some of the requests were answered, and then nothing came: a longer --block-timeout shows whether it goes on',
    claim:
      /^some of the requests were answered, and then nothing came: a longer --block-timeout shows whether it goes on$/,
    needs: 'a request of ours, and a block of its piece',
    requires: (evidence) => evidence.sent('request') && answersLast(evidence),
  },
  advice(
    'what to type next',
    /^(?:try again later, with --encryption require|peerwire explain says what codes and findings mean)$/,
  ),
  advice(
    'a firewall, a router without a port forward, a machine that is down and a client that hangs look the same',
    /^a firewall, a router without a port forward, a machine that is down and a client that hangs look the same$/,
  ),
  {
    sentence: 'a client that hangs and a firewall on this machine look the same',
    claim: /^a client that hangs and a firewall on this machine look the same$/,
    needs: 'an attempt at a loopback address that was not answered',
    requires: ({ attempts }) =>
      attempts.some(({ address, outcome }) => outcome === 'timeout' && isLoopback(address ?? '')),
  },
  {
    sentence:
      'is the client running, on this port, for this address family and this transport? a firewall that rejects looks the same',
    claim:
      /^is the client running, on this port(?:, for| and for) this address family( and this transport)?\? a firewall that rejects looks the same$/,
    needs: 'an attempt that was refused; without "this transport", over both',
    requires: ({ attempts }, [oneTransport]) => isRefused(attempts, oneTransport !== undefined),
  },
  {
    sentence:
      'is the client running, on this port and over this transport? one that listens on another address of this machine looks the same',
    claim:
      /^is the client running, on this port( and over this transport)?\? one that listens on another address of this machine looks the same$/,
    needs:
      'an attempt at a loopback address that was refused; without "this transport", over both transports',
    requires: ({ attempts }, [oneTransport]) =>
      isRefused(attempts, oneTransport !== undefined) &&
      attempts.every(({ address }) => isLoopback(address ?? '')),
  },
  {
    sentence:
      'a client without uTP, one that is not running and a firewall that rejects look the same: try --transport tcp',
    claim:
      /^a client without uTP(?:, one that is not running and a firewall that rejects| and one that is not running) look the same: try --transport tcp$/,
    needs: 'an attempt over uTP that was refused; without "a firewall", at a loopback address',
    requires: ({ attempts }) =>
      attempts.some(({ transport, outcome }) => transport === 'utp' && outcome === 'refused'),
  },
  advice(
    'a client without uTP, one without an active torrent, one that hangs, a firewall and a machine that is down look the same: try --transport tcp',
    /^a client without uTP, one without an active torrent, one that hangs, a firewall and a machine that is down look the same: try --transport tcp$/,
  ),
  {
    sentence:
      'UDP of this port is not in use or is rejected, and TCP is not answered: check the port, and the firewall of the peer',
    claim:
      /^UDP of this port is not in use or is rejected, and TCP is not answered: check the port, and the firewall of the peer$/,
    needs: 'a TCP attempt that was not answered, and a uTP attempt that was refused',
    requires: ({ attempts }) =>
      attempts.some(({ transport, outcome }) => transport === 'tcp' && outcome === 'timeout') &&
      attempts.some(({ transport, outcome }) => transport === 'utp' && outcome === 'refused'),
  },
  advice(
    'try again with a longer --unchoke-timeout, such as 90s',
    /^try again with a longer --unchoke-timeout, such as 90s$/,
  ),
  advice(
    'if it is the v2 hash of the same hybrid torrent, use the .torrent, or a magnet link with both hashes',
    /^if it is the v[12] hash of the same hybrid torrent, use the \.torrent, or a magnet link with both hashes$/,
  ),
  advice(
    'check the address, the port, the proxy, the route or this machine',
    /^(?:check the spelling of the host name|check the address.*|check that this machine has.*|check the network of this machine|a firewall that rejects is likely|a router that knows no way to that machine and a block on this machine look the same|the report came late, as after a search on the link: check the address, and that the machine is running)$/,
  ),
  advice('give it longer with --timeout', /^give it longer with --timeout$/),
  advice('nothing was written', /^nothing (?:of it )?was written$/),
  advice(
    'peerwire why waits for a super-seeder, which announces its pieces one by one',
    /^peerwire why waits for a super-seeder, which announces its pieces one by one$/,
  ),
  advice(
    'peerwire connect --bitfield shows which pieces it announced',
    /^peerwire connect --bitfield shows which pieces it announced$/,
  ),
  advice(
    'try again: the next connection has another secret',
    /^try again: the next connection has another secret$/,
  ),
  advice(
    'ask another peer',
    /^(?:it may lack the metadata itself: ask another peer|ask a peer that has the metadata|clients do not offer it for private torrents, and some never do: use the \.torrent instead|the peer sent wrong or damaged metadata: ask another peer|the metadata has the other given hash: check that both hashes are of one torrent|get the metadata from another peer, or use a \.torrent|every peer of this info hash has the same metadata: take another torrent|fetch it from another peer with the same -o|what it had is in its place|the peer is not to blame: get the torrent anew from whoever made it|get the rest from another peer with the same -o|what is verified stays: run the same command again to go on from there|another torrent, a count of v1 pieces for those of v2 and a defect of the peer look alike)$/,
  ),
  advice(
    'this is often the web interface of the client: look for the port on which it accepts peers',
    /^this is often the web interface of the client: look for the port on which it accepts peers$/,
  ),
  advice(
    'look for the port on which the client accepts peers',
    /^look for the port on which the client accepts peers$/,
  ),
]

/** Whether a block came of the piece that was requested last. */
function answersLast(evidence: Evidence): boolean {
  const last = evidence.messages('sent').findLast(({ type }) => type === 'request')
  return evidence
    .messages('received')
    .some((one) => one.type === 'piece' && last?.type === 'request' && one.piece === last.piece)
}
