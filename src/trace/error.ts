import type { PeerError } from '../base/errors.ts'
import type { TraceError } from './event.ts'

/** What a trace keeps of an error. */
export function traceError({ code, message, offset, reference }: PeerError): TraceError {
  return {
    code,
    message,
    ...(offset !== undefined && { offset }),
    ...(reference !== undefined && { reference }),
  }
}
