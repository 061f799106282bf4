#!/usr/bin/env node
'use strict'
// the version is asked for by scripts, often: answered before anything else is loaded
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  printVersion(`${require('../package.json').version}\n`)
} else {
  try {
    requireCompiled(require('node:path').join(__dirname, '../dist/command/main.cjs'))
  } catch (error) {
    // with a very small limit of open files not even the code that reports it can be loaded
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error
    reportOpenFiles()
  }
}

function printVersion(text) {
  try {
    // loading the streams of Node takes longer than everything else
    require('node:fs').writeSync(1, text)
  } catch (error) {
    // a closed pipe is not an error, and a full one is waited for
    if (error.code === 'EAGAIN') process.stdout.write(text)
    // a full disk is a local error, as in every command
    else if (error.code !== 'EPIPE') process.exitCode = 9
  }
}

/** Loads a file with the code that an earlier run has compiled, if there is a place for it. Nothing depends on it. */
function requireCompiled(file) {
  const folder = compiledFolder()
  if (folder === undefined) return require(file)
  // other runtimes call themselves a newer Node
  if (Number.parseInt(process.versions.node, 10) < 22) return require('./kept-code.cjs')(file, folder)
  require('node:module').enableCompileCache?.(folder)
  return require(file)
}

/**
 * The folder for compiled code, in that for caches of this user, if there is one. By default, Node uses one among the
 * temporary files, where other users could put code; so it must belong to this user, and nobody else may write to it.
 * NODE_DISABLE_COMPILE_CACHE=1 prevents that anything is kept.
 */
function compiledFolder() {
  const { NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env
  // with a folder of the environment, Node has already done it
  if (NODE_COMPILE_CACHE || NODE_DISABLE_COMPILE_CACHE) return undefined
  const caches = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`)
  if (!caches?.startsWith('/')) return undefined
  // a folder that root makes with the HOME of somebody else would be in their way
  if (modeOfOwn(caches) === undefined) return undefined
  const folder = `${caches}/peerwire`
  const mode = modeOfOwn(folder) ?? makeFolder(folder)
  return mode !== undefined && (mode & 0o22) === 0 ? folder : undefined
}

/** The mode of a folder of this user; undefined for that of somebody else, and for none. */
function modeOfOwn(folder) {
  try {
    const { uid, mode } = require('node:fs').statSync(folder)
    return uid === process.getuid() ? mode : undefined
  } catch {
    return undefined
  }
}

/** Makes it here: Node would try for ever in /proc. */
function makeFolder(folder) {
  try {
    require('node:fs').mkdirSync(folder, { mode: 0o700 })
    return modeOfOwn(folder)
  } catch {
    return undefined
  }
}

function reportOpenFiles() {
  const message = 'peerwire cannot open its files: this process has too many open files'
  const hint = 'raise its limit (ulimit -n)'
  const startedAt = new Date().toISOString()
  const isDocument = process.argv.includes('--json') || process.argv.includes('--ndjson')
  const failure = { code: 'E_FILE_READ', phase: null, message, hint }
  const document = {
    schema: 'peerwire.error/1',
    version: version(),
    ok: false,
    exitCode: 9,
    error: failure,
    verdict: message,
    startedAt,
  }
  if (isDocument) process.stdout.write(`${JSON.stringify(document)}\n`)
  else process.stderr.write(`peerwire: ${message}; ${hint}\n`)
  process.exitCode = 9
}

function version() {
  try {
    return require('../package.json').version
  } catch {
    return 'unknown'
  }
}
