// Builds dist/
import { fileURLToPath } from 'node:url'
import { buildPackage } from './build-package.mjs'

await buildPackage(fileURLToPath(new URL('../../dist', import.meta.url)))
