import type { Station } from './situation.ts'
import { LIBTORRENT_SERVING } from './situations/libtorrent-serving.ts'
import { LIBTORRENT_SETTINGS } from './situations/libtorrent-settings.ts'
import { LIBTORRENT_STATES } from './situations/libtorrent-states.ts'

import { TRANSMISSION } from './situations/transmission.ts'

/** Every station, the slowest ones first. */
export const STATIONS: readonly Station[] = [
  TRANSMISSION,
  LIBTORRENT_SERVING,
  LIBTORRENT_STATES,
  LIBTORRENT_SETTINGS,
]
