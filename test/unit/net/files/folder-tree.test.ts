import { closeSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import {
  type FolderTree,
  openFolderTree,
  openHandleTree,
  PathTree,
} from '../../../../src/net/files/folder-tree.ts'

let base = ''
let root = ''
let outside = ''
let tree: FolderTree | undefined
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'peerwire-tree-'))
  root = join(base, 'root')
  outside = join(base, 'outside')
  mkdirSync(root)
  mkdirSync(outside)
})
afterEach(() => {
  tree?.close()
  tree = undefined
  rmSync(base, { recursive: true, force: true })
})

/** The code of what it throws, a PeerError's or the system's; undefined when it throws nothing. */
function codeOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

function create(path: string): void {
  closeSync(tree?.create(path) ?? -1)
}

function open(path: string): void {
  closeSync(tree?.open(path, constants.O_RDONLY) ?? -1)
}

const TREES: readonly (readonly [string, (path: string) => FolderTree])[] = [
  ['by what the platform has', openFolderTree],
  ['by whole paths', (path) => new PathTree(path)],
]

describe.each(TREES)('%s', (_, openTree) => {
  test('makes folders, opens what is there, and reports what is not', () => {
    tree = openTree(root)
    create('a/b/c')
    create('a/b/d')
    create('e')
    open('a/b/c')
    expect(tree.stat('a/b/c').isFile()).toBe(true)
    expect(readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'a/b/d',
      'e',
    ])
    expect(codeOf(() => open('a/b/x'))).toBe('ENOENT')
    expect(codeOf(() => open('x/y'))).toBe('ENOENT')
    expect(codeOf(() => create('e'))).toBe('EEXIST')
    expect(codeOf(() => create('e/f'))).toBe('E_FILE_EXISTS')
    expect(tree.isInPlace()).toBe(true)
    tree.checkWritable()
  })

  test('follows no link in the folder, and takes one for the folder itself', () => {
    writeFileSync(join(outside, 'mine'), 'mine')
    symlinkSync(outside, join(root, 'folder'))
    symlinkSync(join(outside, 'mine'), join(root, 'file'))
    symlinkSync(join(outside, 'new'), join(root, 'dangling'))
    symlinkSync(root, join(base, 'link'))
    tree = openTree(join(base, 'link'))
    expect(codeOf(() => open('folder/mine'))).toBe('E_FILE_EXISTS')
    expect(codeOf(() => create('folder/new'))).toBe('E_FILE_EXISTS')
    expect(codeOf(() => create('folder/new/deeper'))).toBe('E_FILE_EXISTS')
    expect(codeOf(() => open('file'))).toBe('ELOOP')
    expect(codeOf(() => create('dangling'))).toBe('EEXIST')
    expect(tree.stat('file').isSymbolicLink()).toBe(true)
    create('plain')
    expect(readdirSync(outside)).toEqual(['mine'])
  })

  test('looks a folder up by its name each time', () => {
    tree = openTree(root)
    create('a/one')
    renameSync(join(root, 'a'), join(outside, 'a'))
    symlinkSync(join(outside, 'a'), join(root, 'a'))
    expect(codeOf(() => open('a/one'))).toBe('E_FILE_EXISTS')
    expect(codeOf(() => create('a/two'))).toBe('E_FILE_EXISTS')
    expect(readdirSync(join(outside, 'a'))).toEqual(['one'])
  })

  test('sees that the folder itself was replaced', () => {
    tree = openTree(root)
    renameSync(root, join(base, 'moved'))
    expect(tree.isInPlace()).toBe(false)
    mkdirSync(root)
    expect(tree.isInPlace()).toBe(false)
  })
})

/** Moves a folder away, puts a link in its place and removes it, as fast as it can, until it is ended. */
const SWAPPER = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs')
const { workerData, parentPort } = require('node:worker_threads')
const [name, moved, target] = workerData
parentPort.postMessage('ready')
const attempt = (action) => { try { action() } catch {} }
for (let i = 0; ; i++) {
  attempt(() => renameSync(name, moved + i))
  attempt(() => symlinkSync(target, name))
  attempt(() => unlinkSync(name))
}`

test.runIf(process.platform === 'linux')(
  'a folder that another thread swaps for a link all the time never leads outside',
  async () => {
    const sub = join(root, 'sub')
    tree = openHandleTree(root)
    expect(tree).toBeDefined()
    const worker = new Worker(SWAPPER, {
      eval: true,
      workerData: [sub, join(base, 'moved'), outside],
    })
    await new Promise((ready) => worker.once('message', ready))
    const results = new Map<unknown, number>()
    for (let i = 0; i < 5000; i++) {
      const code = codeOf(() => {
        const descriptor = tree?.create(`sub/${i}`) ?? -1
        writeSync(descriptor, 'data')
        closeSync(descriptor)
      })
      results.set(code, (results.get(code) ?? 0) + 1)
    }
    await worker.terminate()
    expect(readdirSync(outside)).toEqual([])
    for (const code of results.keys())
      expect([undefined, 'E_FILE_EXISTS', 'E_FILE_WRITE', 'ENOENT']).toContain(code)
  },
)

test.runIf(process.platform === 'linux')('by whole paths, a folder swapped between two looks is seen', () => {
  // another program's timing, made certain: the folder changes as soon as the file is open
  const swapping = new (class extends PathTree {
    override stat(path: string): ReturnType<PathTree['stat']> {
      renameSync(join(root, 'a'), join(base, 'a'))
      mkdirSync(join(root, 'a'))
      writeFileSync(join(root, 'a', 'one'), '')
      return super.stat(path)
    }
  })(root)
  mkdirSync(join(root, 'a'))
  writeFileSync(join(root, 'a', 'one'), '')
  expect(() => swapping.open('a/one', constants.O_RDONLY)).toThrow(PeerError)
})
