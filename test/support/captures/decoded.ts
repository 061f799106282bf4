import { setImmediate as turn } from 'node:timers/promises'
import type { DecodeReport } from '../../../src/report/model/decode.ts'
import { decode } from '../../../src/run/decode/decode.ts'
import type { DecodeOptions } from '../../../src/run/decode/options.ts'

const CHUNKS_A_TURN = 4

/** Decodes bytes, in chunks whose memory is reused. */
export function decodeBytes(
  bytes: Uint8Array,
  options: Partial<DecodeOptions> = {},
  chunkLength = 1000,
): Promise<DecodeReport> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(chunkLength)
    for (let at = 0; at < bytes.length; at += chunkLength) {
      const part = bytes.subarray(at, at + chunkLength)
      buffer.set(part)
      // other tests of the process have deadlines
      if ((at / chunkLength) % CHUNKS_A_TURN === 0) await turn()
      yield buffer.subarray(0, part.length)
    }
  }
  const all = { name: 'input', hex: false, connection: undefined, filter: undefined, torrent: undefined }
  return decode({ ...all, chunks: chunks(), ...options })
}
