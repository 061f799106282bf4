import { LIBTORRENT, SOURCE_CODE, TRANSMISSION } from '../sources.ts'
import { only, type Trait, type Weights } from '../trait.ts'

/** Encryption and uTP. */
export const TRANSPORT_TRAITS: readonly Trait[] = [
  {
    id: 'selects-rc4',
    habit: 'selects RC4 when MSE offers plaintext as well',
    source: 'qBittorrent 4.5.2',
    weights: { libtorrent: 1 },
    see: ({ offered, selected }) =>
      offered.includes('plaintext') && selected === 'rc4' && 'selected RC4 although plaintext was offered',
  },
  {
    id: 'no-select-pad',
    habit: 'sends no pad after its selection in MSE',
    source: `${TRANSMISSION}; ${SOURCE_CODE}`,
    weights: { Transmission: 1, rTorrent: 1 },
    see: ({ selectPad }) => selectPad === 0 && 'sent no pad after its selection in MSE',
  },
  {
    id: 'utp-close-reason',
    habit: 'closes over uTP with a reason',
    source: `${LIBTORRENT}; no other client has the extension`,
    weights: only('libtorrent', 8),
    see: ({ closed }) =>
      closed?.closeReason !== undefined &&
      `closed over uTP with the reason ${closed.closeReason.name} (${closed.closeReason.code})`,
  },
  utpWindow(1_048_576, { libtorrent: 1 }, LIBTORRENT),
  utpWindow(262_144, { Transmission: 1 }, TRANSMISSION),
]

function utpWindow(bytes: number, weights: Weights, source: string): Trait {
  return {
    id: `utp-window-${bytes}`,
    habit: `offers a window of ${bytes} bytes over uTP`,
    source,
    weights,
    see: ({ closed }) => closed?.utp?.peerWindow === bytes && `offers a window of ${bytes} bytes over uTP`,
  }
}
