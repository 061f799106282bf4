import * as s from '../../base/schema/schema.ts'
import { envelope, error } from './envelope.ts'
import { session } from './session.ts'

const info = s.object({
  size: s.described(s.count, 'bytes of the info dictionary'),
  name: s.byteString,
  version: s.words(['v1', 'v2', 'hybrid']),
  totalLength: s.described(s.count, 'bytes of all files'),
  pieceLength: s.count,
  pieceCount: s.count,
  private: s.boolean,
  fileCount: s.count,
  files: s.described(
    s.list(s.object({ path: s.text, length: s.count })),
    'the first 10000, as they would be on disk',
  ),
  output: s.described(s.nullable(s.text), 'path of the .torrent, - for stdout, null when none was written'),
  pieceLayers: s.described(
    s.nullable(s.object({ complete: s.boolean, error: s.nullable(error) })),
    'whether the .torrent has its piece layers, and if not, why; null in v1 and when none was written',
  ),
})
/** The content of an info dictionary. */
export interface MetadataReport extends s.Infer<typeof info> {}

export const metadata = s.object({ ...envelope('metadata'), ...session, metadata: s.nullable(info) })

/** The document of `metadata`. */
export interface MetadataCommandReport extends s.Infer<typeof metadata> {}
