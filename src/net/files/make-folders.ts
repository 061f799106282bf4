import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { PeerError } from '../../base/errors.ts'
import { systemCode } from '../socket-errors.ts'
import { inTheWay, writeError } from './write-error.ts'

/**
 * Makes a folder and those above it that are missing. Links on the way are followed: the path is the user's own.
 *
 * Not `mkdir` with `recursive`: in Node 20 it never returns for a folder such as /proc/x, whose parent is there and takes
 * no folder, and it reports a read-only file system as a missing folder.
 *
 * @throws PeerError E_FILE_EXISTS when something else has the name, E_FILE_WRITE, E_DISK_FULL
 */
export function makeFolders(path: string): void {
  if (isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolders(parent)
  try {
    mkdirSync(path)
  } catch (cause) {
    // made by another process meanwhile
    if (systemCode(cause) === 'EEXIST' && isFolder(path)) return
    if (systemCode(cause) === 'EEXIST') throw inTheWay(path, 'a link that leads nowhere')
    if (systemCode(cause) !== 'ENOENT') throw writeError(path, cause)
    throw new PeerError('E_FILE_WRITE', `cannot make the folder ${path}: ${parent} takes no new folders`, {
      hint: 'give a place that can be written',
      cause,
    })
  }
}

/** False when nothing is there. @throws PeerError when it is something else, or cannot be looked at */
function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false
    throw writeError(path, cause)
  }
  throw inTheWay(path, 'not a folder')
}
