import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeError } from './write-error.ts'

/** A private temporary folder. */
export interface TemporaryFolder {
  /** The path of a file in the folder. */
  file(name: string): string
  /** Removes the folder and its contents. */
  remove(): Promise<void>
}

/** @throws PeerError E_FILE_WRITE, E_DISK_FULL */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'peerwire-')).catch((cause: unknown) => {
    throw writeError(tmpdir(), cause, 'set TMPDIR to a writable folder')
  })
  return { file: (name) => join(path, name), remove: () => rm(path, { recursive: true, force: true }) }
}
