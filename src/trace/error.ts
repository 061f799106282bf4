import type { PeerError } from '../base/errors.ts'
import type { TraceError } from './event.ts'

/** The part of an error that a trace keeps. */
export function traceError({ code, message, offset, reference }: PeerError): TraceError {
  return {
    code,
    message,
    ...(offset !== undefined && { offset }),
    ...(reference !== undefined && { reference }),
  }
}
