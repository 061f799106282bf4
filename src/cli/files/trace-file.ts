import { encodeUtf8 } from '../../base/bytes.ts'
import { MAX_UNWRITTEN_TRACE_FILE } from '../../base/limits.ts'
import { VERSION } from '../../base/version.ts'
import type { Report } from '../../report/judge.ts'
import type { SessionTrace } from '../../run/options.ts'
import type { Ports } from '../../run/ports.ts'
import { REDACTED } from '../../trace/redacted.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../trace/lines.ts'
import type { RedactedOptions } from '../redaction/options.ts'
import {
  besideRun,
  createSideFile,
  type Finish,
  NOTHING_TO_FINISH,
  type SideFileRequest,
} from './side-file.ts'

/** The options that send the trace of a session to a file: NDJSON, schema peerwire.trace/1. */
export interface TracedOptions extends RedactedOptions {
  readonly traceFile?: SideFileRequest | undefined
}

/**
 * Runs a use case and writes its trace.
 * @param run takes options that have the trace, and what completes the file
 * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE before anything is sent
 */
export async function withTraceFile<
  Options extends { readonly trace?: SessionTrace | undefined } & TracedOptions,
  R extends Report,
>(
  run: (options: Options, finish: Finish) => Promise<R>,
  options: Options,
  ports: Pick<Ports, 'files'>,
): Promise<R> {
  const { traceFile, trace, redactor } = options
  if (traceFile === undefined) return run(options, NOTHING_TO_FINISH)
  const content = { name: 'trace', unit: 'events', limit: MAX_UNWRITTEN_TRACE_FILE }
  const file = await createSideFile(traceFile, content, ports)
  const startedAt = new Date().toISOString()
  const redacted = redactor === undefined ? undefined : REDACTED
  file.add(encodeUtf8(encodeTraceHeader({ version: VERSION, startedAt, redacted })))
  let seq = 0
  const both: SessionTrace = (event) => {
    trace?.(event)
    file.add(encodeUtf8(encodeTraceEvent(event, ++seq)))
  }
  return besideRun(file, traceFile, () => run({ ...options, trace: both }, () => file.finish()))
}
