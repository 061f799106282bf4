import {
  CASELESS_POSIX_NAMES,
  type NameRules,
  PORTABLE_NAMES,
  POSIX_NAMES,
} from '../../wire/torrent/name-rules.ts'

/** What this system allows in file names. */
export const SYSTEM_NAMES: NameRules = rulesOf(process.platform)

function rulesOf(platform: NodeJS.Platform): NameRules {
  if (platform === 'win32') return PORTABLE_NAMES
  return platform === 'darwin' ? CASELESS_POSIX_NAMES : POSIX_NAMES
}
