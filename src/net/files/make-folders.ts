import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { PeerError } from '../../base/errors.ts'
import { systemCode } from '../socket-errors.ts'
import { inTheWay, writeError } from './write-error.ts'

/**
 * Creates a folder and its missing parents. Links in the path are followed, because the user chose it.
 *
 * This does not use `mkdir` with `recursive`: in Node 20, it never returns for a folder such as /proc/x, whose parent exists but
 * cannot contain new folders, and it reports a read-only file system as a missing folder.
 *
 * @throws PeerError E_FILE_EXISTS if something else has the name, E_FILE_WRITE, E_DISK_FULL
 */
export function makeFolders(path: string): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolders(parent)
  try {
    mkdirSync(path)
  } catch (cause) {
    // another process created it in the meantime
    if (systemCode(cause) === 'EEXIST' && isFolder(path)) return
    if (systemCode(cause) === 'EEXIST') throw inTheWay(path, 'a broken link')
    if (systemCode(cause) !== 'ENOENT') throw writeError(path, cause)
    throw new PeerError(
      'E_FILE_WRITE',
      `cannot create the folder ${path}: ${parent} does not allow new folders`,
      {
        hint: 'use a writable location',
        cause,
      },
    )
  }
}

/** Returns false if the path does not exist. @throws PeerError if it is not a folder, or cannot be checked */
function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw writeError(path, cause)
  }
  throw inTheWay(path, 'not a folder')
}
