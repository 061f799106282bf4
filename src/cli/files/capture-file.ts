import { MAX_UNWRITTEN_CAPTURE } from '../../base/limits.ts'
import { recordCapture } from '../../net/capture/recorder.ts'
import type { Report } from '../../report/judge.ts'
import type { Ports } from '../../run/ports.ts'
import type { CapturePort } from '../../net/capture/tap.ts'
import { redactedCapture } from '../redaction/capture.ts'
import type { RedactedOptions } from '../redaction/options.ts'
import {
  besideRun,
  createSideFile,
  type Finish,
  NOTHING_TO_FINISH,
  type SideFileRequest,
} from './side-file.ts'

/** The options that write the connections of a command to a file: pcapng. */
export interface CapturedOptions extends RedactedOptions {
  readonly captureFile?: SideFileRequest | undefined
}

/**
 * Runs a use case and writes what it sends and receives as a capture.
 * @param run takes the observer of its connections, and what completes the file
 * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE before anything is sent
 */
export async function withCaptureFile<R extends Report>(
  run: (capture: CapturePort | undefined, finish: Finish) => Promise<R>,
  { captureFile, redactor }: CapturedOptions,
  ports: Pick<Ports, 'clock' | 'files'>,
): Promise<R> {
  if (captureFile === undefined) return run(undefined, NOTHING_TO_FINISH)
  const content = { name: 'capture', unit: 'packets', limit: MAX_UNWRITTEN_CAPTURE }
  const file = await createSideFile(captureFile, content, ports)
  const recorder = recordCapture({
    clock: ports.clock,
    epochMs: Date.now(),
    write: (bytes, packets) => file.add(bytes, packets),
  })
  const observer = redactor === undefined ? recorder : redactedCapture(recorder, redactor)
  const finish = () => {
    observer.end()
    return file.finish()
  }
  return besideRun(file, captureFile, async () => {
    const report = await run(observer, finish)
    observer.end()
    return report
  })
}
