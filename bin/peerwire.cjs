#!/usr/bin/env node
'use strict'
// the version is asked for by scripts, often: answered before anything else is loaded
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  // nobody to read it is no failure; a full disk is local trouble, as everywhere
  process.stdout.on('error', ({ code }) => (process.exitCode = code === 'EPIPE' ? 0 : 9))
  process.stdout.write(`${require('../package.json').version}\n`)
} else {
  require('../dist/command/main.cjs')
}
