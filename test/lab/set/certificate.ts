import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { emptyFolder } from '../torrents.ts'
import type { World } from '../world.ts'

/** A new key, and a certificate that it signs itself. Needs openssl. */
export async function selfSigned(world: World): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const folder = await emptyFolder(world)
  const key = join(folder, 'key.pem')
  const cert = join(folder, 'certificate.pem')
  const subject = ['-subj', '/CN=laboratory', '-days', '2', '-keyout', key, '-out', cert]
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject])
  return { key: await readFile(key), cert: await readFile(cert) }
}
