import type { Group } from '../set/run.ts'
import { CLIENTS } from './situations/clients.ts'
import { HABITS } from './situations/habits.ts'
import { FAMILY } from './situations/libtorrent.ts'
import { PATHS } from './situations/paths.ts'
import { SERVICES } from './situations/services.ts'

export const GROUPS: readonly Group[] = [
  { name: 'libtorrent and qBittorrent', situations: FAMILY },
  { name: 'Transmission, aria2, rTorrent and webtorrent', situations: CLIENTS },
  { name: 'The path', situations: PATHS },
  { name: 'Habits of other implementations', situations: HABITS },
  { name: 'Other services', situations: SERVICES },
]
