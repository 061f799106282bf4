import { PeerError } from '../base/errors.ts'
import type { ErrorReport } from './model/envelope.ts'

/** An error in the form of the documents. Anything but a PeerError or the limit of open files is a bug in peerwire. */
export function errorReport(error: unknown): ErrorReport {
  if (error instanceof PeerError) {
    return { code: error.code, phase: error.phase ?? null, message: error.message, hint: error.hint ?? null }
  }
  const limit = error instanceof Error && 'code' in error ? OPEN_FILES[String(error.code)] : undefined
  if (limit !== undefined) {
    return {
      code: 'E_FILE_READ',
      phase: null,
      message: `peerwire cannot open its files: ${limit.what}`,
      hint: limit.hint,
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 'E_INTERNAL',
    phase: null,
    message: `this is a bug in peerwire: ${message}`,
    hint: 'run again with -v for the place, and report it',
  }
}

const OPEN_FILES: { readonly [code: string]: { readonly what: string; readonly hint: string } } = {
  EMFILE: { what: 'this process has too many open files', hint: 'raise its limit (ulimit -n)' },
  ENFILE: { what: 'the system has too many open files', hint: 'close other programs, or raise the limit' },
}
