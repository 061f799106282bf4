import { closeSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOutputFile } from '../../../../src/net/files/output-file.ts'

const BYTES = Uint8Array.of(1, 2, 3)

let folder = ''
const path = (name = 'out') => join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('the name stands once all is written, and nothing else is left', async () => {
  const file = await createOutputFile(path(), false, 'a')
  await file.write(BYTES)
  expect(await readdir(folder)).not.toContain('out')
  await file.write(BYTES)
  await file.commit()
  await file.discard()
  expect(await readdir(folder)).toStrictEqual(['out'])
  expect(new Uint8Array(await readFile(path()))).toStrictEqual(Uint8Array.of(1, 2, 3, 1, 2, 3))
})

test('what is discarded leaves nothing', async () => {
  const file = await createOutputFile(path(), false, 'a')
  await file.write(BYTES)
  await file.discard()
  await file.discard()
  expect(await readdir(folder)).toStrictEqual([])
})

/** Closes the file of this process with such a name, so that its owner cannot. */
function closeBehind(name: string): void {
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`).endsWith(name)) closeSync(Number(descriptor))
    } catch {
      // gone meanwhile
    }
  }
}

test.skipIf(process.platform !== 'linux')(
  'a close that fails is an error of commit, and discard still removes the file',
  async () => {
    const committed = await createOutputFile(path(), false, 'a')
    closeBehind('.peerwire-a.part')
    await expect(committed.commit()).rejects.toMatchObject({ code: 'E_FILE_WRITE' })
    await committed.discard()
    const discarded = await createOutputFile(path(), false, 'b')
    closeBehind('.peerwire-b.part')
    await discarded.discard()
    expect(await readdir(folder)).toStrictEqual([])
  },
)

describe('a file that stands', () => {
  test('is refused before anything is written, and replaced by force', async () => {
    await writeFile(path(), 'mine')
    await expect(createOutputFile(path(), false, 'a')).rejects.toMatchObject({ code: 'E_FILE_EXISTS' })
    const file = await createOutputFile(path(), true, 'a')
    await file.write(BYTES)
    await file.commit()
    expect([await readdir(folder), (await readFile(path())).length]).toStrictEqual([['out'], 3])
  })

  test('is kept when it came meanwhile', async () => {
    const file = await createOutputFile(path(), false, 'a')
    await file.write(BYTES)
    await writeFile(path(), 'mine')
    await expect(file.commit()).rejects.toMatchObject({ code: 'E_FILE_EXISTS' })
    await file.discard()
    expect([await readdir(folder), await readFile(path(), 'utf8')]).toStrictEqual([['out'], 'mine'])
  })
})

test('a device takes the bytes and stays what it is, also when it was reached by a link', async () => {
  await symlink('/dev/null', path('device'))
  const file = await createOutputFile(path('device'), false, 'a')
  await file.write(BYTES)
  await file.commit()
  await file.discard()
  expect(await readdir(folder)).toStrictEqual(['device'])
  const full = await createOutputFile('/dev/full', false, 'a')
  await expect(full.write(BYTES)).rejects.toMatchObject({ code: 'E_DISK_FULL' })
  await full.discard()
})

describe('what cannot be written is said at once', () => {
  test.each([true, false])('a folder, a socket, no folder (force: %s)', async (force) => {
    await mkdir(path('folder'))
    const server = createServer()
    await new Promise<void>((listening) => server.listen(path('socket'), listening))
    await writeFile(path('file'), '')
    for (const name of ['folder', 'socket', 'missing/out', 'file/out', 'x'.repeat(300)]) {
      await expect(createOutputFile(path(name), force, 'a'), name).rejects.toMatchObject({
        code: 'E_FILE_WRITE',
      })
    }
    expect((await readdir(folder)).sort()).toStrictEqual(['file', 'folder', 'socket'])
    await new Promise((closed) => server.close(closed))
  })

  test('a name as long as names can be is fine', async () => {
    const file = await createOutputFile(path('x'.repeat(255)), false, 'a')
    await file.commit()
    expect(await readdir(folder)).toStrictEqual(['x'.repeat(255)])
  })
})
