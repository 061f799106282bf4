import { statSync, type BigIntStats } from 'node:fs'

/** What tells one file of the disk from another, whatever their names are. */
export type FileIdentity = Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>

/** The identity alone; the rest of what `stat` gives is not kept. */
export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): FileIdentity {
  return { dev, ino, birthtimeNs }
}

/** A new file often gets the inode of one that was removed, and differs from it only in its time of birth. */
export function isSameFile(known: FileIdentity, stats: BigIntStats): boolean {
  if (known.dev !== stats.dev || known.ino !== stats.ino) return false
  return known.birthtimeNs === stats.birthtimeNs || !knowsBirthTimes()
}

let birthTimes: boolean | undefined

/**
 * Whether the system tells when a file was made. One that does not gives the time of the last change in its place, as a file
 * shows that was changed after it was made; the program that runs this is one. (A file system that does not know gives 0.)
 */
function knowsBirthTimes(): boolean {
  if (birthTimes === undefined) {
    const program = statSync(process.execPath, { bigint: true, throwIfNoEntry: false })
    birthTimes = program !== undefined && program.birthtimeNs !== program.ctimeNs
  }
  return birthTimes
}
