import { link, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PeerError } from '../base/errors.ts'
import { systemCode } from './socket-errors.ts'

/** A file that stands under its own name only once it is whole. */
export interface OutputFile {
  /** @throws PeerError E_DISK_FULL or E_FILE_WRITE */
  write(bytes: Uint8Array): Promise<void>
  /** Gives the file its name. @throws PeerError E_FILE_EXISTS when another took it meanwhile */
  commit(): Promise<void>
  /** Removes what was written; nothing happens after `commit`. */
  discard(): Promise<void>
}

/**
 * Begins a file beside its final place, under a temporary name, so that trouble shows before a peer is asked.
 *
 * @param path where it is to stand
 * @param force whether it may replace a file
 * @param token makes the temporary name unique
 * @throws PeerError E_FILE_EXISTS, E_FILE_WRITE
 */
export async function createOutputFile(path: string, force: boolean, token: string): Promise<OutputFile> {
  if (!force) await refuseExisting(path)
  const temporary = join(dirname(path), `.${basename(path)}.${token}.part`)
  const file = await open(temporary, 'wx').catch((cause: unknown) => {
    throw writeError(path, cause)
  })
  let isOpen = true
  const close = async () => {
    if (isOpen) await file.close()
    isOpen = false
  }
  return {
    write: (bytes) => writeAll(file, bytes, path),
    commit: async () => {
      await close()
      await place(temporary, path, force)
    },
    discard: async () => {
      await close()
      await rm(temporary, { force: true })
    },
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
  } catch (cause) {
    throw writeError(path, cause)
  }
}

/** `rename` would replace a file that came meanwhile; `link` does not. */
async function place(temporary: string, path: string, force: boolean): Promise<void> {
  try {
    if (!force) {
      await link(temporary, path)
      await rm(temporary)
      return
    }
    await rename(temporary, path)
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw exists(path)
    throw writeError(path, cause)
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await stat(path).then(
    (stats) => (stats.isDirectory() ? 'folder' : 'file'),
    () => undefined,
  )
  if (found === 'folder')
    throw new PeerError('E_FILE_WRITE', `${path} is a folder`, { hint: 'give the name of a file with -o' })
  if (found === 'file') throw exists(path)
}

function exists(path: string): PeerError {
  return new PeerError('E_FILE_EXISTS', `${path} exists already`, {
    hint: 'give another name with -o, or --force to replace it',
  })
}

/** What a failed write means. */
export function writeError(path: string, cause: unknown): PeerError {
  const code = systemCode(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PeerError('E_DISK_FULL', `no room left for ${path}`, {
      hint: 'free some space or write elsewhere',
      cause,
    })
  }
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'the file system is read-only',
    EISDIR: 'it is a folder',
    ENOTDIR: 'its folder is a file',
    ENAMETOOLONG: 'the name is too long',
  }
  const reason = (code === undefined ? undefined : reasons[code]) ?? code ?? String(cause)
  return new PeerError('E_FILE_WRITE', `cannot write ${path}: ${reason}`, {
    hint: 'give a place that can be written with -o',
    cause,
  })
}

/** How a use case gets at its output. */
export interface OutputFiles {
  /** As `createOutputFile`; the path `-` is stdout, which nothing can take back. */
  create(path: string, force: boolean): Promise<OutputFile>
}
