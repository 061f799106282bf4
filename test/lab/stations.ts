import type { Station } from './situation.ts'
import { ARIA2, ENCRYPTED_ARIA2 } from './situations/aria2.ts'
import { FAULTS } from './situations/faults.ts'
import { LIBTORRENT_SERVING } from './situations/libtorrent-serving.ts'
import { LIBTORRENT_SETTINGS } from './situations/libtorrent-settings.ts'
import { LIBTORRENT_STATES } from './situations/libtorrent-states.ts'
import { PATHS } from './situations/paths.ts'
import { QBITTORRENT } from './situations/qbittorrent.ts'
import { RELAYS } from './situations/relays.ts'
import { MISTAKEN_PORTS, SERVICES_STATION } from './situations/services.ts'
import { TRANSMISSION } from './situations/transmission.ts'
import { INCOMPLETE_WEBTORRENT, WEBTORRENT } from './situations/webtorrent.ts'

/** Every station, the slowest ones first. */
export const STATIONS: readonly Station[] = [
  FAULTS,
  SERVICES_STATION,
  PATHS,
  RELAYS,
  TRANSMISSION,
  LIBTORRENT_SERVING,
  QBITTORRENT,
  LIBTORRENT_STATES,
  ARIA2,
  LIBTORRENT_SETTINGS,
  ENCRYPTED_ARIA2,
  WEBTORRENT,
  INCOMPLETE_WEBTORRENT,
  MISTAKEN_PORTS,
]
