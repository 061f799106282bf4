import { fileURLToPath } from 'node:url'
import { readFileChunks } from '../net/files/input-file.ts'
import type { DecodeReport } from '../report/model/decode.ts'
import { decode as runDecode } from '../run/decode/decode.ts'
import { checkWhole } from './check.ts'
import type { DecodeInput, DecodeSettings } from './options.ts'
import { readTarget } from './read-target.ts'
import { signalOf } from './session.ts'

/**
 * Dissects a capture, a trace, or the bytes of one direction of a connection. An input that cannot be read, or not to its end,
 * is an error in the report, beside what comes before.
 *
 * @param input a path, bytes, or chunks
 * @throws PeerError E_USAGE when the chosen connection is not in the capture, E_BAD_HASH, E_BAD_TORRENT, E_FILE_READ
 */
export async function decode(input: DecodeInput, options: DecodeSettings = {}): Promise<DecodeReport> {
  const { hex = false, connection, filter, trace } = options
  checkWhole('connection', connection, 1, Number.MAX_SAFE_INTEGER)
  const signal = signalOf(options)
  const { infoHash, torrent } = options
  const isKnown = infoHash !== undefined || torrent !== undefined
  const target = isKnown
    ? await readTarget({ infoHash, torrent } as Parameters<typeof readTarget>[0], signal)
    : undefined
  const { name, chunks } = openInput(input, signal)
  return runDecode({ name, chunks, hex, connection, filter, torrent: target?.torrent, trace })
}

function openInput(
  input: DecodeInput,
  signal: AbortSignal,
): { readonly name: string; readonly chunks: AsyncIterable<Uint8Array> } {
  if (input instanceof Uint8Array) return { name: '-', chunks: oneChunk(input) }
  if (typeof input !== 'string' && !(input instanceof URL)) return { name: '-', chunks: input }
  const path = typeof input === 'string' ? input : fileURLToPath(input)
  return {
    name: path,
    chunks: readFileChunks(path, { signal, hint: 'give the path of a capture or a trace' }),
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}
