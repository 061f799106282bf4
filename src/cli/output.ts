import type { CliEnv, OutputStream } from './env.ts'
import type { OutputFlags } from './flags/output.ts'

/** Colours are used on terminals unless a flag or the environment overrides it. The flag takes precedence, then NO_COLOR. */
export function useColor(choice: OutputFlags['color'], stream: OutputStream, { variables }: CliEnv): boolean {
  if (choice === false) return false
  if (choice !== 'auto') return choice === 'always'
  if (isSet(variables['NO_COLOR'])) return false
  const force = variables['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return stream.isTty && variables['TERM'] !== 'dumb'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}
