import { PeerError } from '../../base/errors.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { PendingBlock } from '../../wire/message/decoder.ts'

/** The peer did not unchoke us for that long, and we were interested all the time. */
export function unchokeTimeout(timeoutMs: number, { receivedCounts }: SessionState): PeerError {
  return new PeerError(
    'E_UNCHOKE_TIMEOUT',
    receivedCounts.has('unchoke')
      ? `the peer unchoked us and choked us again, and no unchoke lasted in ${timeoutMs} ms`
      : `the peer kept us choked for ${timeoutMs} ms while we were interested`,
    {
      phase: 'choking',
      reference: 'BEP 3',
      hint: 'its upload slots may be full: try again with a longer --unchoke-timeout, such as 90s',
    },
  )
}

/** How a wait for a block ended. */
export interface BlockWait {
  readonly timeoutMs: number
  /** What the block would have been of, for the sentence: `of piece 3`. */
  readonly of?: string
  /** What had come by then, the part of an unfinished block included. */
  readonly came: string
  /** The requested block that came in part. */
  readonly pending: PendingBlock | undefined
  /** What else is known, as a clause. */
  readonly note?: string
  /** What to do when nothing of a block came. */
  readonly hint: string
}

/** No whole block came for that long, and requests were outstanding. */
export function blockTimeout({ timeoutMs, of = '', came, pending, note = '', hint }: BlockWait): PeerError {
  const block = `${pending === undefined ? 'no' : 'no whole'} block${of === '' ? '' : ` ${of}`}`
  const part = pending === undefined ? '' : `, ${unfinishedBlock(pending, timeoutMs)}`
  const message = `${block} came in ${timeoutMs} ms of waiting for requests; ${came} had come${part}${note}`
  return new PeerError('E_BLOCK_TIMEOUT', message, {
    phase: 'transfer',
    hint: pending === undefined ? hint : UNFINISHED_HINT,
  })
}

const UNFINISHED_HINT =
  'the peer did answer: it is slow or stopped in the middle; a longer --block-timeout tells which'

/** How much of a block has come, and how fast. */
function unfinishedBlock({ received, length }: PendingBlock, durationMs: number): string {
  const rate = Math.round((received * 1000) / Math.max(1, durationMs))
  return `${received} of the ${length} of its unfinished block at ${rate} B/s`
}
