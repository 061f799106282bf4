import { MAX_UNWRITTEN_CAPTURE } from '../../base/limits.ts'
import type { Report } from '../../report/judge.ts'
import type { RewriteOptions } from '../../run/decode/rewrite/options.ts'
import type { Ports } from '../../run/ports.ts'
import type { CapturedOptions } from './capture-file.ts'
import { besideRun, createSideFile } from './side-file.ts'

/**
 * Runs a use case that reads connections, and writes them as a capture.
 * @param run takes where they are written; undefined if nobody wants that
 * @throws PeerError E_FILE_EXISTS or E_FILE_WRITE before anything is read
 */
export async function withRewrittenCapture<R extends Report>(
  run: (rewrite: RewriteOptions | undefined) => Promise<R>,
  { captureFile, redactor }: CapturedOptions,
  ports: () => Promise<Pick<Ports, 'files'>>,
): Promise<R> {
  if (captureFile === undefined) return run(undefined)
  const content = { name: 'capture', unit: 'packets', limit: MAX_UNWRITTEN_CAPTURE }
  const file = await createSideFile(captureFile, content, await ports())
  const write: RewriteOptions['write'] = (bytes, packets) => file.add(bytes, packets)
  return besideRun(file, captureFile, () => run({ write, written: () => file.written(), redactor }))
}
