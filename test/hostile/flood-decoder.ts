import { MessageDecoder } from '../../src/wire/message/decoder.ts'
import { theirHandshake } from '../support/sessions/session.ts'
import type { Flood, FloodOutcome } from './floods.ts'
import { ResidentMemory } from './resident-memory.ts'

/** Pushes a flood of so many bytes into the codec; what comes behind the end of a broken stream is pushed all the same. */
export function floodDecoder(flood: Flood, length: number): FloodOutcome {
  const decoder = new MessageDecoder()
  decoder.push(theirHandshake())
  const memory = new ResidentMemory(length)
  const { bytes, chunkLength } = flood
  // one buffer that is filled again and again, as a socket reads
  const chunk = new Uint8Array(chunkLength)
  let at = 0
  let messages = 0
  let code: string | undefined
  for (let fed = 0; fed < length; fed += chunkLength) {
    at = fill(chunk, bytes, at)
    const batch = decoder.pushBatch(chunk)
    messages += batch.messages.length
    code ??= batch.broken?.code
    memory.fed(chunkLength)
  }
  return { memory, messages, code }
}

/** Copies from `at` on, over the end to the beginning, and returns where it stopped. */
function fill(chunk: Uint8Array, bytes: Uint8Array, start: number): number {
  let at = start
  for (let i = 0; i < chunk.length; i++) {
    chunk[i] = bytes[at] ?? 0
    if (++at === bytes.length) at = 0
  }
  return at
}
