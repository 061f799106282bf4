import type { Group } from '../set/run.ts'
import { MACHINE } from './situations/machine.ts'
import { PAIRS } from './situations/pairs.ts'
import { PATHS } from './situations/paths.ts'
import { SERVICES } from './situations/services.ts'
import { TIMES } from './situations/time.ts'

export const GROUPS: readonly Group[] = [
  { name: 'Two causes at once', situations: PAIRS },
  { name: 'What changes while we look', situations: TIMES },
  { name: 'Other services', situations: SERVICES },
  { name: 'The path', situations: PATHS },
  { name: 'Our own machine', situations: MACHINE },
]
