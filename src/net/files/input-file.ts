import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { plainBytes } from '../plain-bytes.ts'
import { systemCode } from '../socket-errors.ts'
import { readError } from './read-error.ts'

/** Time between two reads of a pipe or terminal that has no data yet, in milliseconds. */
const POLL_MS = 20

const CHUNK_LENGTH = 64 * 1024

/** Limits for reading a file that the user named. */
export interface InputOptions {
  /** Maximum number of bytes to read. */
  readonly maxLength: number
  /** Ends the wait for a pipe or a terminal, with its reason. */
  readonly signal: AbortSignal
  /** What to do if it cannot be read, one line. */
  readonly hint: string
}

/**
 * Reads a file, a pipe or a device to its end. A pipe without a writer is an error: nothing could end the wait for a
 * writer, not even a signal.
 * @throws PeerError E_FILE_READ, or the reason of the signal
 */
export async function readInputFile(path: string, options: InputOptions): Promise<Uint8Array> {
  const { hint, signal } = options
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw readError(path, cause, hint)
  })
  try {
    const bytes = await readToEnd(file, options)
    if (bytes.length === 0) await expectWriter(file)
    return bytes
  } catch (cause) {
    signal.throwIfAborted()
    throw readError(path, cause, hint)
  } finally {
    await file.close()
  }
}

/** Reads a stream to its end, such as standard input. @throws PeerError E_FILE_READ, or the reason of the signal */
export async function readInputStream(
  stream: Readable,
  { maxLength, signal, hint }: InputOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      chunks.push(chunk as Uint8Array)
      length += (chunk as Uint8Array).length
      if (length >= maxLength) break
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw readError('standard input', cause, hint)
  }
  return Buffer.concat(chunks, length).subarray(0, maxLength)
}

/** Length of a chunk of a large file, in bytes. */
const LARGE_CHUNK_LENGTH = 1024 * 1024

/**
 * Reads a file, a pipe or a device chunk by chunk. The memory of a chunk is reused for the next one. A pipe without a writer is
 * an error, as above.
 * @throws PeerError E_FILE_READ, or the reason of the signal
 */
export async function* readFileChunks(
  path: string,
  { hint, signal }: Omit<InputOptions, 'maxLength'>,
): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw readError(path, cause, hint)
  })
  const buffer = new Uint8Array(LARGE_CHUNK_LENGTH)
  const read = async () => {
    for (;;) {
      signal.throwIfAborted()
      const chunk = await readInto(file, buffer)
      if (chunk !== undefined) return chunk
      await setTimeout(POLL_MS, undefined, { signal })
    }
  }
  const failed = (cause: unknown) => {
    // a wait that was ended has a reason of its own
    signal.throwIfAborted()
    throw readError(path, cause, hint)
  }
  try {
    let chunk = await read().catch(failed)
    if (chunk.length === 0) await expectWriter(file).catch(failed)
    for (; chunk.length > 0; chunk = await read().catch(failed)) yield chunk
  } finally {
    await file.close()
  }
}

/** Call it for a file without data. */
async function expectWriter(file: FileHandle): Promise<void> {
  const stats = await file.stat()
  if (stats.isFIFO()) throw new Error('it is a pipe without a writer')
}

/** As `readFileChunks`, for a stream such as standard input. */
export async function* readStreamChunks(
  stream: Readable,
  { hint, signal }: Omit<InputOptions, 'maxLength'>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of addAbortSignal(signal, stream)) yield plainBytes(chunk as Buffer)
  } catch (cause) {
    signal.throwIfAborted()
    throw readError('standard input', cause, hint)
  }
}

async function readToEnd(file: FileHandle, { maxLength, signal }: InputOptions): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length < maxLength) {
    signal.throwIfAborted()
    const chunk = await readChunk(file, Math.min(CHUNK_LENGTH, maxLength - length))
    if (chunk === undefined) await setTimeout(POLL_MS, undefined, { signal })
    else if (chunk.length === 0) break
    else {
      chunks.push(chunk)
      length += chunk.length
    }
  }
  return Buffer.concat(chunks, length)
}

function readChunk(file: FileHandle, length: number): Promise<Uint8Array | undefined> {
  return readInto(file, new Uint8Array(length))
}

/** Empty at the end; undefined if there is no data yet. */
async function readInto(file: FileHandle, buffer: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    if (systemCode(cause) === 'EAGAIN') return undefined
    throw cause
  }
}
