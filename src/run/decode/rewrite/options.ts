import type { Redactor } from '../../../report/redact/redactor.ts'
import type { WriteBlocks } from '../../../session/capture/packet-slab.ts'
import type { CaptureOrigin } from '../../../session/capture/capture-writer.ts'

/** Where a capture is written again, and how. */
export interface RewriteOptions {
  /** Takes the bytes of the file, in order. */
  readonly write: WriteBlocks
  /** Waits until what was written is on its way, so that nothing piles up. */
  readonly written?: () => Promise<void>
  /** Undefined to write everything as it is. */
  readonly redactor: Redactor | undefined
}

/** Said in addition. */
const REDACTED_COMMENT =
  ' Redacted: addresses, hashes, peer ids and names are pseudonyms, block data is zeros, and bytes that are not messages of BitTorrent are replaced by noise, by dots, or left out.'

/** What a file says of where it is from, and whether it is redacted. */
export function originOf(origin: CaptureOrigin, { redactor }: RewriteOptions): CaptureOrigin {
  return redactor === undefined ? origin : { ...origin, comment: origin.comment + REDACTED_COMMENT }
}
