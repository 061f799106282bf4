import { PeerError } from '../../base/errors.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { PendingBlock } from '../../wire/message/decoder.ts'

/** The error for a peer that did not unchoke us in time, although we were interested. */
export function unchokeTimeout(timeoutMs: number, { receivedCounts }: SessionState): PeerError {
  return new PeerError(
    'E_UNCHOKE_TIMEOUT',
    receivedCounts.has('unchoke')
      ? `the peer unchoked us and choked us again, and no unchoke lasted in ${timeoutMs} ms`
      : `the peer kept us choked for ${timeoutMs} ms while we were interested`,
    {
      phase: 'choking',
      reference: 'BEP 3',
      hint: 'try again with a longer --unchoke-timeout, such as 90s',
    },
  )
}

/** How a wait for a block ended. */
export interface BlockWait {
  readonly timeoutMs: number
  /** What the block belongs to, as part of the sentence: `of piece 3`. */
  readonly of?: string
  /** What had come by then, including the received part of an unfinished block. */
  readonly came: string
  /** A requested block that came only in part. */
  readonly pending: PendingBlock | undefined
  /** Further facts, as a clause. */
  readonly note?: string
  /** The hint to give if no part of a block came. */
  readonly hint: string
}

/** The error for a peer that did not send a whole block in time, although requests were outstanding. */
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
  'part of a block came: a slow peer, one that stopped, a path that failed and one that loses large packets look alike; try a longer --block-timeout'

/** How much of a block came, and how fast. */
function unfinishedBlock({ received, length }: PendingBlock, durationMs: number): string {
  const rate = Math.round((received * 1000) / Math.max(1, durationMs))
  return `${received} of the ${length} of its unfinished block at ${rate} B/s`
}
