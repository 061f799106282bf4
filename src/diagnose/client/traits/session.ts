import { FAMILY_NAMES } from '../family.ts'
import { ARIA2, LIBTORRENT, PEERWIRE, SOURCE_CODE, TRANSMISSION, WEBTORRENT } from '../sources.ts'
import { never, only, type Trait, type Weights } from '../trait.ts'

/** The reserved bits, and the order and times of messages. */
export const SESSION_TRAITS: readonly Trait[] = [
  {
    id: 'pieces-first',
    habit: 'announces its pieces before its extension handshake',
    source: 'all measured clients do the opposite',
    weights: never(...FAMILY_NAMES),
    see: ({ announcedPiecesFirst }) =>
      announcedPiecesFirst && 'announced its pieces before its extension handshake',
  },
  {
    id: 'no-fast-bit',
    habit: 'sets the bit of the extension protocol, and not that of the fast extension',
    source: SOURCE_CODE,
    weights: { rTorrent: 2, rqbit: 2, libtorrent: -2, Transmission: -2, aria2: -2, peerwire: -2 },
    see: ({ lacksFast }) => lacksFast && 'does not set the fast bit',
  },
  {
    id: 'azureus-bits',
    habit: 'sets the reserved bits of Azureus',
    source: SOURCE_CODE,
    weights: { ...never('libtorrent', 'Transmission', 'aria2', 'WebTorrent', 'peerwire'), BiglyBT: 4 },
    see: (behaviour) =>
      behaviour.sets('azureus-messaging') &&
      behaviour.sets('azureus-negotiation') &&
      'sets the reserved bits of Azureus',
  },
  {
    id: 'speaks-first',
    habit: 'sends its handshake as soon as the connection is established',
    source: 'Enhanced CTorrent dnh3.3.2',
    weights: only('CTorrent'),
    see: ({ spokeFirst }) => spokeFirst && 'sent its handshake before ours',
  },
  answersAfter(
    20,
    'sends the first part of its handshake after 20 bytes of ours, if we send it in parts',
    { 'anacrolix/torrent': 4 },
    SOURCE_CODE,
  ),
  answersAfter(
    48,
    'answers our handshake when it has the info hash, after 48 bytes, if we send it in parts',
    { libtorrent: 1, Transmission: 1, aria2: 1, rTorrent: 1, WebTorrent: -2 },
    `${LIBTORRENT}, ${TRANSMISSION}, ${ARIA2} and ${WEBTORRENT}; ${SOURCE_CODE}`,
  ),
  answersAfter(
    68,
    'answers our handshake only when it has all 68 bytes, if we send it in parts',
    { WebTorrent: 2, libtorrent: -2, Transmission: -2, aria2: -2 },
    `${LIBTORRENT}, ${TRANSMISSION}, ${ARIA2} and ${WEBTORRENT}`,
  ),
  {
    id: 'keep-alive-first',
    habit: 'sends a keep-alive in place of an empty bitfield',
    source: SOURCE_CODE,
    weights: { rTorrent: 3 },
    see: ({ keptAliveEarly }) => keptAliveEarly && 'sent a keep-alive in place of its pieces',
  },
  {
    id: 'unchokes-early',
    habit: 'unchokes before we are interested',
    source: `${LIBTORRENT}; ${SOURCE_CODE}`,
    weights: { libtorrent: 2, rqbit: 2 },
    see: ({ unchokedEarly }) => unchokedEarly && 'unchoked us before we were interested',
  },
  {
    id: 'unchokes-twice',
    habit: 'answers interested with a second unchoke',
    source: LIBTORRENT,
    weights: { libtorrent: 2 },
    see: ({ unchokedTwice }) => unchokedTwice && 'unchoked us again when we were interested',
  },
  {
    id: 'unchokes-late',
    habit: 'unchokes 2 to 10 s after interested',
    source: TRANSMISSION,
    weights: { Transmission: 1 },
    see: ({ unchokeDelayMs = 0 }) =>
      unchokeDelayMs >= 2000 &&
      unchokeDelayMs <= 10_500 &&
      `unchoked us ${Math.round(unchokeDelayMs)} ms after interested`,
  },
  {
    id: 'extension-handshake-late',
    habit: 'sends its extension handshake 500 ms or 1 s after its handshake, over TCP',
    source: TRANSMISSION,
    weights: { Transmission: 1 },
    see: ({ transport, extensionDelayMs = 0 }) =>
      transport === 'tcp' &&
      extensionDelayMs >= 450 &&
      extensionDelayMs <= 1100 &&
      `sent its extension handshake ${Math.round(extensionDelayMs)} ms after its handshake`,
  },
  {
    id: 'allowed-fast-libtorrent',
    habit: 'answers interested with 5 allowed-fast pieces, computed from the whole address',
    source: LIBTORRENT,
    weights: { libtorrent: 3 },
    see: (behaviour) =>
      behaviour.allowedFastOnInterest &&
      behaviour.computesAllowedFast('libtorrent') &&
      'allowed 5 pieces as libtorrent computes them, when we were interested',
  },
  {
    id: 'allowed-fast-aria2',
    habit: 'allows 10 pieces at once, computed from two bytes of addresses below 192.0.0.0',
    source: ARIA2,
    weights: { aria2: 2 },
    see: (behaviour) => behaviour.computesAllowedFast('aria2') && 'allowed 10 pieces as aria2 computes them',
  },
  {
    id: 'allowed-fast-bep6',
    habit: 'allows 10 pieces at once, computed as in BEP 6',
    source: `${PEERWIRE}; ${SOURCE_CODE}`,
    weights: { peerwire: 2, 'anacrolix/torrent': 1 },
    see: (behaviour) => behaviour.computesAllowedFast('bep6') && 'allowed 10 pieces as in BEP 6',
  },
]

function answersAfter(bytes: number, habit: string, weights: Weights, source: string): Trait {
  return {
    id: `answers-after-${bytes}`,
    habit,
    source,
    weights,
    see: ({ answeredAfter }) => answeredAfter === bytes && `answered after ${bytes} bytes of our handshake`,
  }
}
