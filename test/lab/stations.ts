import type { Station } from './situation.ts'
import { LIBTORRENT_SERVING } from './situations/libtorrent-serving.ts'
import { LIBTORRENT_SETTINGS } from './situations/libtorrent-settings.ts'
import { LIBTORRENT_STATES } from './situations/libtorrent-states.ts'

/** Every station, the slowest ones first. */
export const STATIONS: readonly Station[] = [LIBTORRENT_SERVING, LIBTORRENT_STATES, LIBTORRENT_SETTINGS]
