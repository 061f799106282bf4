#!/usr/bin/env node
'use strict'
// the version is asked for by scripts, often: answered before anything else is loaded
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  // nobody to read it is no failure; a full disk is local trouble, as everywhere
  process.stdout.on('error', ({ code }) => (process.exitCode = code === 'EPIPE' ? 0 : 9))
  process.stdout.write(`${require('../package.json').version}\n`)
} else {
  try {
    require('../dist/command/main.cjs')
  } catch (error) {
    // with a very small limit of open files not even the code that reports it can be loaded
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error
    reportOpenFiles()
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
