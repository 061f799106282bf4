import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { installPacked } from '../../packaging/install-packed.mjs'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the service that returns the path of the installed command. */
    readonly installer: string
  }
}

/** The path of an already installed command to test. */
const COMMAND = process.env['PEERWIRE_COMMAND']

/**
 * Installs the packed command once per test run, when the first test requests it: most runs of a few files do not need
 * it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-installed-'))
  // compiled code of the command is kept as for a user, and not among what the user keeps
  const caches = join(folder, 'caches')
  await mkdir(caches)
  process.env['XDG_CACHE_HOME'] = caches
  let installed: Promise<string> | undefined
  const installer = createServer((_, response) => {
    installed ??= COMMAND === undefined ? installPacked(folder) : Promise.resolve(COMMAND)
    installed.then(
      (command) => response.end(command),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  installer.listen(0, '127.0.0.1')
  await once(installer, 'listening')
  const { port } = installer.address() as AddressInfo
  project.provide('installer', `http://127.0.0.1:${port}/`)
  return async () => {
    installer.closeAllConnections()
    installer.close()
    await installed?.catch(() => undefined)
    await rm(folder, { recursive: true, force: true })
  }
}
