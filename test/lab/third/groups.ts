import type { Group } from '../set/run.ts'
import { CLIENTS } from './situations/clients.ts'
import { HABITS } from './situations/habits.ts'
import { LIBTORRENT } from './situations/libtorrent.ts'
import { MACHINE } from './situations/machine.ts'
import { PATHS } from './situations/paths.ts'
import { SERVICES } from './situations/services.ts'

export const GROUPS: readonly Group[] = [
  { name: 'rTorrent and Transmission', situations: CLIENTS },
  { name: 'libtorrent, and what is in front of it', situations: LIBTORRENT },
  { name: 'Habits of other implementations', situations: HABITS },
  { name: 'Other services', situations: SERVICES },
  { name: 'The path', situations: PATHS },
  { name: 'Our own machine', situations: MACHINE },
]
