import { execFileSync } from 'node:child_process'

/** Makes a named pipe, which Node cannot. */
export function makeNamedPipe(path: string): void {
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', path])
}
