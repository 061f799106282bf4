'use strict'
const { readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs')
const { basename, dirname, join } = require('node:path')
const { Script } = require('node:vm')

/** What Node itself wraps around a file. */
const HEAD = '(function(exports,require,module){'
const TAIL = '\n})'

/** Writes the code of one file; for each whose code was not kept. */
const waiting = []

/**
 * Loads a file of the command and those that it requires, like `require`, with the code that earlier runs have compiled. For
 * versions of Node that cannot do this themselves. The code is kept beside the source that it was compiled from: V8 only
 * checks that the length of the source, its own version and its flags are the same.
 * @param folder for the code, which nobody else can write to
 */
module.exports = function requireKept(file, folder) {
  const source = readFileSync(file)
  const path = join(folder, `${process.version}-${process.arch}-${basename(file)}`)
  const cachedData = readKept(path, source)
  const script = new Script(`${HEAD}${source}${TAIL}`, {
    filename: file,
    columnOffset: -HEAD.length,
    cachedData,
  })
  if (cachedData === undefined || script.cachedDataRejected)
    atExit(() => keep(path, source, script.createCachedData()))
  const module = { exports: {} }
  const requireFrom = (name) =>
    name.startsWith('./') ? requireKept(join(dirname(file), name), folder) : require(name)
  script.runInThisContext()(module.exports, requireFrom, module)
  return module.exports
}

/** At the end, the code also has the functions that were compiled on their first call. */
function atExit(write) {
  if (waiting.push(write) > 1) return
  process.on('exit', () => {
    for (const write of waiting) write()
  })
}

/** The code that was compiled from this source. */
function readKept(path, source) {
  try {
    const kept = readFileSync(path)
    return kept.subarray(0, source.length).equals(source) ? kept.subarray(source.length) : undefined
  } catch {
    return undefined
  }
}

/** Writes a new file in place of the old one: V8 would run half of one. Nothing depends on it. */
function keep(path, source, code) {
  const unfinished = `${path}.${process.pid}`
  try {
    writeFileSync(unfinished, source, { flag: 'wx', mode: 0o600 })
    writeFileSync(unfinished, code, { flag: 'a', flush: true })
    renameSync(unfinished, path)
  } catch {
    rmSync(unfinished, { force: true })
  }
}
