import {
  MessageDecoder,
  type MessageDecoderOptions,
  type WireItem,
} from '../../../src/wire/message/decoder.ts'

export interface Decoded {
  readonly items: readonly WireItem[]
  readonly decoder: MessageDecoder
}

/** The output of a new decoder for these chunks. */
export function decodeChunks(chunks: readonly Uint8Array[], options: MessageDecoderOptions = {}): Decoded {
  const decoder = new MessageDecoder(options)
  return { items: chunks.flatMap((chunk) => decoder.push(chunk)), decoder }
}

/** Copies of consecutive parts of `bytes`, whose lengths cycle through `sizes`. */
export function cutBytes(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 0) {
    chunks.push(bytes.slice(at, at + (sizes[chunks.length % sizes.length] ?? 1)))
  }
  return chunks
}

/** Copies of the parts before and after `at`. */
export function splitBytes(bytes: Uint8Array, at: number): Uint8Array[] {
  return [bytes.slice(0, at), bytes.slice(at)]
}
