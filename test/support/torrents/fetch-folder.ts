import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FetchCommandReport } from '../../../src/report/model/fetch.ts'
import type { FetchOptions } from '../../../src/run/options.ts'
import { fetchOptions, testPorts, withMetainfo } from '../sessions/fetch-setup.ts'
import type { MadeTorrent } from './made-torrent.ts'
import { type RunningSeeder, type SeederScript, startSeeder } from '../peers/scripted-seeder.ts'
import { fetch } from '../verdicts/commands.ts'

/** A folder of one test, the target of fetches. */
export interface FetchFolder {
  readonly path: string
  /** Fetches from a seeder that follows the script. */
  fetchFrom(
    torrent: MadeTorrent,
    script: SeederScript,
    changes?: Partial<FetchOptions>,
  ): Promise<{ readonly report: FetchCommandReport; readonly seeder: RunningSeeder }>
  /** Reads a file in it; by default, the file of a single-file torrent. */
  read(file?: string): Promise<Uint8Array>
  remove(): Promise<void>
}

export async function makeFetchFolder(): Promise<FetchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'peerwire-fetch-'))
  return {
    path,
    fetchFrom: async (torrent, script, changes = {}) => {
      const seeder = await startSeeder(torrent, script)
      try {
        const options = fetchOptions(seeder, withMetainfo(torrent.metainfo), path, changes)
        return { report: await fetch(options, testPorts()), seeder }
      } finally {
        await seeder.stop()
      }
    },
    read: async (file = 'content') => new Uint8Array(await readFile(join(path, file))),
    remove: () => rm(path, { recursive: true, force: true }),
  }
}
