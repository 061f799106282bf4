'use strict'
const { readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs')
const { basename, dirname, join } = require('node:path')
const { Script } = require('node:vm')

/** What Node itself wraps around a file. */
const HEAD = '(function(exports,require,module){'
const TAIL = '\n})'

/** Bytes before the text in a kept file. */
const IDENTITY_LENGTH = 64

/** Writes the code of one file; for each whose code was not kept. */
const waiting = []

/**
 * Loads a file of the command and those that it requires, like `require`, with the code that earlier runs have compiled. For
 * versions of Node that cannot do this themselves. The code is kept behind the text that it was compiled from: V8 only checks
 * that the length of the text, its own version and its flags are the same.
 * @param folder for the code, which nobody else can write to
 */
module.exports = function requireKept(file, folder) {
  const path = join(folder, `${process.version}-${process.arch}-${basename(file)}`)
  const { identity, text, code } = readText(file, path)
  const script = new Script(text, { filename: file, columnOffset: -HEAD.length, cachedData: code })
  if (code === undefined || script.cachedDataRejected)
    atExit(() => keep(path, identity + text, script.createCachedData()))
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

/** The text of a file, and the code that was compiled from this text, if it was kept. The build writes ASCII. */
function readText(file, path) {
  const { size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
  // the last of the three changes with the file even if somebody sets the others
  const identity = `${size} ${mtimeNs} ${ctimeNs}`.padEnd(IDENTITY_LENGTH)
  const end = IDENTITY_LENGTH + HEAD.length + Number(size) + TAIL.length
  const kept = readKept(path, end)
  const keptText = kept?.latin1Slice(IDENTITY_LENGTH, end)
  const code = kept?.subarray(end)
  if (kept?.latin1Slice(0, IDENTITY_LENGTH) === identity) return { identity, text: keptText, code }
  // another copy of the same version has the same text
  const text = `${HEAD}${readFileSync(file, 'latin1')}${TAIL}`
  return { identity, text, code: text === keptText ? code : undefined }
}

/** Undefined for a file that is not there, or is too short to have code after `end`. */
function readKept(path, end) {
  try {
    const kept = readFileSync(path)
    return kept.length > end ? kept : undefined
  } catch {
    return undefined
  }
}

/** Writes a new file in place of the old one: V8 would run half of one. Nothing depends on it. */
function keep(path, text, code) {
  const unfinished = `${path}.${process.pid}`
  try {
    writeFileSync(unfinished, text, { encoding: 'latin1', flag: 'wx', mode: 0o600 })
    writeFileSync(unfinished, code, { flag: 'a', flush: true })
    renameSync(unfinished, path)
  } catch {
    rmSync(unfinished, { force: true })
  }
}
