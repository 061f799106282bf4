import { PeerError } from '../../base/errors.ts'

/** The longest line of a list, in bytes: a magnet link has a few hundred. */
const MAX_LINE_LENGTH = 8192

const NEWLINE = 0x0a

/** One line of a list, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Undefined if it is too long, and was not kept. */
  readonly text: string | undefined
}

/** Cuts a list into lines as it comes. Keeps at most one line in memory. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void> {
  const decoder = new TextDecoder()
  let parts: Uint8Array[] = []
  let length = 0
  let number = 1
  const add = (part: Uint8Array): void => {
    length += part.length
    if (length > MAX_LINE_LENGTH) parts = []
    else if (part.length > 0) parts.push(part.slice())
  }
  /** @param last the rest of the line */
  const take = (last: Uint8Array): Line => {
    length += last.length
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last])
    const text = length > MAX_LINE_LENGTH ? undefined : decoder.decode(bytes)
    parts = []
    length = 0
    return { number: number++, text }
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const last = chunk.subarray(from, end)
      from = end + 1
      yield take(last)
    }
    add(chunk.subarray(from))
  }
  if (length > 0) yield take(new Uint8Array())
}

/** The error of a line that was not kept. */
export function tooLong(): PeerError {
  return new PeerError('E_USAGE', `it is longer than ${MAX_LINE_LENGTH} bytes`, {
    hint: 'give one HOST:PORT per line',
  })
}
