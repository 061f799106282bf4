import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeError } from './write-error.ts'

/** A folder of one's own for a while. */
export interface TemporaryFolder {
  /** Path of a file in it. */
  file(name: string): string
  /** Removes it with all that is in it. */
  remove(): Promise<void>
}

/** @throws PeerError E_FILE_WRITE, E_DISK_FULL */
export async function makeTemporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'peerwire-')).catch((cause: unknown) => {
    throw writeError(tmpdir(), cause, 'set TMPDIR to a folder that can be written')
  })
  return { file: (name) => join(path, name), remove: () => rm(path, { recursive: true, force: true }) }
}
