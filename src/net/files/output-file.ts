import { constants } from 'node:fs'
import { link, lstat, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { PeerError } from '../../base/errors.ts'
import { systemCode } from '../socket-errors.ts'
import { changed, writeError } from './write-error.ts'

/** A file that appears under its final name only when it is complete. */
export interface OutputFile {
  /**
   * @param signal ends the wait for a pipe without a reader, with its reason
   * @throws PeerError E_DISK_FULL or E_FILE_WRITE, or the reason of the signal
   */
  write(bytes: Uint8Array, signal?: AbortSignal): Promise<void>
  /** Gives the file its final name. @throws PeerError E_FILE_EXISTS if the name was taken in the meantime */
  commit(): Promise<void>
  /** Removes what was written; has no effect after `commit`. */
  discard(): Promise<void>
}

/**
 * Creates a file beside its final place, with a temporary name, so that errors appear before a peer is contacted.
 *
 * @param path the final path
 * @param force whether it may replace an existing file
 * @param token makes the temporary name unique
 * @throws PeerError E_FILE_EXISTS, E_FILE_WRITE
 */
export async function createOutputFile(path: string, force: boolean, token: string): Promise<OutputFile> {
  if (await isDevice(path)) return openDevice(path)
  await checkExisting(path, force)
  // does not include the name itself, which may already have the maximum length
  const temporary = join(dirname(path), `.peerwire-${token}.part`)
  const file = await open(temporary, 'wx').catch((cause: unknown) => {
    throw systemCode(cause) === 'ENOENT' ? noFolder(path, cause) : writeError(path, cause)
  })
  const { commitClose, discardClose } = closeOnce(file, path)
  return {
    write: (bytes, signal) => writeAll(file, bytes, path, signal),
    commit: async () => {
      await commitClose()
      await place(temporary, path, force)
    },
    discard: async () => {
      // a failed close has been reported by `commit`, or does not matter because the file is removed
      await discardClose()
      await rm(temporary, { force: true })
    },
  }
}

/** A device or a pipe, which is written directly: renaming over it would remove it. */
async function isDevice(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isCharacterDevice() === true || found?.isFIFO() === true
}

/** A pipe without a reader is an error: nothing could end the wait for a reader, not even a signal. */
async function openDevice(path: string): Promise<OutputFile> {
  const file = await open(path, constants.O_WRONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw systemCode(cause) === 'ENXIO' ? unread(path, cause) : writeError(path, cause)
  })
  const { commitClose, discardClose } = closeOnce(file, path)
  return {
    write: (bytes, signal) => writeAll(file, bytes, path, signal),
    commit: commitClose,
    discard: discardClose,
  }
}

function unread(path: string, cause: unknown): PeerError {
  return new PeerError('E_FILE_WRITE', `cannot write ${path}: it is a pipe or a device without a reader`, {
    hint: 'start its reader first, or use the name of a file',
    cause,
  })
}

/** One close for `commit`, which reports its failure, and `discard`, which does not. */
function closeOnce(file: FileHandle, path: string) {
  let closed: Promise<void> | undefined
  const close = () => (closed ??= file.close())
  const commitClose = () =>
    close().catch((cause: unknown) => {
      throw writeError(path, cause)
    })
  return { commitClose, discardClose: () => close().catch(() => undefined) }
}

/** Time between two attempts to write to a full pipe, in milliseconds. */
const POLL_MS = 20

/** The errors of file systems that do not support links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) {
      signal?.throwIfAborted()
      const written = await writeSome(file, bytes, at)
      if (written === 0) await setTimeout(POLL_MS, undefined, signal === undefined ? {} : { signal })
      at += written
    }
  } catch (cause) {
    signal?.throwIfAborted()
    throw writeError(path, cause)
  }
}

/** Returns 0 if a pipe is full. */
async function writeSome(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  try {
    return (await file.write(bytes, at)).bytesWritten
  } catch (cause) {
    if (systemCode(cause) === 'EAGAIN') return 0
    throw cause
  }
}

/** `rename` would replace a file that was created in the meantime; `link` does not. */
async function place(temporary: string, path: string, force: boolean): Promise<void> {
  try {
    if (force || !(await linked(temporary, path))) await rename(temporary, path)
    else await rm(temporary)
  } catch (cause) {
    if (cause instanceof PeerError) throw cause
    if (systemCode(cause) === 'EEXIST') throw exists(path)
    // it existed when it was written
    if (systemCode(cause) === 'ENOENT') throw changed(path, 'removed')
    throw writeError(path, cause)
  }
}

/** Returns false if the file system does not support links, such as FAT. Then the name is only checked before the rename. */
async function linked(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path)
    return true
  } catch (cause) {
    if (!NO_LINKS.has(systemCode(cause) ?? '')) throw cause
    await checkExisting(path, false)
    return false
  }
}

async function checkExisting(path: string, force: boolean): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENAMETOOLONG') throw writeError(path, cause)
    return undefined
  })
  if (found?.isDirectory() === true)
    throw new PeerError('E_FILE_WRITE', `${path} is a folder`, { hint: 'use the name of a file' })
  // a socket, a disk
  if (found?.isFile() === false)
    throw new PeerError('E_FILE_WRITE', `${path} is not a regular file`, {
      hint: 'write to stdout with -o -',
    })
  if (found !== undefined && !force) throw exists(path)
  // a broken link has the name, too
  if (found === undefined && !force && (await isLink(path))) throw exists(path)
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isSymbolicLink() === true
}

function noFolder(path: string, cause: unknown): PeerError {
  return new PeerError('E_FILE_WRITE', `cannot write ${path}: its folder does not exist`, {
    hint: 'create the folder first, or use a writable location',
    cause,
  })
}

function exists(path: string): PeerError {
  return new PeerError('E_FILE_EXISTS', `${path} already exists`, {
    hint: 'use another name, or --force to replace it',
  })
}

/** How a use case creates its output. */
export interface OutputFiles {
  /** As `createOutputFile`; the path `-` is stdout, which cannot be discarded. */
  create(path: string, force: boolean): Promise<OutputFile>
}
