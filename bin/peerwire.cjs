#!/usr/bin/env node
'use strict'
// the version is asked for by scripts, often: answered before anything else is loaded
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  printVersion(`${require('../package.json').version}\n`)
} else {
  try {
    keepCompiledCode()
    require('../dist/command/main.cjs')
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

/**
 * Node 22 keeps what it has compiled in a folder, so that the next start is faster; NODE_DISABLE_COMPILE_CACHE=1 prevents
 * that. By default the folder is among the temporary files, where other users could put code, so it is in the folder for
 * caches of this user, if there is one. Nothing depends on it.
 */
function keepCompiledCode() {
  const { enableCompileCache } = require('node:module')
  const { NODE_COMPILE_CACHE, NODE_DISABLE_COMPILE_CACHE, XDG_CACHE_HOME, HOME } = process.env
  // with a folder of the environment, Node has already done it
  if (enableCompileCache === undefined || NODE_COMPILE_CACHE || NODE_DISABLE_COMPILE_CACHE) return
  const caches = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`)
  if (!caches?.startsWith('/')) return
  const folder = `${caches}/peerwire`
  try {
    // Node would try for ever to create a folder in /proc
    require('node:fs').mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (error.code !== 'EEXIST') return
  }
  enableCompileCache(folder)
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
