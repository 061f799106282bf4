import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** The full path of a program on PATH, or undefined. */
function findProgram(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  return undefined
}

export function missingProgram(name: string): string | undefined {
  return findProgram(name) === undefined ? `${name} is not installed` : undefined
}
