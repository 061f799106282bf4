import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder for caches of this run: after the round that warms up, the command finds its compiled code there, as it usually does. */
export const CACHES = mkdtempSync(join(tmpdir(), 'peerwire-bench-caches-'))
process.on('exit', () => rmSync(CACHES, { recursive: true }))
