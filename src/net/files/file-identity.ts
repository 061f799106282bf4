import { statSync, type BigIntStats } from 'node:fs'

/** Identifies a file on disk, independent of its names. */
export type FileIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>

/** Keeps only the identity of a `stat` result. */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, birthtimeNs }
}

/** A new file often gets the inode of a removed one, and differs from it only in its creation time. */
export function isSameFile(known: FileIdentity, stats: BigIntStats): boolean {
  if (known.dev !== stats.dev || known.ino !== stats.ino) return false
  return known.birthtimeNs === stats.birthtimeNs || !knowsBirthTimes()
}

let birthTimes: boolean | undefined

/**
 * Whether the system reports creation times. A system that does not reports the time of the last change instead. A file that was
 * changed after its creation shows which it is; the running program is such a file. (Some file systems report 0.)
 */
function knowsBirthTimes(): boolean {
  if (birthTimes === undefined) {
    const program = statSync(process.execPath, { bigint: true, throwIfNoEntry: false })
    birthTimes = program !== undefined && program.birthtimeNs !== program.ctimeNs
  }
  return birthTimes
}
